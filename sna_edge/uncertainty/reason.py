"""Which inputs make a point unfamiliar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.domain import Check
from ..core.record import ModelRecord
from ..errors import InputError
from .familiarity import answer as familiarity_of
from .familiarity import need_familiarity, score

Floats = NDArray[np.float64]
STEPS = 65
"""Values of an input without levels that are tried in place of its own."""
NEVER = "were never seen together"


@dataclass(frozen=True)
class Reason:
    """p of a point; the `inputs` that make it so, the one that matters most first, or the two whose
    levels were never seen together (`pair`); `said`, the same in words."""

    p: float
    inputs: tuple[str, ...]
    pair: bool
    said: str


def answer(
    model: ModelRecord,
    asked: Check,
    y: Floats,
    value: Callable[[Floats], Floats],
    least_p: float | None = None,
) -> Reason:
    """Of one checked row with values y [1, K]; `value` is the model's own function; up to `least_p`
    (at least that of the model) a point is called rare. Raises InputError for several rows and
    for one without a value."""
    calibration = need_familiarity(model)
    if len(y) != 1:
        raise InputError(f"a reason is that of one point, not of {len(y)}; ask one by one")
    found = familiarity_of(model, asked, y)
    if np.isnan(found.p[0]):
        raise InputError("this point has no value, so nothing says how familiar it is")
    if found.pair[0] >= 0:
        pair = calibration.pairs[found.pair[0]]
        inputs = [pair.a, pair.b]
        return _reason(model, asked.x[0], 0.0, inputs, NEVER)
    if not calibration.n_scores:
        return Reason(1.0, (), False, "every pair of its levels was seen")
    gain = [_best(model, asked.x[0], d, value) for d in range(len(model.axes))]
    order = np.argsort(-np.array(gain), kind="stable")[:2].tolist()
    p = float(found.p[0])
    two = len(order) > 1
    if p <= max(calibration.least_p, least_p or 0.0):
        said = "are rare together" if two else "is rare"
    else:  # every point has a reason: a familiar one is not called rare
        said = "are its least usual inputs" if two else "is its only input"
    return _reason(model, asked.x[0], p, order, said)


def _best(model: ModelRecord, x: Floats, d: int, value: Callable[[Floats], Floats]) -> float:
    """The largest score with input d at any of its values."""
    axis = model.axes[d]
    levels = axis.kind == "categorical"
    count = axis.basis.n_spans if levels else STEPS
    rows = np.tile(x, (count, 1))
    rows[:, d] = np.arange(count) if levels else np.linspace(axis.lower, axis.upper, count)
    return float(np.max(score(model, rows, value(rows))))


def _reason(model: ModelRecord, x: Floats, p: float, inputs: list[int], said: str) -> Reason:
    names = tuple(model.axes[d].name for d in inputs)
    values = " and ".join(_value(model.axes[d], x[d]) for d in inputs)
    return Reason(p, names, said == NEVER, f"{values} {said}")


def _value(axis: Axis, x: float) -> str:
    """`speed = 900 mm/s`, `machine = B`."""
    if axis.kind == "categorical":
        return f"{axis.name} = {axis.level_names[int(x)]}"
    return f"{axis.name} = {x:g} {axis.unit}".rstrip()
