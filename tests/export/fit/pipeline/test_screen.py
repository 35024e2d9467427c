"""Inputs that say nothing take no part and are listed; of hundreds the ones that matter are
kept."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_edge.cli import main
from sna_export.fit import AxisSpec, fit_arrays
from sna_export.fit.data.samples import Samples
from sna_export.fit.pipeline.screen import screened

RNG = np.random.default_rng(0)
A, B = np.round(RNG.uniform(0, 10, (2, 200)), 4)
LOT = RNG.integers(0, 4, 200).astype(float)
TINY = 1e-3 * RNG.standard_normal(200)
Y = A + B + 300.0 * TINY


@pytest.mark.parametrize(
    ("third", "why"),
    [
        (np.full(200, 7.0), "is constant"),
        (A, "is a copy of 'a'"),
        (1.8 * A + 32.0, "is a linear function of 'a'"),
        (np.round(1.8 * A + 32.0, 2), "is a linear function of 'a'"),
        (np.round(-A / 3.6, 4), "is a linear function of 'a'"),
        (np.round(1e6 * B), "is a linear function of 'b'"),
        (A.astype(np.float32).astype(float) * 1000.0, "is a linear function of 'a'"),
        (A + TINY, None),
        (A**2, None),
        (A + B, None),
        (np.round(A), None),
        (np.where(np.arange(200) == 5, 1.0, 0.0), None),
    ],
)
def test_constants_and_copies_are_named_and_near_copies_stay(
    third: np.ndarray, why: str | None
) -> None:
    samples = Samples.of(np.c_[A, B, third], Y, [AxisSpec("a"), AxisSpec("b"), AxisSpec("c")])
    kept, dropped = screened(samples)
    if why is None:
        assert kept.tolist() == [0, 1, 2] and not dropped
    else:
        assert kept.tolist() == [0, 1]
        assert [(d.name, d.why) for d in dropped] == [("c", why)]


def test_what_rounding_left_of_a_copy_may_speak() -> None:
    """A column rounded from another one is kept where an output depends on what the rounding took
    off or put on."""
    third = np.round(1.8 * A + 32.0, 2)
    left = third - (1.8 * A + 32.0)
    for y, kept in ((Y, [0, 1]), (Y + 1e3 * left, [0, 1, 2])):
        assert (
            screened(
                Samples.of(np.c_[A, B, third], y, [AxisSpec("a"), AxisSpec("b"), AxisSpec("c")])
            )[0].tolist()
            == kept
        )


@pytest.mark.parametrize(
    ("third", "kept"),
    [
        (np.round(A), [0, 1, 2]),
        (np.round(A, 1), [0, 1, 2]),
        (np.round(0.4 * A, 2), [0, 1, 2]),
        (np.round(A, 2), [0, 1]),
    ],
    ids=["a third of the spread", "a thirtieth", "a hundred and twentieth", "a three hundredth"],
)
def test_a_copy_in_coarse_steps_is_a_column_of_its_own(third: np.ndarray, kept: list[int]) -> None:
    """Also where no output tells the two apart."""
    samples = Samples.of(np.c_[A, B, third], B**2, [AxisSpec("a"), AxisSpec("b"), AxisSpec("c")])
    assert screened(samples)[0].tolist() == kept


def test_renamed_levels_are_a_copy_and_merged_levels_are_not() -> None:
    levels = tuple("wxyz")
    axes = [
        AxisSpec("a"),
        AxisSpec("lot", levels=levels),
        AxisSpec("same", levels=levels),
        AxisSpec("merged", levels=("p", "q")),
    ]
    kept, dropped = screened(Samples.of(np.c_[A, LOT, 3.0 - LOT, LOT // 2], Y, axes))
    assert kept.tolist() == [0, 1, 3]
    assert str(dropped[0]) == "input 'same' says the same as 'lot' and was left out"


def test_numbers_and_levels_are_never_copies_of_each_other() -> None:
    levels, number = AxisSpec("lot", levels=tuple("wxyz")), 2.0 * LOT + 1.0
    for first, second, axes in (
        (LOT, number, [levels, AxisSpec("n")]),
        (number, LOT, [AxisSpec("n"), levels]),
    ):
        kept, dropped = screened(Samples.of(np.c_[first, second, B], Y, [*axes, AxisSpec("b")]))
        assert kept.tolist() == [0, 1, 2] and not dropped


EFFECTS = {
    "linear": (lambda x: x[:, 3] + 0.5 * x[:, 70], [3, 70]),
    "square": (lambda x: x[:, 1] ** 2 + x[:, 99], [1, 99]),
    "product": (lambda x: x[:, 7] * x[:, 42] + x[:, 0], [0, 7, 42]),
    "wave": (lambda x: np.sin(5.0 * x[:, 20]), [20]),
    "step": (lambda x: (x[:, 64] > 0.2) * 1.0, [64]),
    "many": (lambda x: x[:, :30].sum(axis=1), list(range(30))),
    "last two": (lambda x: x[:, 148] - 2.0 * x[:, 149], [148, 149]),
    "exp": (lambda x: np.exp(2.0 * x[:, 10] + x[:, 11]), [10, 11]),
}


@pytest.mark.parametrize("name", EFFECTS)
def test_of_many_columns_those_that_matter_are_kept(name: str) -> None:
    effect, expected = EFFECTS[name]
    rng = np.random.default_rng(1)
    x = rng.uniform(-1.0, 1.0, (600, 150))
    samples = Samples.of(x, effect(x) + 0.02 * rng.standard_normal(600))
    kept, dropped = screened(samples)
    assert set(expected) <= set(kept.tolist())
    assert len(kept) <= max(2 * len(expected), 12)
    assert len(kept) + len(dropped) == 150
    assert screened(samples)[0].tolist() == kept.tolist()


def test_more_than_can_be_kept_are_cut_to_the_loudest() -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal((900, 100))
    kept, _ = screened(Samples.of(x, x[:, :90] @ np.linspace(3.0, 0.3, 90)))
    assert len(kept) <= 64 and set(range(30)) <= set(kept.tolist())


def test_many_that_speak_softly_are_kept_together() -> None:
    """None of sixty equal effects can be told from chance, but a linear function of the loudest
    errs far less than one of a few."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal((600, 150))
    kept, _ = screened(Samples.of(x, x[:, :60].sum(axis=1)))
    assert len(kept) == 64 and len(set(range(60)) & set(kept.tolist())) >= 40


def test_a_wide_table_is_fitted_listed_and_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table of 80 columns died with OverflowError after the whole fit."""
    rng = np.random.default_rng(3)
    x = np.round(rng.uniform(0, 1, (150, 80)), 4)
    y = 2.0 * x[:, 4] - x[:, 33] + 0.01 * rng.standard_normal(150)
    with open(tmp_path / "wide.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([[*(f"s{i}" for i in range(80)), "y"], *np.c_[x, y].tolist()])
    words = [
        "fit",
        str(tmp_path / "wide.csv"),
        "--target",
        "y",
        "--time-limit",
        "2",
        "-o",
        str(tmp_path / "m.sna"),
    ]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "more inputs were left out" in said
    assert main([*words, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert len(report["dropped"]) + len(report["inputs"]) == 80 and {"s4", "s33"} <= set(
        report["inputs"]
    )
    assert main(["info", str(tmp_path / "m.sna")]) == 0
    assert "left out of the fit: s0" in capsys.readouterr().out
    assert report["outputs"]["y"]["r2"] > 0.99


def test_arrays_keep_their_width_and_unused_inputs_serve_every_word(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    x = np.c_[rng.random((60, 2)), np.full(60, 4.0)]
    x = np.c_[x, x[:, 0]]
    found = fit_arrays(x, x[:, 0] * x[:, 1] + x[:, 1], time_limit=2.0)
    assert found.report["dropped"] == ["x2", "x3"]
    assert found.model.input_names == ["x0", "x1", "x2", "x3"]
    found.model.save(tmp_path / "m.sna")
    loaded = sna_edge.load(tmp_path / "m.sna")
    np.testing.assert_allclose(loaded.value(x)[:, 0], x[:, 0] * x[:, 1] + x[:, 1], atol=1e-4)
    assert main(["verify", str(tmp_path / "m.sna")]) == 0
    assert np.all(loaded.gradient(x)[:, 0, 2:] == 0.0)
