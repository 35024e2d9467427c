"""Samples are functions of their number: words, quantiles, distributions."""

from __future__ import annotations

from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from scipy import stats

from sna_edge import CP, Axis, Model, Output, level_axis, spline_axis
from sna_edge.errors import InputError
from sna_export.monte_carlo import draws_of
from sna_export.monte_carlo.drawing import samples
from sna_export.monte_carlo.drawing.normal import log, quantile
from sna_export.monte_carlo.drawing.philox import philox, words_of

COUNT = 200_000


def model(*axes: Axis) -> Model:
    rng = np.random.default_rng(0)
    tables = [rng.normal(size=(a.basis.n_rows, 2)) for a in axes]
    return Model(list(axes), CP.full(tables, [[1.0], [1.0]]), [Output("y")])


X = spline_axis("x", "mm", -10.0, 10.0, spans=2)
GAS = level_axis("gas", ("Ar", "N2", "7"))
Z = spline_axis("z", "", 0.0, 1.0, spans=2)


def drawn(text: object, axis: Axis = X, count: int = COUNT) -> np.ndarray:
    return samples(draws_of(model(axis), {axis.name: text}), 7, 0, count)[:, 0].astype(float)


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [  # of the test vectors that Random123, the authors' library, is published with
        ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_words_are_those_of_the_authors(
    counter: tuple[int, ...], key: tuple[int, int], words: str
) -> None:
    found = philox([np.array([c], np.uint32) for c in counter], key)
    assert " ".join(f"{int(w[0]):08x}" for w in found) == words


def test_words_hang_on_number_block_and_seed_alone() -> None:
    whole = words_of(2**32 - 3, 10, 1, 5)
    assert all((a[4:7] == b).all() for a, b in zip(whole, words_of(2**32 + 1, 3, 1, 5)))
    for other in (words_of(2**32 - 3, 10, 0, 5), words_of(2**32 - 3, 10, 1, 5 + 2**32)):
        assert not any((a == b).any() for a, b in zip(whole, other))


def test_the_normal_quantile_is_that_of_the_standard_library() -> None:
    tails = 10.0 ** -np.arange(1, 290)
    p = np.concatenate([np.random.default_rng(0).random(10_000), tails, [2.0**-33, 1 - 2.0**-33]])
    expected = np.array([NormalDist().inv_cdf(x) for x in p])
    assert np.allclose(quantile(p), expected, rtol=1e-13, atol=1e-16)  # rounding of other logs
    assert np.allclose(log(p), np.log(p), rtol=1e-14)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("uniform(-2, 3)", stats.uniform(-2, 5)),
        ("uniform", stats.uniform(-10, 20)),
        ("normal(1, 2)", stats.norm(1, 2)),
        ("truncated(1, 2, 0, 4)", stats.truncnorm(-0.5, 1.5, 1, 2)),
        ("truncated(0, 1, 3, 5)", stats.truncnorm(3, 5, 0, 1)),
        ("truncated(0, 1, -9, -4)", stats.truncnorm(-9, -4, 0, 1)),
        ("triangular(-1, 0, 4)", stats.triang(0.2, -1, 5)),
        ("triangular(0, 0, 4)", stats.triang(0.0, 0, 4)),
    ],
)
def test_samples_follow_their_distribution(text: str, reference: stats.rv_continuous) -> None:
    found = drawn(text)
    assert stats.kstest(found, reference.cdf).pvalue > 1e-3  # the seed is fixed
    low, high = reference.support()
    slack = 1e-6 * max(abs(low), abs(high)) if np.isfinite(low) else 0.0  # float32
    assert low - slack <= found.min() and found.max() <= high + slack


def test_levels_and_fixed_values() -> None:
    found = drawn("levels(Ar: 1, 7: 3)", GAS)
    assert set(found) == {0.0, 2.0} and abs((found == 0).mean() - 0.25) < 0.005
    assert abs((drawn("uniform", GAS) == 1).mean() - 1 / 3) < 0.005
    assert (drawn("N2", GAS, 10) == 1).all() and (drawn(7, GAS, 10) == 2).all()
    assert (drawn("2.5", X, 10) == 2.5).all() and (drawn(0.5, X, 10) == 0.5).all()
    assert set(drawn("levels(1: 1, 2.5: 1)", X)) == {1.0, 2.5}
    assert set(drawn("levels(Ar: 0, N2: 1)", GAS)) == {1.0}


def test_levels_may_have_commas_and_colons_in_their_names() -> None:
    axis = level_axis("c", ["10", "x, y", "z:1"])
    for text, shares in (
        ("x, y: 1, z:1: 2, 10: 1", [0.25, 0.25, 0.5]),
        ("z:1, x, y", [0, 0.5, 0.5]),
    ):
        x = drawn(f"levels({text})", axis)
        assert np.allclose(np.bincount(x.astype(int), minlength=3) / len(x), shares, atol=0.02)
    with pytest.raises(InputError, match="'x: 1' is no level with a weight"):
        draws_of(model(axis), {"c": "levels(x: 1, 10: 1)"})


def test_inputs_that_float32_does_not_carry_are_refused() -> None:
    """Before, seconds of 2023 were drawn in steps of 128, and the mean was 20 errors off."""
    axis = spline_axis("t", "s", 1.7e9, 1.7e9 + 1000, spans=1, degree=1)
    for text in ("uniform", "1700000500", "normal(1700000500, 100)"):
        with pytest.raises(InputError, match=r"'t' runs over 1e\+03 s .* steps of 128; subtract"):
            draws_of(model(axis), {"t": text})


def test_inputs_are_independent_and_keep_their_samples() -> None:
    both = model(X, Z)
    one = samples(draws_of(both, {"x": "uniform", "z": "uniform"}), 0, 0, COUNT)
    assert abs(np.corrcoef(one.T)[0, 1]) < 0.01
    other = samples(draws_of(both, {"x": 3, "z": "uniform"}), 0, 0, COUNT)
    assert (one[:, 1] == other[:, 1]).all()


def test_columns_of_one_table_share_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "parts.csv"
    path.write_text("x [um];gas;other\n1000;Ar;0,5\n2500;N2;0,25\n;N2;0,1\n3000;N2;0,75\n")
    both = model(X, GAS, Z)
    given = {"x": f"column({path})", "gas": f"column({path})", "z": f"column({path}, other)"}
    found = samples(draws_of(both, given), 0, 0, 1000)
    assert {tuple(row) for row in found.tolist()} == {(1, 0, 0.5), (2.5, 1, 0.25), (3, 1, 0.75)}


def test_a_file_whose_name_has_a_comma_stands_in_quotes(tmp_path: Path) -> None:
    path = tmp_path / "a,b.csv"
    path.write_text("x;z, of all\n1;7\n")
    for text, x in ((f'column("{path}")', 1.0), (f'column( "{path}" , z, of all )', 7.0)):
        assert (samples(draws_of(model(X), {"x": text}), 0, 0, 8) == x).all()


@pytest.mark.parametrize(
    ("axis", "text", "said"),
    [
        (X, "uniform(2, 1)", "no width"),
        (X, "uniform(2)", "write uniform"),
        (X, "uniform(0, inf)", "finite"),
        (X, "normal(0, 0)", "standard deviation is 0"),
        (X, "normal(0, 1", "cannot be|is not a number|not a number"),
        (X, "truncated(0, 1, 2, 1)", "low < high"),
        (X, "truncated(0, 1, 50, 60)", "nothing of normal"),
        (X, "triangular(0, 5, 4)", "low <= mode <= high"),
        (X, "gamma(1, 2)", "no distribution"),
        (X, "levels", "no levels"),
        (X, "levels(a: 1)", "not a number|no level"),
        (GAS, "levels(He: 1)", "no level"),
        (GAS, "levels(Ar: -1)", "no level with a weight"),
        (GAS, "levels(Ar: 0)", "all weights"),
        (GAS, "normal(0, 1)", "has levels"),
        (GAS, "He", "cannot be"),
        (X, "column()", "names no file"),
        (X, "column(, z)", "names no file"),
        (X, "column( )", "names no file"),
        (
            X,
            'column("a.csv" z)',
            "names no file; write column.FILE.* in quotes where it has a comma",
        ),
        (X, "column(/nowhere.csv)", "nowhere"),
    ],
)
def test_what_is_no_distribution_is_one_sentence(axis: Axis, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        drawn(text, axis)


def test_names_and_columns_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "parts.csv"
    path.write_text("a,x\n1,2\n2,words\n")
    with pytest.raises(InputError, match="no column 'z'"):
        draws_of(model(Z), {"z": f"column({path})"})
    with pytest.raises(InputError, match="words"):
        draws_of(model(X), {"x": f"column({path})"})
    path.write_text("a,x\n1,\n")
    with pytest.raises(InputError, match="0 rows without a gap"):
        draws_of(model(X), {"x": f"column({path})"})
    with pytest.raises(InputError, match="did you mean 'x'"):
        draws_of(model(X), {"xx": "uniform"})
    with pytest.raises(InputError, match="no distribution for x, z; give --input x="):
        draws_of(model(X, Z), {})
