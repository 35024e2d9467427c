"""The function of a shape that is nearest to a free one: it has the shape everywhere, and is nearer
to a truth that has it."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from sna_edge.basis import bspline, uniform_breaks
from sna_edge.core.basis import levels
from sna_edge.numerics.time_budget import TimeBudget
from sna_export.fit import AxisSpec
from sna_export.fit.candidates.baseline import baseline
from sna_export.fit.candidates.candidate import Candidate
from sna_export.fit.data.folds import Folds
from sna_export.fit.data.samples import Samples
from sna_export.fit.data.scope import Scope
from sna_export.fit.engine.factors import SeparableFunction
from sna_export.fit.shape import projection
from sna_export.fit.shape.asked import Shape
from sna_export.fit.shape.lift import Bound, least, lifted
from sna_export.fit.shape.nearest import nearest
from sna_export.fit.shape.projection import begun, projected
from sna_export.fit.shape.proof import shaped_and_mean

CUBIC = bspline(uniform_breaks(0.0, 1.0, 8), 3)


def spline(function) -> np.ndarray:
    at = np.linspace(0.0, 1.0, 200)
    return np.linalg.lstsq(CUBIC.design(at), function(at))[0]


def one(x: np.ndarray) -> np.ndarray:
    return np.ones_like(x)


def separable(terms: list[list], outputs: int = 1) -> SeparableFunction:
    """Sums of products of functions of x0, x1, ..; of output k the modes k, k + outputs, .."""
    tables = [np.stack([spline(f) for f in of], axis=1) for of in zip(*terms, strict=True)]
    uses = np.ones((len(tables) + 1, len(terms)), dtype=bool)
    weights = np.eye(outputs)[:, np.arange(len(terms)) % outputs]
    return SeparableFunction((*[CUBIC] * len(tables), levels(outputs)), uses, (*tables, weights))


RIPPLE = [lambda x: 0.1 * np.sin(9.0 * x), lambda x: np.cos(5.0 * x)]
TRUTH = [[np.exp, one], [one, lambda x: -x], [lambda x: x, lambda x: 1.0 - x]]
BOUNDS = [Bound(0, 1, 1, 1), Bound(1, 1, -1, -1), Bound(0, 2, 1, 1)]


@pytest.fixture(scope="module")
def moved() -> SeparableFunction:
    x = np.random.default_rng(0).random((150, 2))
    g = projected(separable([*TRUTH, RIPPLE]), BOUNDS, x, None, 0, TimeBudget.for_fit(None))
    assert g is not None
    return g


def test_slopes_and_bends_have_their_sign_everywhere(moved: SeparableFunction) -> None:
    assert all(low.min() >= 0.0 for low, _ in least(moved, BOUNDS))
    grid = np.linspace(0.0, 1.0, 61)
    y = moved.predict(np.stack(np.meshgrid(grid, grid, indexing="ij"), axis=-1).reshape(-1, 2))
    y = y.reshape(61, 61)
    assert np.diff(y, axis=0).min() > 0.0 > np.diff(y, axis=1).max()
    assert np.diff(y, 2, axis=0).min() >= 0.0
    free = separable([*TRUTH, RIPPLE])
    assert min(low.min() for low, _ in least(free, BOUNDS)) < -1.0, "there is something to move"


def test_it_is_nearer_to_what_has_the_shape(moved: SeparableFunction) -> None:
    x = np.random.default_rng(1).random((2000, 2))
    truth, free = (separable(t).predict(x) for t in (TRUTH, [*TRUTH, RIPPLE]))
    assert np.std(moved.predict(x) - truth) < 0.7 * np.std(free - truth)


def test_what_has_the_shape_stays() -> None:
    f = separable([[np.exp, lambda x: 2.0 - x], [lambda x: x * x, one]])
    x = np.random.default_rng(2).random((100, 2))
    g = projected(f, BOUNDS, x, None, 0, TimeBudget.for_fit(None))
    assert g is not None and np.abs(g.predict(x) - f.predict(x)).max() < 0.01


@pytest.mark.parametrize("slope", [-1, 0, 1])
@pytest.mark.parametrize("bend", [-1, 1])
def test_a_lift_keeps_the_other_sign_of_its_input(slope: int, bend: int) -> None:
    bent = [lambda x: slope * x + 0.05 * np.sin(7.0 * x), one]
    f = separable([bent, [one, one]])
    bounds = [Bound(0, 2, bend, slope), *([Bound(0, 1, slope, slope)] if slope else [])]
    x = np.random.default_rng(3).random((50, 2))
    g = projected(f, bounds, x, None, 0, TimeBudget.for_fit(None))
    assert g is not None and all(low.min() >= 0.0 for low, _ in least(g, bounds))
    alone = lifted(begun(f, bounds), bounds)
    assert all(low.min() >= 0.0 for low, _ in least(alone, bounds))


def test_each_output_is_lifted_by_what_it_lacks() -> None:
    f = separable([[np.sin, one], [lambda x: -0.3 * x, one]], outputs=2)
    x = np.random.default_rng(4).random((100, 2))
    bound = [Bound(0, 1, 1, 1)]
    g = projected(f, bound, x, None, 0, TimeBudget.for_fit(None))
    assert g is not None and least(g, bound)[0][0].min() >= 0.0
    line = np.c_[np.linspace(0.0, 1.0, 50), np.full(50, 0.5)]
    assert np.ptp(g.predict(line)[:, 1]) < 0.02, "the falling one becomes flat"
    assert np.abs(g.predict(x)[:, 0] - np.sin(x[:, 0])).max() < 0.02, "the rising one stays"


def test_a_large_function_and_a_spent_budget_are_left() -> None:
    x = np.random.default_rng(5).random((50, 2))
    many = separable([[np.sin, np.cos]] * 80)
    assert projected(many, BOUNDS, x, None, 0, TimeBudget.for_fit(None)) is None
    spent = TimeBudget.for_fit(1e-9)
    assert projected(separable(TRUTH), BOUNDS, x, None, 0, spent) is None


def test_rows_count_as_much_as_they_weigh() -> None:
    """A hill that shall rise: where its foot counts it ends flat at the top, where its far side
    does, low."""
    hill = separable([[lambda x: np.sin(np.pi * x)]])
    x = np.linspace(0.0, 1.0, 200)[:, None]
    left, right = (np.where(x[:, 0] < 0.5, *w) for w in ((1.0, 1e-3), (1e-3, 1.0)))
    end = [
        projected(hill, BOUNDS[:1], x, w, 0, TimeBudget.for_fit(None)) for w in (left, None, right)
    ]
    high, middle, low = (float(g.predict(x[-1:])[0, 0]) for g in end if g)
    assert high > middle + 0.05 > low + 0.1


def test_many_rows_are_looked_at_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of 200,000 took gigabytes and hours."""
    seen: list[int] = []
    look = projection._Search.of

    def counted(f, bounds, x, *rest):
        seen.append(len(x))
        return look(f, bounds, x, *rest)

    monkeypatch.setattr(projection._Search, "of", counted)
    x = np.random.default_rng(6).random((2 * projection.SOME_ROWS + 1, 2))
    assert projected(separable(TRUTH), BOUNDS, x, None, 0, TimeBudget.for_fit(None)) is not None
    assert seen == [-(-len(x) // 3)]


def test_lifted_alone_is_enough_for_the_proof() -> None:
    g = begun(separable([*TRUTH, RIPPLE]), BOUNDS)
    assert all(low.min() >= 0.0 for low, _ in least(lifted(g, BOUNDS), BOUNDS))


X = np.random.default_rng(8).random((60, 2))
Y = X[:, 0] + 0.3 * X[:, 1] + 0.1 * np.random.default_rng(9).standard_normal(60)
SAMPLES = Samples.of(X, Y, [AxisSpec("a"), AxisSpec("b")])
FOLDS = Folds(np.arange(60) % 5)
FALLING = Shape({"a": -1}, {})


def free_fit() -> Candidate:
    made = baseline(SAMPLES, ("identity",), FOLDS, TimeBudget())
    return replace(made, fewer_left_out=made.predicted + 0.01)


def test_predictions_of_left_out_rows_move_like_the_function() -> None:
    free = free_fit()
    found = nearest(SAMPLES, FALLING, free, 0, TimeBudget())
    assert found is not None and found.fewer_left_out is not None
    by = (found.values(X) - free.values(X))[free.rows]
    assert np.abs(by).max() > 0.1
    assert np.allclose(found.predicted - free.predicted, by)
    assert np.allclose(found.fewer_left_out - free.fewer_left_out, by)


def test_what_is_not_proved_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[nearest.__module__], "projected", lambda f, *_: f)
    assert nearest(SAMPLES, FALLING, free_fit(), 0, TimeBudget()) is None


@pytest.mark.parametrize(
    ("shape", "link"), [(Shape({}, {"a": -1}), "identity"), (Shape({"a": 1}, {}), "auto")]
)
def test_the_free_fit_has_a_link_that_a_bend_survives(shape: Shape, link: str) -> None:
    asked: list[str] = []

    def free(link: str) -> list[Candidate]:
        asked.append(link)
        return [free_fit()]

    samples = replace(SAMPLES, y=np.exp(SAMPLES.y))
    shaped_and_mean(Scope(samples, FOLDS, 0, TimeBudget()), shape, "auto", free)
    assert asked == [link]
