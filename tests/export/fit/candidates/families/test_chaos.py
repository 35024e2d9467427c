"""Sparse polynomial chaos: polynomials are met, terms are few, folds choose anew."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np
import pytest
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import TimeBudget
from sna_export.fit import AxisSpec, fit_arrays
from sna_export.fit.candidates.candidate import Candidate
from sna_export.fit.candidates.families import FAMILIES, Begun, Task, chaos
from sna_export.fit.candidates.families.axis_functions import AxisFunctions
from sna_export.fit.candidates.families.chaos import POLYNOMIAL_CHAOS
from sna_export.fit.candidates.families.modes import separable
from sna_export.fit.candidates.families.terms import first_terms, grown
from sna_export.fit.data.held_together import folds_of
from sna_export.fit.data.samples import Samples
from sna_export.fit.effort import FULL

Floats = NDArray[np.float64]


def polynomial(axes: int, degree: int, count: int, x: Floats) -> Floats:
    """`count` monomials of 2 x - 1 up to a total degree, normal coefficients."""
    rng = np.random.default_rng(1)
    every = [t for d in range(degree + 1) for t in combinations_with_replacement(range(axes), d)]
    chosen = rng.permutation(len(every))[:count]
    t = 2.0 * x - 1.0
    return np.asarray(
        sum(
            c * np.prod(t[:, list(every[j])], axis=1)
            for c, j in zip(rng.standard_normal(len(chosen)), chosen, strict=True)
        )
    )


def begun(samples: Samples, link: str = "identity") -> Begun:
    folds = folds_of(samples, 6, 0)
    found = POLYNOMIAL_CHAOS.begin(Task(samples, link, folds, 0, TimeBudget()))
    assert found is not None
    return found


def missed(found: Candidate, x: Floats, y: Floats) -> float:
    return float(np.sqrt(np.mean((found.values(x)[:, 0] - y) ** 2)) / y.std())


@pytest.mark.parametrize(
    ("axes", "degree", "count"), [(12, 3, 455), (20, 3, 200), (8, 2, 45), (3, 7, 60)]
)
def test_a_polynomial_is_met_to_rounding(axes: int, degree: int, count: int) -> None:
    x = np.random.default_rng(0).random((1000, axes))
    x[0], x[1] = 0.0, 1.0
    fresh = np.random.default_rng(2).random((500, axes))
    one = begun(Samples.of(x, polynomial(axes, degree, count, x)))
    found = one.finish(TimeBudget())
    assert max(one.promise, found.error) < 1e-9
    assert missed(found, fresh, polynomial(axes, degree, count, fresh)) < 1e-9


def test_a_fit_of_a_polynomial_of_pairs_ends_there() -> None:
    x = np.random.default_rng(0).random((300, 4))
    y = x[:, 0] ** 3 * x[:, 1] ** 2 - 2.0 * x[:, 2] * x[:, 3] ** 2 + x[:, 1] ** 4
    found = fit_arrays(x, y, plain=True)
    assert found.report["kind"] == "polynomial chaos"
    assert [c["kind"] for c in found.report["candidates"]] == ["baseline", "polynomial chaos"]
    np.testing.assert_allclose(found.model.backend.value(x)[:, 0], y, atol=1e-10)


def test_levels_and_several_outputs_are_terms_too() -> None:
    rng = np.random.default_rng(0)
    x = np.c_[rng.random((200, 2)), rng.integers(0, 3, 200)]
    lot = np.array([0.0, 1.0, 3.0])[x[:, 2].astype(int)]
    y = np.c_[x[:, 0] ** 3 * (1.0 + lot), x[:, 1] * x[:, 0]]
    axes = [AxisSpec("a"), AxisSpec("b"), AxisSpec("lot", levels=("x", "y", "z", "never"))]
    found = begun(Samples.of(x, y, axes)).finish(TimeBudget())
    np.testing.assert_allclose(found.values(x), y, atol=1e-10)


def test_noise_is_not_taken_for_terms() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((200, 6))
    y = x[:, 0] * x[:, 1] + rng.standard_normal(200)
    one = begun(Samples.of(x, y))
    found = one.finish(TimeBudget())
    assert one.promise < found.error
    assert found.notes["terms"][0] < 20
    assert found.error > 0.9


def test_rows_of_a_fold_are_predicted_without_them() -> None:
    """A row moved far away moves no prediction of its own fold."""
    rng = np.random.default_rng(0)
    x = rng.random((120, 3))
    y = np.exp(x[:, 0]) * x[:, 1] + 0.1 * rng.standard_normal(120)
    samples = Samples.of(x, y)
    mine = folds_of(samples, 6, 0).held(0)
    moved = y.copy()
    moved[mine[0]] += 0.5
    far = Samples.of(x, moved)
    before, after = (begun(s).finish(TimeBudget()) for s in (samples, far))
    if before.notes["terms"] == after.notes["terms"]:
        others = mine[1:]
        np.testing.assert_allclose(before.predicted[others], after.predicted[others], atol=1e-9)
    else:
        pytest.fail("the numbers of terms differ; the test says nothing")


def test_terms_that_differ_on_one_input_share_a_mode() -> None:
    x = np.random.default_rng(0).random((50, 3))
    functions = [AxisFunctions.of(Samples.of(x, x[:, 0]), d) for d in range(3)]
    index = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 2, 0], [0, 0, 3], [0, 0, 1]])
    f = separable(functions, [(index, np.arange(1.0, 7.0))])
    assert sorted(f.orders.tolist()) == [0, 1, 2]
    assert f.uses[:-1].sum() == 3
    values = [g.values(x[:, d]) for d, g in enumerate(functions)]
    expected = sum(
        c * np.prod([values[d][:, j] for d, j in enumerate(row)], axis=0)
        for c, row in zip(np.arange(1.0, 7.0), index, strict=True)
    )
    np.testing.assert_allclose(f.predict(x)[:, 0], expected, atol=1e-12)


def test_what_stands_beside_terms_that_matter_is_offered() -> None:
    x = np.random.default_rng(0).random((50, 2))
    functions = [AxisFunctions.of(Samples.of(x, x[:, 0]), d) for d in range(2)]
    complete, every = first_terms(functions, 6, 10)
    assert len(complete) == 6
    assert len(every) == 10
    size = np.zeros(len(every))
    size[[tuple(r) == (0, 3) for r in every.tolist()]] = 1.0
    rows = {tuple(r) for r in grown(functions, every, size, 4).tolist()}
    assert rows >= {(0, 0), (0, 3), (0, 4), (1, 3)}


def test_every_family_says_its_work() -> None:
    for rows in (100, 10_000):
        samples = Samples.of(np.random.default_rng(0).random((rows, 4)), np.arange(float(rows)))
        assert all(0.0 < family.work(samples, FULL) < 1e11 for family in FAMILIES)


def test_rows_of_little_weight_hardly_count() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((200, 3))
    y = x[:, 0] ** 2 * x[:, 1]
    wrong = np.arange(200) % 4 == 0
    weight = np.where(wrong, 1e-9, 1.0)
    given = replace(Samples.of(x, y + 3.0 * wrong), weight=weight / weight.mean())
    plain = Samples.of(x, y + 3.0 * wrong)
    weighted, same = (begun(s).finish(TimeBudget()) for s in (given, plain))
    assert missed(weighted, x, y) < 1e-3 < missed(same, x, y)
    assert weighted.weight is not None and weighted.error < 1e-3


@pytest.mark.parametrize("weighted", [False, True])
def test_many_rows_are_solved_block_by_block(
    weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    x = rng.random((500, 2))
    y = 1.0 + x[:, :1] * x[:, 1:] + 0.1 * rng.standard_normal((500, 1))
    samples = Samples.of(x, y)
    samples = replace(samples, weight=rng.random(500)) if weighted else samples
    functions = [AxisFunctions.of(samples, d) for d in range(2)]
    index = first_terms(functions, 8, 8)[0]
    whole = chaos._solved(functions, [index], samples, y)
    monkeypatch.setattr(chaos, "MOST_HELD", 400)
    assert chaos._reduced(functions, index, x, y[:, 0], samples.weight)[0].shape[0] < 20
    blocks = chaos._solved(functions, [index], samples, y)
    np.testing.assert_allclose(blocks.predict(x), whole.predict(x), atol=1e-12)
