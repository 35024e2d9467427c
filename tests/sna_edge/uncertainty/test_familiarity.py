"""Familiarity: the score, its place among the scores of training, levels never seen together."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sna_edge import InputError, Output, Status, spline_axis
from sna_edge.core.beside import (
    GRID,
    Calibration,
    Companion,
    Coordinate,
    CoordinateSource,
    LevelPair,
    Role,
)
from sna_edge.uncertainty.familiarity import share_of

from .. import beside_models as made

X = {"power": 150.0, "angle": 30.0, "alloy": "A", "machine": "M1", "density": 40.0}


def scored(scores: np.ndarray, n: int = 10_000) -> Calibration:
    return Calibration(n_scores=n, scores=scores, least_p=0.01)


def slow_share(scores: np.ndarray, n: int, s: float) -> float:
    least = 1 / (n + 1)
    if s < scores[0]:
        return least
    j = max(i for i in range(33) if scores[i] <= s)
    t = (j - 16) / 2 + (0.5 * (s - scores[j]) / (scores[j + 1] - scores[j]) if j < 32 else 0.0)
    return max(least, 1 / (1 + math.exp(-t)))


@pytest.mark.parametrize("n", [3, 300, 100_000])
def test_p_is_the_share_of_scores_up_to_s(n: int) -> None:
    rng = np.random.default_rng(3)
    scores = np.sort(np.round(rng.normal(-10, 2, 33), 1))
    scores[5:9] = scores[5]
    scores[32] = scores[31]
    s = np.concatenate([scores, rng.uniform(scores[0] - 1, scores[-1] + 1, 200)])
    wanted = [slow_share(scores, n, v) for v in s]
    np.testing.assert_allclose(share_of(scored(scores, n), s), wanted, rtol=1e-13)
    assert np.isnan(share_of(scored(scores, n), np.array([math.nan]))).all()


def test_the_score_is_the_weighted_sum_of_logarithms() -> None:
    model = made.whole()
    densities = [model.companion_value(i, X)[0] for i in (1, 2)]
    found = model.familiarity(X)
    assert found.score[0] == pytest.approx(
        2 * math.log(densities[0]) + 1.5 * math.log(densities[1])
    )


def test_a_density_of_nothing_counts_as_the_least_one() -> None:
    model = made.whole()
    parts = list(model.companions)
    for i in (1, 2):
        work = parts[i].model.interaction
        dead = parts[i].model.replace(interaction=work.with_tables(work.tables, 0 * work.weights))
        parts[i] = type(parts[i])(parts[i].role, dead, parts[i].coordinates, 0, parts[i].weight)
    found = model.replace(companions=parts).familiarity(X)
    assert found.score[0] == pytest.approx(-126 * math.log(2) * 3.5)
    assert found.p[0] == 1 / 301 and found.status[0] == Status.UNFAMILIAR


def test_levels_never_seen_together_are_unfamiliar() -> None:
    model = made.whole()
    rows = {**X, "alloy": ["A", "B", "B"], "machine": ["M2", "M1", "M2"]}
    found = model.familiarity(rows)
    assert found.p[2] == 0 and (found.p[:2] > 0).all()
    assert found.pair.tolist() == [-1, -1, 0] and found.status[2] == Status.UNFAMILIAR
    assert model.evaluate(rows).status.tolist() == [0, 0, Status.UNFAMILIAR]


def test_pairs_alone_tell_too() -> None:
    only = Calibration(pairs=[LevelPair.of(2, 3, np.eye(3, 2, dtype=bool))])
    model = made.whole(companions=(), calibration=only)
    found = model.familiarity({**X, "alloy": ["A", "A", "C"], "machine": ["M1", "M2", "M2"]})
    assert found.p.tolist() == [1.0, 0.0, 0.0] and np.isnan(found.score).all()
    assert found.status.tolist() == [0, 5, 5]


def test_rows_without_a_value_have_no_familiarity() -> None:
    model = made.whole(readings=None)
    found = model.familiarity({**X, "power": [150.0, 99.0, math.nan], "alloy": ["A", "A", "Z"]})
    assert found.status.tolist() == [0, Status.OUT_OF_DOMAIN, Status.BAD_INPUT]
    assert np.isnan(found.p[1:]).all() and 0 < found.p[0] <= 1


def test_a_feature_that_overflows_is_not_converged() -> None:
    far = spline_axis("x", "", -1e300, 1e300, spans=1, degree=1)
    own = spline_axis("z", "", 0.0, 1.0, spans=1, degree=1)
    huge = Coordinate(CoordinateSource.FEATURE, 0, [3e38, -3e38], 0.0)
    told = Companion(Role.FAMILIARITY, made.function([own], [Output("p")], 1), (huge,), 0, 1.0)
    values = made.function([far, replace(far, name="y")], [Output("b")], 2)
    model = values.replace(companions=[told], calibration=scored(np.linspace(-9, 0, 33)))
    found = model.familiarity([[0.0, 0.0], [-1e300, 0.0]])
    assert found.status.tolist() == [Status.NOT_CONVERGED, Status.OK]
    assert np.isnan(found.p[0]) and found.p[1] > 0


def test_a_model_that_does_not_know_says_so() -> None:
    model = made.whole(companions=(), calibration=None)
    with pytest.raises(InputError, match="does not say how familiar inputs are"):
        model.familiarity(X)


def test_an_index_of_no_companion_is_refused() -> None:
    with pytest.raises(InputError, match="companion 5 is none of the 5"):
        made.whole().companion_value(5, X)


@pytest.mark.filterwarnings("error")
def test_a_score_far_below_quantiles_that_hardly_differ() -> None:
    """No warning of an overflow: the score before the first quantile has the least p."""
    scores = np.linspace(0.0, 32e-6, GRID)
    found = share_of(Calibration(n_scores=99, scores=scores, least_p=0.01), np.array([-1e3, 1e3]))
    assert found.tolist() == [0.01, 1 / (1 + np.exp(-8.0))]
