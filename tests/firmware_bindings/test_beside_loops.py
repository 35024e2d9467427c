"""Companions that the C library answers by loops of their own, mixtures of hat functions in int8
and sums of one function per axis: the numbers of Python, at ends, knots and levels too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sna_edge import CP, Axis, Model, Output, Status, from_bytes, level_axis, spline_axis
from sna_edge.core.basis import bspline
from sna_edge.core.beside import GRID, Calibration, Companion, Coordinate, CoordinateSource, Role
from sna_export.calibrate.familiarity import with_familiarity

LOGITS = (np.arange(GRID) - 16) / 2


@pytest.fixture(params=["double", "float"])
def library(request: pytest.FixtureRequest, c_double: Any, c_float: Any) -> Any:
    return c_double if request.param == "double" else c_float


def near(library: Any) -> float:
    return 1e-11 if library.real is np.float64 else 3e-5


def axes(inputs: int, degree: int = 2) -> list[Axis]:
    """The first is uneven, the last has levels."""
    breaks = np.array([0.0, 0.125, 0.5, 0.5625, 1.0])
    between = [
        spline_axis(f"x{d}", "m", 0, 1, spans=4, degree=degree) for d in range(1, inputs - 1)
    ]
    return [Axis("x", "m", bspline(breaks, degree)), *between, level_axis("alloy", "ABC")]


def values(inputs: int) -> Model:
    made, rng = axes(inputs), np.random.default_rng(inputs)
    tables = [rng.uniform(0.5, 1, (a.basis.n_rows, 2)) for a in made]
    return Model(made, CP.full(tables, rng.normal(size=(2, 1))), [Output("y")])


def rows(inputs: int, count: int) -> np.ndarray[Any, Any]:
    """Correlated, some at ends and knots; numbers that float32 holds."""
    rng = np.random.default_rng(1)
    x = np.float32(0.7 * rng.uniform(size=(count, 1)) + 0.3 * rng.uniform(size=(count, inputs)))
    x[:10, 0], x[10:20, 1], x[20:30, 0] = 1, 0, 0.5
    x[:, -1] = rng.integers(0, 3, count)
    return x.astype(float)


def opened(library: Any, model: Model) -> tuple[Any, Model]:
    """As C and as Python read it."""
    data = model.to_bytes()
    found = library.open(data)
    assert found.status == Status.OK and found.verify() == Status.OK
    return found, from_bytes(data, "numpy")


@pytest.mark.parametrize("inputs", [3, 9, 24])
def test_familiarity_of_uneven_axes_and_levels(inputs: int, library: Any) -> None:
    model = with_familiarity(values(inputs), rows(inputs, 600))
    assert all(set(c.model.dtypes) == {"int8"} for c in model.companions)
    here, model = opened(library, model)
    x = rows(inputs, 80)
    x[40:] = np.random.default_rng(2).permuted(x[40:], axis=0)
    expected = model.familiarity(x, level_index=True)
    for row, p, status in zip(x, expected.p, expected.status, strict=True):
        found, said = here.familiarity(row, Status.OK, model.value(row, level_index=True))
        assert found == pytest.approx(p, rel=near(library)) and said == status


def scale(inputs: int, degree: int, modes: int) -> Companion[Model]:
    """`modes` functions of every input but the second."""
    made, rng = axes(inputs, degree), np.random.default_rng(degree)
    used = [d for d in range(inputs) if d != 1]
    numbers = np.arange(modes * len(used)).reshape(len(used), modes)
    where = [numbers[used.index(d)] if d != 1 else [] for d in range(inputs)]
    tables = [
        rng.integers(-300, 300, (a.basis.n_rows, len(w))) * 2.0**-9
        for a, w in zip(made, where, strict=True)
    ]
    sums = CP(tables, where, rng.uniform(0.1, 0.5, (numbers.size, 1)))
    model = Model(made, sums, [Output("sigma", link="exp")], dtypes=["int16"] * inputs)
    given = tuple(Coordinate(CoordinateSource.INPUT, d) for d in range(inputs))
    return Companion(Role.SCALE, model, given, output=0)


@pytest.mark.parametrize(("degree", "modes"), [(1, 1), (3, 1), (2, 5)])
def test_scales_that_are_sums_of_functions(degree: int, modes: int, library: Any) -> None:
    model = values(4).replace(
        companions=[scale(4, degree, modes)], calibration=Calibration(1000, [LOGITS], floor=[0.0])
    )
    (here, model), x = opened(library, model), rows(4, 60)
    expected = model.interval_at(x, 0.8, level_index=True)
    for row, low, high in zip(x, expected.lower, expected.upper, strict=True):
        found = here.interval_at(0, row, 0.8, Status.OK, model.value(row, level_index=True))
        assert found[:2] == pytest.approx((low[0], high[0]), rel=near(library), abs=near(library))
