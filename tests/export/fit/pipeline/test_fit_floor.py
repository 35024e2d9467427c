"""No fit worse than the best of mean, linear and quadratic on rows that took no part: the short
form of tools/accuracy/fit_floor.py."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import sna_edge
from sna_edge.errors import InputError
from sna_export.fit import AxisSpec, fit_arrays
from sna_export.fit.candidates.candidate import Candidate
from sna_export.fit.effort import EFFORTS
from sna_export.fit.pipeline import search

Load = Callable[[int], tuple[np.ndarray, np.ndarray]]
LIMIT = 1.5


@pytest.fixture(scope="module")
def floor(root: Path) -> ModuleType:
    sys.path.insert(0, str(root / "tools" / "accuracy"))
    try:
        import fit_floor
    finally:
        sys.path.pop(0)
    return fit_floor


def sensors(
    seed: int, answer: Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Sixteen strongly correlated columns of three hidden causes, among them a constant, copies and
    a near copy."""
    rng = np.random.default_rng([seed, 2])
    causes = rng.standard_normal((260, 3))
    x = causes @ rng.standard_normal((3, 12)) + 0.01 * rng.standard_normal((260, 12))
    near = x[:, 2] + 1e-3 * rng.standard_normal(260)
    x = np.c_[x, np.full(260, 15.0), x[:, 0], 1.8 * x[:, 1] + 32.0, near]
    return x, answer(x, causes, rng)


CORRELATED = {
    "product of causes": lambda x, h, r: h[:, 0] + 0.5 * h[:, 1] * h[:, 2],
    "product with noise": (
        lambda x, h, r: h[:, 0] + 0.5 * h[:, 1] * h[:, 2] + 0.01 * r.standard_normal(len(x))
    ),
    "squares": (
        lambda x, h, r: h[:, 0] + 0.3 * h[:, 0] ** 2 - 0.2 * h[:, 0] * h[:, 1] + 0.1 * h[:, 2] ** 2
    ),
    "small difference": (
        lambda x, h, r: 500.0 * (x[:, 15] - x[:, 2]) + 0.01 * r.standard_normal(len(x))
    ),
    "difference of sensors": lambda x, h, r: 30.0 * (x[:, 0] - x[:, 3]) + x[:, 5] ** 2,
    "linear in causes": lambda x, h, r: h @ [1.0, -2.0, 0.5] + 0.1 * r.standard_normal(len(x)),
    "one sensor": lambda x, h, r: x[:, 7],
    "noise alone": lambda x, h, r: r.standard_normal(len(x)),
}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", CORRELATED)
def test_correlated_sensors_are_met_as_well_as_by_a_ridge(
    floor: ModuleType, name: str, seed: int
) -> None:
    """A fit of such sensors had an R2 of -9.3 out of fold where a quadratic reaches 0.99998."""
    line = floor.measure(floor.Table(name, lambda s: sensors(s, CORRELATED[name])), seed, LIMIT)
    assert line.ratio <= floor.FLOOR, line


@pytest.mark.parametrize(
    "name", ["exp, heavy tail", "outliers", "pass or fail", "nothing to learn", "40 rows"]
)
def test_plain_and_odd_tables_keep_the_floor(floor: ModuleType, name: str) -> None:
    line = floor.measure(next(t for t in floor.TABLES if t.name == name), 0, None)
    assert line.ratio <= floor.FLOOR, line


def rows(count: int, columns: int = 3) -> np.ndarray:
    return np.random.default_rng(count).random((count, columns))


ODD = {
    "three rows": (rows(3), rows(3)[:, 0]),
    "four rows": (rows(4), rows(4)[:, 0] ** 2),
    "five rows": (rows(5), np.arange(5.0)),
    "ten rows": (rows(10), rows(10, 4)[:, 3]),
    "one input of two values": (
        np.repeat([[1.0], [2.0]], 10, axis=0),
        np.r_[np.zeros(10), np.ones(10)],
    ),
    "nothing to tell two values by": (np.repeat([[1.0], [2.0]], 10, axis=0), rows(20)[:, 0]),
    "pass or fail": (rows(90), (rows(90)[:, 0] > 0.5).astype(float)),
    "one failure in fifty": (rows(150), (np.arange(150) % 50 == 7).astype(float)),
    "a huge outlier": (rows(150), np.where(np.arange(150) == 3, 1e6, rows(150)[:, 0])),
    "an input far away": (np.where(np.arange(150)[:, None] == 3, 1e9, rows(150)), rows(150)[:, 0]),
    "no spread to speak of": (rows(60), 1e9 + 1e-3 * rows(60)[:, 0]),
    "twelve decades": (rows(150), 10.0 ** (12.0 * rows(150)[:, 0] - 6.0)),
    "Cauchy": (
        np.random.default_rng(0).standard_cauchy((150, 2)),
        np.random.default_rng(1).standard_cauchy(150),
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_tables_give_a_model_that_is_not_below_the_mean_and_no_warning(name: str) -> None:
    x, y = ODD[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fit_arrays(x, y, time_limit=LIMIT)
    assert all(score["r2"] >= 0.0 for score in found.report["outputs"].values())
    loaded = sna_edge.from_bytes(found.model.to_bytes())
    assert np.isfinite(loaded.value(x)).all()


def test_levels_keep_the_floor() -> None:
    rng = np.random.default_rng(0)
    x = np.c_[rng.random(200), rng.integers(0, 5, 200), rng.integers(0, 3, 200)]
    y = (
        np.array([1.0, -2.0, 0.5, 3.0, 0.0])[x[:, 1].astype(int)] * x[:, 0]
        + x[:, 2]
        + 0.01 * rng.standard_normal(200)
    )
    axes = [
        AxisSpec("a"),
        AxisSpec("lot", levels=tuple("vwxyz")),
        AxisSpec("metal", levels=("steel", "brass", "zinc")),
    ]
    found = fit_arrays(x[:150], y[:150], axes, time_limit=LIMIT)
    error = found.model.backend.value(x[150:])[:, 0] - y[150:]
    assert np.sqrt(np.mean(error**2)) < 0.02


def test_an_output_that_nothing_predicts_is_its_mean_and_the_others_stay() -> None:
    rng = np.random.default_rng(3)
    x = rng.random((200, 3))
    found = fit_arrays(
        x,
        np.c_[rng.standard_normal(200), x[:, 0] * x[:, 1]],
        names=["noise", "product"],
        time_limit=LIMIT,
    )
    assert found.report["confirmed"]["replaced"]["noise"] == "mean"
    assert found.report["outputs"]["noise"]["r2"] == 0.0
    assert np.ptp(found.model.value(x)[:, 0]) == 0.0
    assert found.report["outputs"]["product"]["r2"] > 0.9999


@pytest.mark.parametrize(
    ("rows_", "by"),
    [(30, "all rows"), (59, "all rows"), (90, "validation rows"), (400, "validation rows")],
)
def test_rows_that_took_no_part_confirm_the_winner(
    monkeypatch: pytest.MonkeyPatch, rows_: int, by: str
) -> None:
    """A candidate that knows its own rows by heart and nothing else looks perfect out of fold; it
    must not be delivered."""
    rng = np.random.default_rng(rows_)
    x = rng.random((rows_, 3))
    y = x[:, 0] + 0.5 * x[:, 1] ** 2 + 0.05 * rng.standard_normal(rows_)
    seen: list[int] = []

    def by_heart(samples, links, folds, budget):  # type: ignore[no-untyped-def]
        seen.append(len(samples.x))
        return real(samples, links, folds, budget)

    def liar(scope, link, *_, **options):  # type: ignore[no-untyped-def]
        base = real(scope.samples, (link,), scope.folds, scope.budget)
        wrong = base.f.with_tables([t * -3.0 for t in base.f.tables])
        noise = 0.9 if rows_ < 60 else 0.1
        lied = base.measured + noise * (base.predicted - base.measured)
        fields = {
            **base.__dict__,
            "name": "liar",
            "kind": "direct",
            "f": wrong,
            "predicted": lied,
            "moved": None,
        }
        return Candidate(**fields)

    real = search.baseline
    monkeypatch.setattr(search, "baseline", by_heart)
    monkeypatch.setattr(search, "direct_candidate", liar)
    monkeypatch.setitem(EFFORTS, "normal", replace(EFFORTS["normal"], teacher_rows=0))
    found = fit_arrays(x, y)
    assert found.report["chosen"] != "liar"
    assert found.report["outputs"]["y"]["r2"] > 0.8
    assert (max(seen) < rows_) == (by == "validation rows")
    if by == "validation rows":
        assert "rows kept out of every choice" in found.report["confirmed"]["by"]


def test_rows_with_equal_inputs_are_held_out_together() -> None:
    from sna_export.fit.data.samples import Samples
    from sna_export.fit.validation.held_rows import split

    rng = np.random.default_rng(0)
    x = np.repeat(rng.random((200, 2)), 3, axis=0)[rng.permutation(600)]
    chosen, held = split(Samples.of(x, rng.random(600)), 0)
    assert len(chosen) + len(held) == 600
    assert 30 <= len(held) <= 90
    assert not {tuple(r) for r in x[chosen]} & {tuple(r) for r in x[held]}
    assert x[chosen].min() == x.min() and x[chosen].max() == x.max()


@pytest.mark.parametrize("steps", [2, 3, 5])
def test_rows_of_a_grid_are_held_out_though_most_lie_at_an_end(steps: int) -> None:
    """Every row at an end counted as needed, and tables on grids held none out."""
    from sna_export.fit.data.samples import Samples
    from sna_export.fit.validation.held_rows import split

    corners = np.stack(np.meshgrid(*[np.arange(float(steps))] * 3), axis=-1).reshape(-1, 3)
    fine = np.arange(400.0) % 40
    x = np.c_[
        corners[np.arange(400) % len(corners)], fine[np.random.default_rng(0).permutation(400)]
    ]
    chosen, held = split(Samples.of(x, np.arange(400.0)), 0)
    assert 20 <= len(held) <= 80
    assert np.array_equal(x[chosen].min(axis=0), x.min(axis=0))
    assert np.array_equal(x[chosen].max(axis=0), x.max(axis=0))


def test_one_distinct_row_is_refused() -> None:
    with pytest.raises(InputError, match="same inputs"):
        fit_arrays(np.ones((20, 2)), np.arange(20.0))
