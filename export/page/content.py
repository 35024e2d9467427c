"""What the page knows of a model beside its bytes, as JSON:

    title, file (name of the model's file), start [D], level (null: that of the file), levels
    inputs  [{name, unit, lower, upper, step, levels?, periodic?}]: those that no formula
            computes, then raw readings, in the order in which sna.js takes them
    outputs [{name, unit, link, range: [low, high], interval: level or null, limits?}]
    classes [{target, kind, labels, outputs, threshold}]
    rows    {inputs: [[..] per input], outputs: [[..] per output], fitted?, lower?, upper?,
            row: [numbers in the table], total}
    sobol   {names [D], first, total, error [D][K], pairs [K][D][D]}, effects [D][K]
            of the inputs of the model, those that a formula computes among them
    learning?  {output: {rows [S], rmse [S], se [S], said}}: the learning curve of the fit
    worth   distribution of a measurement, or null; quality? covered shares (evidence.py)
    facts   [[name, text]]

Numbers that are not finite are null.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis, spline_axis
from sna_edge.core.output import Output
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.numerics.domain_points import domain_points
from sna_edge.uncertainty.familiarity import told
from sna_edge.uncertainty.interval import USUAL, left_open, supported
from sna_edge.values.learning_told import LEARNED, LearningCurve, learning_curves

from .evidence import distribution
from .importance import importance

Floats = NDArray[np.float64]
MOST_ROWS = 500
LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)
SAMPLED = 2048  # points of the domain that the range of an output is taken from


@dataclass(frozen=True)
class Rows:
    """Measured rows: inputs [N, I] of `asked` as coordinates, outputs [N, K]; `fitted` [N, K]:
    predictions by models that did not see the row, `lower` and `upper` of their intervals, where
    known; `row` [N]: their numbers in the table, from 1 on."""

    inputs: Floats
    outputs: Floats
    fitted: Floats | None = None
    lower: Floats | None = None
    upper: Floats | None = None
    row: NDArray[np.int64] | None = None

    def thinned(self, most: int = MOST_ROWS) -> Rows:
        """At most `most` rows, evenly over the table."""
        n = len(self.inputs)
        at = np.unique(np.linspace(0, n - 1, min(n, most)).astype(int)) if n else slice(0)
        fitted, lower, upper = (
            None if p is None else p[at] for p in (self.fitted, self.lower, self.upper)
        )
        row = np.arange(1, n + 1) if self.row is None else self.row
        return Rows(self.inputs[at], self.outputs[at], fitted, lower, upper, row[at])


def about(
    model: Model,
    title: str,
    *,
    file: str = "model.sna",
    rows: Rows | None = None,
    limits: Sequence[Sequence[float | None] | None] | None = None,
) -> dict[str, Any]:
    """The content of the page of a model; `rows` all that were measured, `limits` (lower, upper,
    target) per output."""
    start = _start(model, rows)
    found = {
        "title": title,
        "file": file,
        "start": start.tolist(),
        "level": None,
        "levels": levels(model),
        "familiar": told(model),
        "inputs": [_input(axis, _column(rows, i)) for i, axis in enumerate(asked(model))],
        "outputs": [
            _output(model, k, span, limits)
            for k, span in enumerate(_ranges(model, rows))
        ],
        "classes": [
            {"target": c.target, "kind": c.kind, "labels": list(c.labels),
             "outputs": list(c.outputs), "threshold": c.threshold}
            for c in model.classes
        ],
        **importance(model),
        "worth": distribution(model),
        "facts": facts(model, rows),
    }  # fmt: skip
    if curves := learning_curves(model.metadata):
        found["learning"] = {name: _learned(one) for name, one in curves.items()}
    if rows is not None and len(rows.inputs):
        found["rows"] = _rows(rows.thinned()) | {"total": len(rows.inputs)}
    return found


def _learned(curve: LearningCurve) -> dict[str, Any]:
    return {
        "rows": curve.rows, "rmse": curve.rmse, "se": curve.se,
        "said": f"{curve.sentence()[0].upper()}{curve.sentence()[1:]}. {LEARNED}",
    }  # fmt: skip


def asked(model: Model) -> list[Axis]:
    """The inputs that a person gives: those that no formula computes, then raw readings."""
    computed = model.readings.formulas if model.readings else {}
    raw = model.readings.raw if model.readings else ()
    ranges = [spline_axis(r.name, r.unit, r.lower, r.upper, spans=1, degree=1) for r in raw]
    return [a for d, a in enumerate(model.axes) if d not in computed] + ranges


def levels(model: Model) -> list[float]:
    """Levels of intervals to choose from: those that the calibration rows support."""
    n = model.calibration.n_residuals if model.calibration else 0
    return [level for level in LEVELS if n and _supports(n, level)]


def _supports(n_residuals: int, level: float) -> bool:
    try:
        supported(n_residuals, level)
    except InputError:
        return False
    return True


def step_of(axis: Axis, values: Floats) -> float:
    """A round step of an input: the decimal place of its measured values where that leaves no more
    than 1,000 steps, else 1, 2 or 5 of a decimal power near a 200th of its range."""
    if axis.kind == "categorical":
        return 1.0
    raw = axis.width / 200.0
    power = 10.0 ** np.floor(np.log10(raw))
    usual = next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= raw * (1 - 1e-9))
    for finer in range(7 if len(values) else 0):  # from coarse to fine
        unit = float(f"{100 * power / 10.0**finer:.6g}")
        if np.abs(values / unit - np.rint(values / unit)).max() < 1e-6:
            fits = 10 <= axis.width / unit <= 1000
            return unit if fits or unit > usual else float(f"{usual:.6g}")
    return float(f"{usual:.6g}")


def _start(model: Model, rows: Rows | None) -> Floats:
    """The measured row nearest to the medians, without rows the middle; on steps where inside."""
    axes = asked(model)
    x = _middle(axes, rows)
    for d, axis in enumerate(axes):
        step = step_of(axis, _column(rows, d))
        x[d] = np.clip(float(f"{np.rint(x[d] / step) * step:.10g}"), axis.lower, axis.upper)
    return x


def _middle(axes: Sequence[Axis], rows: Rows | None) -> Floats:
    """The row nearest to the medians in parts of the domain, what it lacks from them; without rows
    the middle."""
    levels = [a.kind == "categorical" for a in axes]
    middle = np.where(levels, 0.0, [(a.lower + a.upper) / 2 for a in axes])
    if rows is None or not len(rows.inputs):
        return middle
    some = np.isfinite(rows.inputs).any(axis=0)
    middle[some] = np.nanmedian(rows.inputs[:, some], axis=0)
    away = (rows.inputs - middle) / [max(a.width, 1e-300) for a in axes]
    lost = np.isnan(away)
    distance = lost.sum(axis=1) + np.where(lost, 0.0, away**2).sum(axis=1)
    row = rows.inputs[int(np.argmin(distance))]
    return np.where(np.isnan(row), middle, row)


def _column(rows: Rows | None, d: int) -> Floats:
    values = np.empty(0) if rows is None else rows.inputs[:, d]
    return np.asarray(values[np.isfinite(values)])


def _input(axis: Axis, values: Floats) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": axis.name, "unit": axis.unit, "lower": axis.lower, "upper": axis.upper,
        "step": step_of(axis, values),
    }  # fmt: skip
    if axis.kind == "categorical":
        found["levels"] = list(axis.level_names)
    if axis.kind == "periodic":
        found["periodic"] = True
    return found


def _output(model: Model, k: int, span: list[float | None], limits: Any) -> dict[str, Any]:
    output: Output = model.outputs[k]
    level = output.interval.level if output.interval else None
    if level is None and k in left_open(model):
        level = USUAL
    found: dict[str, Any] = {
        "name": output.name, "unit": output.unit, "link": output.link, "range": span,
        "interval": level,
    }  # fmt: skip
    if limits is not None and limits[k] is not None:
        found["limits"] = list(limits[k])
    return found


def _ranges(model: Model, rows: Rows | None) -> list[list[float | None]]:
    """[low, high] of every output: of the measured rows, else the middle 98 % over the domain."""
    spans = []
    y = model.backend.value(domain_points(model.axes, SAMPLED))
    for k in range(len(model.outputs)):
        measured = None if rows is None else rows.outputs[:, k]
        values = y[:, k] if measured is None else measured
        values = values[np.isfinite(values)]
        ends = (0.0, 100.0) if measured is not None else (1.0, 99.0)
        low, high = np.percentile(values, ends) if len(values) else (0.0, 1.0)
        spans.append(_short(np.array([low, high if high > low else low + 1.0])))
    return spans


def _rows(rows: Rows) -> dict[str, Any]:
    parts = {"inputs": rows.inputs, "outputs": rows.outputs, "fitted": rows.fitted,
             "lower": rows.lower, "upper": rows.upper}  # fmt: skip
    told_of: dict[str, Any] = {
        name: [_short(column) for column in part.T]
        for name, part in parts.items()
        if part is not None
    }
    return told_of if rows.row is None else told_of | {"row": rows.row.tolist()}


def _short(values: Floats) -> list[float | None]:
    """In seven digits of their spread at least; null where not finite."""
    known = values[np.isfinite(values)]
    spread, largest = (np.ptp(known), np.abs(known).max()) if len(known) else (0.0, 0.0)
    more = np.ceil(np.log10(largest / spread)) if spread > 0 and largest > spread else 0.0
    digits = min(7 + int(more), 17)
    return [float(f"{v:.{digits}g}") if np.isfinite(v) else None for v in values]


def facts(model: Model, rows: Rows | None) -> list[list[str]]:
    """Names and texts that say what the model is."""
    found = [["inputs", "; ".join(axis.describe() for axis in model.axes)]]
    found.append(["size", f"{model.parameters} parameters, {model.interaction.rank} modes"])
    if rows is not None:
        found.append(["measured rows", str(len(rows.inputs))])
    calibration = model.calibration
    if calibration and calibration.n_residuals:
        found.append(["intervals", f"from residuals of {calibration.n_residuals} rows"])
    if calibration and calibration.n_scores:
        found.append(
            ["familiarity", f"from {calibration.n_scores} rows; unfamiliar up to p ="
             f" {100 * calibration.least_p:.2g} %"]
        )  # fmt: skip
    return found
