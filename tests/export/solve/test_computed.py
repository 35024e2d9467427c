"""Axes that a solved model computes from readings at a query."""

import numpy as np
import pytest

import sna_edge
from sna_export.solve import (
    Problem,
    ProblemError,
    d,
    parameter,
    solve,
    space,
    test_function,
    unknown,
)

u, v = unknown(), test_function()


def rod(**more):
    """-T'' = 1 on a rod of any length, T = 0 at its end: T = (length^2 - x^2) / 2."""
    s = space("share", spans=2, degree=2, zero="upper")
    length = parameter("length", 0.5, 2.0, spans=1, degree=3, unit="m")
    stated = {"computed": {"share": "x / length"}, "readings": {"x": (0.0, 2.0, "m")}, **more}
    return Problem("rod", (s, length), d(u, s) * d(v, s) / length, length * v, **stated)


@pytest.mark.parametrize("method", ["train", "points"])
def test_a_query_gives_the_reading_and_gets_the_value(method, tmp_path):
    solve(rod(), method=method, tolerance=1e-6).model.save(tmp_path / "rod.sna")
    model = sna_edge.load(tmp_path / "rod.sna")
    for x, length in ((0.3, 0.9), (0.0, 2.0), (1.1, 1.7)):
        wanted = (length**2 - x**2) / 2
        assert model(x=x, length=length)[0] == pytest.approx(wanted, rel=1e-4)
    assert model(share=0.5, length=1.0)[0] == pytest.approx(0.375, rel=1e-4)
    beyond = model.evaluate({"x": 1.5, "length": 1.0})
    assert np.isnan(beyond.value)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"computed": {"reach": "x / length"}}, "no axis 'reach' to compute"),
        ({"computed": {"share": "x / width"}}, "width"),
        ({"computed": {"share": "x /"}}, "computed= of problem 'rod'"),
        ({"readings": {"x": (2.0, 0.0, "m")}}, "give .lower, upper, unit."),
        ({"readings": {"x": (0.0, "far", "m")}}, "give .lower, upper, unit."),
        ({"readings": {"x": (0.0, 2.0, "m"), "y": (0.0, 1.0, "m")}}, "takes the reading 'y'"),
        ({"readings": {"length": (0.0, 2.0, "m")}}, "is an axis of it"),
    ],
)
def test_formulas_that_say_nothing_are_refused_before_anything_is_solved(more, said):
    with pytest.raises(ProblemError, match=said):
        solve(rod(**more))
