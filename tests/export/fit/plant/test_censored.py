"""Readings below detection take part as limits, and rounding widens intervals that are narrower."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import truncnorm

from sna_edge.core.output import Output
from sna_edge.errors import InputError
from sna_export.fit import fit
from sna_export.fit.data.limits import drawn
from sna_export.fit.plant.censored import _expected, signed
from sna_export.fit.plant.resolution import steps_of
from sna_export.table import Table, read


def rows(count: int = 200, seed: int = 0) -> tuple[Any, Any, float]:
    """x [N, 2], what would be measured, and the limit of the gauge."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(count, 2))
    v = 3.0 * x[:, 0] + x[:, 1] + 0.3 * rng.normal(size=count)
    return x, v, float(np.quantile(v, 0.3))


def table(cells: Any, x: Any) -> Table:
    return Table.of({"a": x[:, 0], "b": x[:, 1], "y": cells})


def cells_of(v: Any, limit: float) -> list[str]:
    return [f"< {limit!r}" if one < limit else repr(float(one)) for one in v]


def test_expected_values_are_those_of_a_cut_normal_distribution() -> None:
    f, s = np.array([0.0, 1.0, -2.0, 0.5]), 0.7
    low, high = np.array([-np.inf, -np.inf, 0.3, 0.5]), np.array([0.2, -3.0, np.inf, 0.5])
    mean, variance = _expected(f, s, low, high)
    for i in range(3):
        cut = truncnorm((low[i] - f[i]) / s, (high[i] - f[i]) / s, loc=f[i], scale=s)
        assert mean[i] == pytest.approx(cut.mean(), rel=1e-6)
        assert variance[i] == pytest.approx(cut.var(), rel=1e-4)
    assert mean[3] == 0.5 and variance[3] == 0.0
    far, _ = _expected(np.array([50.0]), 0.1, np.array([-np.inf]), np.array([0.0]))
    assert -0.1 < far[0] <= 0.0


@pytest.mark.parametrize("link", ["identity", "exp"])
def test_draws_lie_beyond_their_limits_and_spread_as_what_was_read(link: str) -> None:
    rng = np.random.default_rng(0)
    f = rng.normal(size=4000)
    v = f + 0.5 * rng.normal(size=4000)
    output = Output("y", link=link)
    there = np.exp if link == "exp" else (lambda a: a)
    read = v > -0.3
    low, high = (
        np.where(read, there(v), -np.inf),
        np.where(read, there(v), there(np.full(4000, -0.3))),
    )
    found = drawn(output, np.where(read, there(v), 9.0), there(f), low, high, 0)
    assert np.array_equal(found[read], there(v)[read]) and (found[~read] <= high[~read]).all()
    back = np.log(found) if link == "exp" else found
    assert float(np.std(back - f)) == pytest.approx(0.5, rel=0.05)


def test_limits_are_nearer_to_the_truth_than_setting_or_dropping_them() -> None:
    x, v, limit = rows()
    low = v < limit
    ends = {"a": (0.0, 1.0), "b": (0.0, 1.0)}
    found = fit(table(cells_of(v, limit), x), ["y"], below_detection=True, domain=ends)
    at = fit(table(np.where(low, limit, v), x), ["y"], domain=ends)
    without = fit(table(v[~low], x[~low]), ["y"], domain=ends)
    new = np.random.default_rng(5).uniform(size=(1000, 2))
    truth = 3.0 * new[:, 0] + new[:, 1]

    def error(model: Any) -> float:
        return float(np.sqrt(np.mean((model.value(new)[:, 0] - truth) ** 2)))

    assert error(found.model) < 0.5 * error(at.model)
    assert error(found.model) < error(without.model)
    said = found.report["limits"]["y"]
    assert (said["below"], said["above"], said["space"]) == (60, 0, "value")
    answer = found.model.evaluate(new, level=0.9)
    later = truth + 0.3 * np.random.default_rng(6).normal(size=1000)
    inside = (answer.lower[:, 0] <= later) & (later <= answer.upper[:, 0])
    assert 0.84 < inside.mean() < 0.96


def test_limits_above_and_decimal_commas(tmp_path: Any) -> None:
    x, v, _ = rows(80)
    high = float(np.quantile(v, 0.8))
    lines = [
        f"{a};{b};{'>' + str(high) if y > high else y}" for (a, b), y in zip(x, v, strict=True)
    ]
    path = tmp_path / "t.csv"
    path.write_text("a;b;y\n" + "\n".join(lines).replace(".", ","), encoding="utf-8")
    found = fit(read(path), ["y"], below_detection=True)
    assert found.report["limits"]["y"]["above"] == 16
    assert found.report["limits"]["y"]["below"] == 0
    assert signed(read(path), ["y"])["y"]


def test_such_cells_are_refused_unless_they_are_to_be_taken() -> None:
    x, v, limit = rows(60)
    with pytest.raises(InputError, match=r"as 18 of 60 cells are; take them as such \(--below-det"):
        fit(table(cells_of(v, limit), x), ["y"])
    cells = cells_of(v, limit)
    cells[5] = "<low"
    with pytest.raises(InputError, match=r"row 6 .*'<low' names no number"):
        fit(table(cells, x), ["y"], below_detection=True)
    nothing = cells_of(v, float(np.sort(v)[-5]))
    with pytest.raises(InputError, match="was read in 5 of 60 rows"):
        fit(table(nothing, x), ["y"], below_detection=True)


def test_a_table_without_such_cells_is_fitted_as_before() -> None:
    x, v, _ = rows(60)
    one, other = fit(table(v, x), ["y"], below_detection=True), fit(table(v, x), ["y"])
    assert one.model.to_bytes() == other.model.to_bytes()


def test_no_interval_is_narrower_than_the_step_of_the_gauge() -> None:
    x, _, _ = rows(40)
    y = np.round(2.0 + x[:, 0], 1)
    found = fit(table(y, x), ["y"], resolution=1.0)
    interval = found.model.outputs[0].interval
    assert interval is not None and interval.below == interval.above == 0.5
    assert found.model.metadata["fit"]["gauge"]["y"]["sigma"] == pytest.approx(0.28868)
    assert found.report["resolution"]["y"]["share_of_error"] == 1.0


def test_words_of_a_resolution() -> None:
    for given, said in (
        (["0.1"], "does not say which target"),
        (["z=0.1"], "resolution names 'z'"),
        (["a=0"], "no positive number"),
        (["a=x"], "no positive number"),
    ):
        with pytest.raises(InputError, match=said):
            steps_of(given, ["a", "b"])
