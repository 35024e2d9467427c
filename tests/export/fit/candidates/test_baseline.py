"""The functions that every fit is held against: the simplest that does, the link that does better,
pairs that speak, few columns."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sna_edge.numerics.time_budget import TimeBudget
from sna_export.fit import AxisSpec
from sna_export.fit.candidates import gain
from sna_export.fit.candidates.baseline import baseline, left_out_means
from sna_export.fit.candidates.polynomial import Columns, fitted
from sna_export.fit.data.folds import Folds
from sna_export.fit.data.samples import Samples

RNG = np.random.default_rng(0)
X = RNG.uniform(-1.0, 1.0, (240, 12))
NOISE = RNG.standard_normal(240)
FOLDS = Folds(np.arange(240) % 5)
OF = {
    "noise": (NOISE, "mean"), "a line": (X[:, 0] - X[:, 1] + 0.1 * NOISE, "linear"),
    "a square": (X[:, 0] ** 2 + 0.1 * NOISE, "quadratic"),
    "a product": (X[:, 0] * X[:, 1] + 0.1 * NOISE, "quadratic"),
}  # fmt: skip


@pytest.mark.parametrize("name", OF)
def test_the_simplest_function_that_does_is_taken(name: str) -> None:
    y, kind = OF[name]
    target = ((y - y.mean()) / y.std())[:, None]
    assert fitted(Samples.of(X[:, :3], y), target, FOLDS).kinds == (kind,)


def test_a_function_that_is_hardly_better_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundredth of the error is worth a simpler function: a faint slope that a looser rule would
    take stays out."""
    taken = []
    for least in (1.0 - 1e-9, gain.LEAST_GAIN):
        monkeypatch.setattr(gain, "LEAST_GAIN", least)
        monkeypatch.setattr(gain, "CLEAR_GAIN", 1.0)
        target = [
            0.1 * X[:, :1] + np.random.default_rng(s).standard_normal((240, 1)) for s in range(12)
        ]
        taken.append(
            sum(
                fitted(Samples.of(X[:, :1], y), y, FOLDS, most=0).kinds == ("linear",)
                for y in target
            )
        )
    assert taken[0] > taken[1]


def test_the_mean_of_a_row_is_that_of_the_other_folds() -> None:
    y = np.c_[NOISE, X[:, 0]]
    found = left_out_means(y, FOLDS)
    for f in range(5):
        np.testing.assert_allclose(
            found[FOLDS.held(f)],
            np.broadcast_to(y[~FOLDS.unseen(f)].mean(axis=0), (48, 2)),
            atol=1e-12,
        )


def test_of_more_pairs_than_there_is_room_for_those_that_speak_are_taken() -> None:
    y = X[:, 3] * X[:, 7] + 0.5 * X[:, 0] * X[:, 11] + X[:, 5] ** 2
    found = fitted(Samples.of(X, y), ((y - y.mean()) / y.std())[:, None], FOLDS, most=24 + 4)
    assert {(3, 7), (0, 11)} <= set(found.columns.pairs) and found.columns.count == 28


def test_the_axes_with_most_levels_are_left_out_of_a_design_without_room() -> None:
    x = np.c_[X[:, 0], np.arange(240) % 30, np.arange(240) % 3, X[:, 1]]
    axes = [
        AxisSpec("a"),
        AxisSpec("lot", levels=tuple(map(str, range(30)))),
        AxisSpec("metal", levels=("p", "q", "r")),
        AxisSpec("b"),
    ]
    samples = Samples.of(x, NOISE, axes)
    assert Columns.of(samples, 40).width.tolist() == [1, 30, 3, 1]
    assert Columns.of(samples, 20).width.tolist() == [1, 0, 3, 1]
    assert Columns.of(samples, 4).width.tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize(
    ("y", "link"),
    [
        (1.5 + 0.4 * X[:, 0] + 0.02 * NOISE, "identity"),
        (np.exp(2.0 * X[:, 0] + X[:, 1]) * (1.0 + 0.01 * NOISE), "exp"),
    ],
    ids=["a line", "an exponential"],
)
def test_another_link_is_taken_where_it_errs_less(y: np.ndarray, link: str) -> None:
    found = baseline(Samples.of(X[:, :3], y), ("identity", "exp"), FOLDS, TimeBudget())
    assert [o.link for o in found.outputs] == [link]


@pytest.mark.parametrize(
    ("limit", "kept"), [(10.0, 0.85), (100.0, 6.25), (0.2, 0.1), (0.01, 0.005)]
)
def test_time_is_kept_back_for_what_follows_the_search(limit: float, kept: float) -> None:
    budget = TimeBudget.for_fit(limit)
    assert budget.deadline == pytest.approx(budget.begin + limit - kept, abs=1e-9)
    assert TimeBudget().deadline == math.inf


def test_a_gain_that_chance_explains_is_not_taken() -> None:
    """Thirty rows of a line: the quadratic gains on some draws, and errs a tenth more on new
    rows."""
    taken = {"line": 0, "bend": 0}
    for s in range(20):
        rng = np.random.default_rng(s)
        x = rng.random((30, 3))
        for name, bend in (("line", 0.0), ("bend", 3.0)):
            y = 2.0 * x[:, 0] - x[:, 1] + bend * x[:, 0] * x[:, 2] + 0.1 * rng.standard_normal(30)
            target = ((y - y.mean()) / y.std())[:, None]
            found = fitted(Samples.of(x, y), target, Folds(np.arange(30) % 6))
            taken[name] += found.kinds == ("quadratic",)
    assert taken["line"] <= 2 and taken["bend"] == 20
