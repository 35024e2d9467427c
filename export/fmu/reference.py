"""Reference results of an FMU: golden vectors as the two tables of the FMI cross-check, and the
comparison of a built FMU with them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact import checks, reader
from sna_edge.errors import BackendError
from sna_edge.numerics.domain_points import domain_points

from .driver import Driver
from .plan import Plan
from .variables import FAMILIARITY, LOWER, STATUS, UPPER, VALUE, Variable, asked, tells_familiarity

Floats = NDArray[np.float64]
POINTS = 256
ROWS = 32
"""Reference points of a model whose golden vectors are not in terms of what is asked."""
TOLERANCE = 1e-9
"""Of the range, for values and ends of intervals: both sides compute in double."""


@dataclass(frozen=True)
class Points:
    """x [N, inputs] and what the numpy backend answers to it: one column of y [N, V] for each
    output variable."""

    x: Floats
    y: Floats


def golden_points(plan: Plan) -> Points:
    """The golden vectors; points of the domain where formulas compute some of their coordinates."""
    readings = plan.model.readings
    if readings is not None and (readings.raw or readings.derived):
        return answered(plan, _somewhere(plan, ROWS))
    return answered(plan, reader.golden_vectors(checks.validate(plan.artifact)).inputs)


def _somewhere(plan: Plan, count: int) -> Floats:
    return domain_points(tuple(axis for _, axis in asked(plan.model)), count)


def answered(plan: Plan, x: Floats) -> Points:
    """The points with what the model says of them."""
    model = plan.model
    query = {axis.name: x[:, i] for i, (_, axis) in enumerate(asked(model))}
    found = model.evaluate(query, level_index=True, level=plan.level)
    p = np.full((len(x), 1), np.nan)
    good = found.status >= 0
    if tells_familiarity(model) and good.any():
        some = {name: column[good] for name, column in query.items()}
        p[good, 0] = model.familiarity(some, level_index=True).p
    columns = {
        VALUE: found.value,
        LOWER: found.lower,
        UPPER: found.upper,
        STATUS: found.status[:, None].astype(float),
        FAMILIARITY: p,
    }
    y = [columns[kind][:, k] for kind, k in (v.place for v in plan.outputs)]
    return Points(x, np.column_stack(y))


def tables(plan: Plan, points: Points) -> tuple[str, str]:
    """Texts of <model>_in.csv and <model>_ref.csv. Point i is held from t = 2 i to 2 i + 1, where
    its results stand: importers that take outputs before and after inputs agree there."""
    rows, results = [], []
    for i, (x, y) in enumerate(zip(points.x.tolist(), points.y.tolist(), strict=True)):
        told = _told(plan.inputs, x)
        rows += [[2 * i, *told], [2 * i + 1, *told]]
        results.append([2 * i + 1, *_told(plan.outputs, y)])
    return _csv(plan.inputs, rows), _csv(plan.outputs, results)


def _told(variables: list[Variable], values: list[float]) -> list[float]:
    """Whole numbers of enumerations without a point."""
    return [int(x) if v.items else x for x, v in zip(values, variables, strict=True)]


def _csv(variables: list[Variable], rows: list[list[float]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["time", *(v.name for v in variables)])
    writer.writerows(rows)
    return text.getvalue()


def checked(plan: Plan, library: Path) -> str:
    """Asks the built FMU at points of the domain and compares. One sentence; raises BackendError
    where it answers anything else than the model."""
    points = _somewhere(plan, POINTS)
    wanted = answered(plan, points)
    with Driver(library, plan.fmi, plan.about.token) as driver:
        found = np.array([_asked(driver, plan, x) for x in points.tolist()])
    worst = _worst(plan, wanted.y, found)
    if not worst <= TOLERANCE:  # NaN too
        raise BackendError(
            f"the built FMU differs by {worst:.1e} of the range from the model; nothing was"
            " written, report this with the model"
        )
    return (
        "compiled and run here: golden vectors replayed, and values, intervals and statuses within"
        f" {worst:.0e} of the range at {len(points)} points"
    )


def _asked(driver: Driver, plan: Plan, x: list[float]) -> list[float]:
    for variable, value in zip(plan.inputs, x, strict=True):
        driver.set(variable.reference, value, bool(variable.items))
    return [driver.get(v.reference, bool(v.items))[0] for v in plan.outputs]


def _worst(plan: Plan, wanted: Floats, found: Floats) -> float:
    """Largest difference over the range; inf where one has a value and the other has none."""
    worst, outputs = 0.0, plan.model.outputs
    for column, variable in enumerate(plan.outputs):
        kind, k = variable.place
        a, b = wanted[:, column], found[:, column]
        if not np.array_equal(np.isnan(a), np.isnan(b)):
            return np.inf
        span = _span(outputs[k].range or (0.0, 1.0)) if kind in (VALUE, LOWER, UPPER) else 1.0
        worst = max(worst, float(np.nanmax(np.abs(a - b) / span, initial=0.0)))
    return worst


def _span(ends: tuple[float, float]) -> float:
    """Width of a range; of an output that hardly moves, a share of its size."""
    return max(np.ptp(ends), 2.0**-8 * np.abs(ends).max(), float(np.finfo(float).tiny))
