"""Sweeps of models that take missing readings: all inputs are read."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import CP, Model, Output, level_axis, spline_axis
from sna_edge.core.missing import KEY, Gaps
from sna_export.monte_carlo import sweep


def holed() -> Model:
    """y = x + 100 (where x is missing) + 1000 (where gas is missing), gas from a, b, missing."""
    axes = [
        spline_axis("x", "", 0.0, 1.0, spans=1, degree=1),
        level_axis("gas", ["a", "b", "missing"]),
        level_axis("x missing", ["no", "yes"]),
    ]
    ones = np.ones((3, 3))
    tables = [ones[:2].copy(), ones.copy(), ones[:2].copy()]
    tables[0][:, 0] = 0.0, 1.0
    tables[1][:, 1] = 0.0, 0.0, 1000.0
    tables[2][:, 2] = 0.0, 100.0
    gaps = Gaps(("x",), np.array([0.5]), np.array([[1.0]]), {"x": "x missing"}, ("gas",), 1)
    line = CP.full(tables, np.ones((3, 1)))
    return Model(axes, line, [Output("y")], metadata={KEY: gaps.metadata()})


@pytest.mark.parametrize("given", [{}, {"gas": "grid"}, {"x": "grid(5)", "gas": "grid"}])
def test_no_reading_is_missing_unless_that_is_asked(given: dict[str, object]) -> None:
    """Flags were drawn by --rest, beside readings that were there: half of the parts were parts
    that no line has."""
    found = sweep(holed(), given, None if given else 2000, rest="uniform", backend="numpy")
    assert 0.0 <= found.outputs[0].lowest[0][0] <= found.outputs[0].highest[0][0] <= 1.0
    assert {row["gas"] for row in found.inputs.values()} <= {"a", "b"}


def test_a_level_missing_that_is_named_is_drawn() -> None:
    found = sweep(holed(), {"gas": "missing", "x": 0.5, "x missing": "yes"}, 10, backend="numpy")
    assert found.outputs[0].mean == pytest.approx(1100.5)
