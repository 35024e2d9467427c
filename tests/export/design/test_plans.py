"""Starting plans: spread, steps, rules, levels, rows that exist; D-optimal against known optima."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import qmc

from sna_edge.errors import InputError
from sna_export.design import METHODS, Factor, Space, starting_plan
from sna_export.design.d_optimal import d_optimal, exchange_gain, model_matrix
from sna_export.design.spread import filled, maximin

RULE = "power / speed <= 0.4"
SPACE = Space(
    (
        Factor("power", 100, 400, step=5, unit="W"),
        Factor("speed", 500, 2000),
        Factor("gas", levels=("Ar", "N2", "He")),
    ),
    (RULE,),
)
BOX = Space(tuple(Factor(name, 0, 1) for name in "abc"))
NOTHING = np.empty((0, 2))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("present", [None, np.array([[200.0, 1000.0, 0.0], [300.0, 900.0, 2.0]])])
def test_a_plan_keeps_steps_ranges_levels_and_rules(
    method: str, present: np.ndarray | None
) -> None:
    plan = starting_plan(SPACE, 20, method=method, present=present, seed=2)
    power, speed, gas = plan.x.T
    assert plan.x.shape == (20, 3)
    assert np.all(power % 5 == 0) and power.min() >= 100 and power.max() <= 400
    assert speed.min() >= 500 and speed.max() <= 2000 and set(gas) == {0.0, 1.0, 2.0}
    assert np.all(power <= 0.4 * speed * (1 + 1e-9))
    again = starting_plan(SPACE, 20, method=method, present=present, seed=2)
    other = starting_plan(SPACE, 20, method=method, present=present, seed=3)
    assert np.array_equal(plan.x, again.x) and not np.array_equal(plan.x, other.x)


def test_every_part_of_every_range_has_one_row_of_a_latin_hypercube() -> None:
    x = maximin(BOX, 20, seed=1)
    for column in x.T:
        assert sorted(np.floor(column * 20 - 1e-9).clip(0).astype(int)) == list(range(20))


def test_maximin_rows_are_farther_apart_than_those_of_a_plain_latin_hypercube() -> None:
    plain = [pdist(qmc.LatinHypercube(3, rng=seed).random(20)).min() for seed in range(20)]
    ours = [pdist(maximin(BOX, 20, seed)).min() for seed in range(5)]
    assert min(ours) > max(plain)


def test_a_sobol_plan_is_more_even_than_random_rows() -> None:
    x = starting_plan(BOX, 64, method="sobol", seed=0).x
    random = [qmc.discrepancy(np.random.default_rng(s).random((64, 3))) for s in range(20)]
    assert qmc.discrepancy(np.clip(x, 0, 1)) < min(random) / 2


def test_new_rows_fill_the_gap() -> None:
    rows = np.random.default_rng(0).random((60, 2))
    rows = rows[~((rows > 0.5).all(axis=1))]
    space = Space((Factor("a", 0, 1), Factor("b", 0, 1)))
    assert np.all(filled(space, rows, 1, seed=0) > 0.5)


def test_replicates_and_middle() -> None:
    plan = starting_plan(BOX, 6, replicates=3, centre=2, seed=4)
    counts = np.unique(plan.x, axis=0, return_counts=True)[1]
    assert sorted(counts) == [2, 3, 3, 3, 3, 3, 3]
    assert (plan.x == 0.5).all(axis=1).sum() == 2


def test_the_d_optimal_plan_of_a_linear_model_is_the_corners() -> None:
    space = Space((Factor("a", -1, 1), Factor("b", 10, 20)))
    x = d_optimal(space, 8, "linear", 0, NOTHING)
    corners, counts = np.unique(x, axis=0, return_counts=True)
    assert corners.tolist() == [[-1, 10], [-1, 20], [1, 10], [1, 20]] and set(counts) == {2}


def test_the_d_optimal_plan_of_a_quadratic_is_the_best_of_all_plans() -> None:
    """One input, three rows: ends and middle (Fedorov); the determinant is that of z = -1, 0, 1."""
    space = Space((Factor("a", 0, 8, step=1),))
    assert np.sort(d_optimal(space, 3, "quadratic", 0, NOTHING[:, :1])[:, 0]).tolist() == [0, 4, 8]


def test_the_gain_of_an_exchange_is_the_ratio_of_determinants() -> None:
    rng = np.random.default_rng(0)
    x, f = rng.standard_normal((7, 4)), rng.standard_normal((9, 4))
    after = [np.linalg.det((y := np.vstack([x[1:], row])).T @ y) for row in f]
    expected = np.array(after) / np.linalg.det(x.T @ x)
    assert exchange_gain(f, np.linalg.inv(x.T @ x), x[0]) == pytest.approx(expected, rel=1e-9)


def test_rows_that_exist_are_not_measured_again() -> None:
    space = Space((Factor("a", -1, 1), Factor("b", -1, 1)))
    present = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0]])
    assert d_optimal(space, 1, "linear", 0, present).tolist() == [[1.0, 1.0]]


def test_levels_enter_the_model_by_contrasts() -> None:
    f = model_matrix(SPACE, SPACE.sobol(40, 0), "quadratic")
    assert f.shape[1] == 1 + (1 + 1 + 2) + (1 + 2 + 2) + 2
    assert np.linalg.matrix_rank(f) == f.shape[1]


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: Factor("a", 2, 1), "no range from 2 to 1"),
        (lambda: Factor("a", 1, 9, step=10), "no multiple of the step 10"),
        (lambda: Factor("a", levels=("A", "A")), "must differ"),
        (lambda: Space(()), "needs inputs"),
        (lambda: Space((Factor("a"), Factor("a"))), "stated twice"),
        (lambda: Space((Factor("a"),), ("a > 2",)).sobol(4, 0), "none of .* settings keeps"),
        (lambda: starting_plan(BOX, 9, method="d-optimal"), "has 10 coefficients"),
        (lambda: starting_plan(BOX, 9, method="grid"), "method 'grid' is unknown"),
        (
            lambda: starting_plan(Space((Factor("a", 0, 1, step=0.5),)), 4),
            "only 1 different settings are left for 2 rows",
        ),
        (lambda: starting_plan(SPACE, 9, method="d-optimal", terms="cubic"), "terms 'cubic'"),
        (
            lambda: starting_plan(Space(BOX.factors, ("a + b >= 1.5",)), 4, centre=1),
            "the middle of the ranges breaks a rule",
        ),
    ],
)
def test_what_cannot_be_planned_is_said(ask, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        ask()


def test_a_plan_of_very_many_rows_is_a_plain_hypercube() -> None:
    plan = starting_plan(Space((Factor("a", 0, 1, step=1e-8), Factor("b", 0, 1, step=1e-8))), 5000)
    assert plan.said.startswith("Latin hypercube")
    for column in plan.x.T:  # one row in every slice
        assert len(np.unique(np.floor(column * 5000 * (1 - 1e-9)))) > 4900


def test_gaps_are_filled_by_more_rows_than_candidates_of_a_small_plan() -> None:
    space = Space((Factor("a", 0, 1), Factor("b", 0, 1)), ("a <= 0.5",))
    present = space.sobol(200, 1)
    plan = starting_plan(space, 4500, present=present)
    both = np.concatenate([present, plan.x])
    assert len(np.unique(both, axis=0)) == 4700
