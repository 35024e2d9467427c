"""The test block of a function block: reference points, one a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact import checks, reader
from sna_edge.artifact.golden import absolute_modes
from sna_edge.numerics.domain_points import domain_points

from .block import UNRUN, Plan
from .text import Block

Floats = NDArray[np.float64]
MOST = 64
"""Reference points in a test block."""
TOLERANCE = 1e-6
"""Of the range, in REAL."""
P_ERROR = 1e-5
"""Of a familiarity, in REAL."""


@dataclass(frozen=True)
class Points:
    """x [N, D] as the block takes them, what it is to answer: y [N, V] in order of its outputs,
    `status` [N], and how far each may be off, `allowed` [N, V]."""

    x: Floats
    y: Floats
    status: NDArray[np.int64]
    allowed: Floats


def golden(plan: Plan) -> Floats:
    """Inputs of the golden vectors [N, D], at most 64 of them, evenly, as float32 takes them."""
    x = reader.golden_vectors(checks.validate(plan.artifact)).inputs
    return _decided(plan, np.asarray(np.float32(x[_evenly(len(x))]), dtype=float))


def _evenly(count: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, count - 1, min(count, MOST)).round().astype(np.int64))


def somewhere(plan: Plan, count: int) -> Floats:
    """Points of the domain [N, D], as float32 takes them."""
    x = np.float32(domain_points(plan.model.axes, count)).astype(float)
    ends = [a.lower for a in plan.model.axes], [a.upper for a in plan.model.axes]
    return _decided(plan, np.clip(x, *ends))


def _decided(plan: Plan, x: Floats) -> Floats:
    """The points whose status no rounding decides: not at a break of an axis that has spans without
    rows, nor where familiarity is hardly another than the least."""
    model, keep = plan.model, np.ones(len(x), bool)
    for d, axis in enumerate(model.axes):
        if axis.kind != "categorical" and not axis.support.all():
            near = 2.0**-20 * max(abs(axis.lower), abs(axis.upper))
            keep &= (np.abs(x[:, [d]] - axis.basis.breaks[1:-1]) > near).all(axis=1)
    if plan.familiar:
        found: Any = model.calibration
        query = {axis.name: x[:, d] for d, axis in enumerate(model.axes)}
        off = np.abs(model.familiarity(query, level_index=True).p - found.least_p)
        keep &= (off == 0) | (off > P_ERROR)
    return x[keep] if keep.any() else x


def answered(plan: Plan, x: Floats) -> Points:
    """The points with what numpy says of them in float64."""
    model = plan.model
    query = {axis.name: x[:, d] for d, axis in enumerate(model.axes)}
    found = model.evaluate(query, level_index=True, level=plan.level)
    ends = [e[:, [k]] for k in plan.intervals for e in (found.lower, found.upper)]
    columns = [found.value, *ends]
    spans = np.array([_span(o.range or (0.0, 1.0)) for o in model.outputs])
    rounding = 2.0**-23 * np.abs(found.value)
    terms = TOLERANCE * spans + _of_terms(plan, x, found.value)
    allowed = [terms + rounding]
    for k, end in zip(np.repeat([*plan.intervals], 2), ends, strict=True):  # moved outwards by one
        larger = np.maximum(rounding[:, [k]], 2.0**-23 * np.abs(end))
        allowed.append(terms[:, [k]] + 2 * larger)
    if plan.familiar:
        columns.append(model.familiarity(query, level_index=True).p[:, None])
        allowed.append(np.full((len(x), 1), P_ERROR))
    return Points(x, np.hstack(columns), found.status.astype(int), np.hstack(allowed))


def _of_terms(plan: Plan, x: Floats, y: Floats) -> Floats:
    """What one rounding of every term of the linear part moves the value by [N, K]: behind an exp
    whose exponent is 40 that is 40 roundings of the value."""
    terms, outputs = absolute_modes(plan.model, x), plan.model.outputs
    terms += [abs(o.bias) for o in outputs]
    slopes = [np.abs(o.slope(o.linear_of(y[:, k]))) for k, o in enumerate(outputs)]
    return 2.0**-23 * np.nan_to_num(terms * np.stack(slopes, axis=1), nan=0.0, posinf=0.0)


def _span(ends: tuple[float, float]) -> float:
    """Width of a range; of an output that hardly moves, a share of its size."""
    return max(float(np.ptp(ends)), 2.0**-8 * float(np.abs(ends).max()), 1e-30)


def test_block(plan: Plan, name: str, outputs: list[str], points: Points, real: bool) -> Block:
    """<name>_test: calls <name> at one point a call, so that no cycle becomes long; `done` after
    the last, `passed` where all of `outputs` were answered as here."""
    about = f"Test of {name}: call it until done, passed is then TRUE. {UNRUN}"
    block = Block(f"{name}_test", about)
    block.declare("VAR_OUTPUT", "done", "BOOL", "all points were asked")
    block.declare("VAR_OUTPUT", "passed", "BOOL", "done, and no point failed")
    block.declare("VAR_OUTPUT", "failed", "DINT", "points that were answered otherwise")
    block.work("model", name)
    block.work("i", "DINT")
    block.work("bad", "BOOL")
    _tables(block, plan, points, real)
    count = len(points.x)
    block.say(f"IF i >= {count} THEN RETURN; END_IF;")
    given = ", ".join(f"{n} := x{d + 1}[i]" for d, n in enumerate(plan.inputs))
    block.say(f"model({given});", "bad := model.status <> wanted[i] OR NOT model.valid;")
    for v, output in enumerate(outputs):
        y = f"y{v + 1}[i]"
        off = f"ABS(model.{output} - {y}) > e{v + 1}[i]" if real else f"model.{output} <> {y}"
        block.say(f"IF NOT bad THEN bad := {off}; END_IF;")
    block.say(
        "IF bad THEN failed := failed + 1; END_IF;",
        "i := i + 1;",
        f"done := i >= {count};",
        "passed := done AND failed = 0;",
    )
    return block


def _tables(block: Block, plan: Plan, points: Points, real: bool) -> None:
    for d, axis in enumerate(plan.model.axes):
        kind = "REAL" if real and axis.kind != "categorical" else "DINT"
        column: Any = points.x[:, d] if kind == "REAL" else points.x[:, d].astype(int)
        block.table(f"x{d + 1}", kind, column)
    for v in range(points.y.shape[1]):
        block.table(f"y{v + 1}", "REAL" if real else "DINT",
                    points.y[:, v] if real else points.y[:, v].astype(int))  # fmt: skip
        if real:
            block.table(f"e{v + 1}", "REAL", points.allowed[:, v])
    block.table("wanted", "INT", points.status)
