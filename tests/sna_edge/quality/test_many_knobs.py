"""Advice with many knobs keeps its time: what costs the same and what lies around an answer are
exponentially many."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from sna_edge import CP, Model, Output, spline_axis
from sna_edge.inverse import Knob, advise
from sna_edge.inverse.optimize.projection_problem import (
    Adjustable,
    OutputBounds,
    ProjectionProblem,
)
from sna_edge.inverse.optimize.whole_steps import RESOLVED, combinations, ticks
from sna_edge.numerics.time_budget import TimeBudget
from sna_edge.quality import REJECT, Line
from sna_edge.quality.limits import parse_limits

from ...clock import Clock

STEPPED, FREE = {"step": 0.01, "cost": 1.0}, {"cost": 1.0}


def plain_sum(count: int) -> Model:
    """s = sum of x_i, d = sum of +- x_i, with x_i in 0 .. 1."""
    axes = [spline_axis(f"x{i}", "", 0.0, 1.0, spans=1, degree=1) for i in range(count)]
    weights = np.array([[1.0, (-1.0) ** i] for i in range(count)])
    return Model(
        axes,
        CP(
            tuple(np.array([[0.0], [1.0]]) for _ in axes),
            tuple(np.array([i]) for i in range(count)),
            weights,
        ),
        [Output("s"), Output("d")],
    )


@pytest.mark.parametrize("place", [0.02, 0.5])
@pytest.mark.parametrize("knob", [STEPPED, FREE])
@pytest.mark.parametrize("count", [10, 14, 18, 24])
def test_advice_of_many_knobs_keeps_its_time(
    count: int, knob: dict[str, float], place: float
) -> None:
    """12 knobs with steps took 7 s of 50 ms, 18 asked for 34 GiB."""
    model = plain_sum(count)
    part = dict.fromkeys(model.input_names, place)
    limits = {
        "outputs": {
            "s": {"LSL": count * place + 1.0, "target": count * place + 2.0},
            "d": {"LSL": -99.0, "target": 3.0},
        }
    }
    line = Line(
        model,
        parse_limits({**limits, "knobs": dict.fromkeys(model.input_names, knob)}, model),
        advice_ms=50.0,
    )
    clock = Clock()
    (found,) = line.readings([part])
    assert clock.seconds < 0.5
    assert found["verdict"] == REJECT and found["advice"]["status"] in ("ok", "deadline")


def test_many_knobs_with_steps_without_a_deadline() -> None:
    model = plain_sum(20)
    found = advise(
        model,
        dict.fromkeys(model.input_names, 0.5),
        {"s": (11.0, None)},
        {n: Knob(step=0.01) for n in model.input_names},
    )
    assert found.status.label == "ok" and found.after["s"]["value"] >= 11.0 - 1e-9


@pytest.mark.parametrize("seed", range(8))
def test_the_combinations_of_whole_steps_are_the_cheapest(seed: int) -> None:
    """As if all 4^n were listed."""
    rng = np.random.default_rng(seed)
    count = 2 + seed % 4
    model, steps = plain_sum(count), rng.uniform(0.02, 0.2, count)
    here, point, cost = (
        rng.uniform(0.2, 0.8, count),
        rng.uniform(0, 1, count),
        rng.uniform(0.5, 2, count),
    )
    moving = Adjustable(list(range(count)), np.zeros(count), np.ones(count), cost, steps.tolist())
    bounds = OutputBounds([0], np.zeros(1), np.ones(1))
    problem = ProjectionProblem(model, here, moving, bounds, 0, TimeBudget())
    every = np.array(list(product(*(ticks(problem, u, point[u], 2) for u in range(count)))))
    spent = np.sort(np.square(cost * (every - point)).sum(axis=1))[:RESOLVED]
    assert np.allclose(np.square(cost * (combinations(problem, point) - point)).sum(axis=1), spent)
