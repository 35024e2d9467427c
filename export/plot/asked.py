"""What a picture is asked of: the setting, outputs, limits, two inputs, measured rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis
from sna_edge.core.inputs import unknown_name
from sna_edge.errors import InputError
from sna_edge.model import Evaluation, Model
from sna_edge.uncertainty.familiarity import told
from sna_edge.values.frames import columns_of

Floats = NDArray[np.float64]
Limits = Mapping[str, tuple[float | None, float | None]]

SWEPT = 33  # values of an input by which its effect is told
CLIMBED = 21  # values of an input among which a familiar one is looked for


@dataclass(frozen=True)
class Measured:
    """Rows of a table inside the domain: coordinates x [N, D], outputs y [N, K] (NaN where there
    is none)."""

    x: Floats
    y: Floats

    @classmethod
    def of(cls, model: Model, rows: Any) -> Measured:
        """From a frame or a mapping with the inputs, and the outputs where it has them; None:
        no rows. Raises InputError where inputs are missing or no row lies in the domain."""
        if rows is None or isinstance(rows, Measured):
            return rows or cls(np.empty((0, len(model.axes))), np.empty((0, len(model.outputs))))
        table = rows if isinstance(rows, Mapping) else columns_of(rows)
        if table is None:
            raise InputError(
                "rows have no named columns; give a frame or a mapping with the inputs"
                f" {', '.join(model.input_names)} and the outputs"
            )
        raw = [r.name for r in model.readings.raw] if model.readings else []
        given = {n: table[n] for n in [*model.input_names, *raw] if n in table}
        x = np.atleast_2d(model.derived(given).x)
        y = np.full((len(x), len(model.outputs)), np.nan)
        for k, name in enumerate(model.output_names):
            if name in table:
                y[:, k] = np.asarray(table[name], dtype=float)
        return cls.inside(model, x, y)

    @classmethod
    def inside(cls, model: Model, x: Floats, y: Floats) -> Measured:
        """Those rows that lie in the domain. Raises InputError where none does."""
        good = model.evaluate(x, level_index=True).status >= 0
        if not good.any():
            raise InputError(
                "no row of the table lies inside the domain of the model; give rows that it was"
                " fitted to"
            )
        return cls(x[good], y[good])

    def __len__(self) -> int:
        return len(self.x)


def outputs_of(model: Model, names: str | Sequence[str] | None) -> list[int]:
    """Positions of the named outputs, all by default. Raises InputError that lists them."""
    if names is None:
        return list(range(len(model.outputs)))
    found = [names] if isinstance(names, str) else list(names)
    for name in found:
        if name not in model.output_names:
            raise InputError(
                f"{name!r} is not an output of this model; its outputs are"
                f" {', '.join(model.output_names)}"
            )
    return [model.output_names.index(name) for name in dict.fromkeys(found)]


def limits_of(model: Model, limits: Limits | None) -> Floats:
    """Lower and upper limit [K, 2] of every output, infinite without one."""
    found = np.tile([-np.inf, np.inf], (len(model.outputs), 1))
    for name, (low, high) in (limits or {}).items():
        (k,) = outputs_of(model, name)
        found[k] = -np.inf if low is None else low, np.inf if high is None else high
        if not found[k, 0] < found[k, 1]:
            raise InputError(f"limits of {name!r} are {low}:{high}; give the lower one first")
    return found


def setting(model: Model, at: Mapping[str, object] | None, rows: Measured | None = None) -> Floats:
    """Coordinates [D] of `at`; inputs that it leaves out come from the row nearest to the medians,
    without rows from the middle of the domain, moved to where the inputs are familiar. Raises
    InputError for wrong names and values, and for a setting outside the domain."""
    given = dict(at or {})
    if model.readings is not None and set(given) & {r.name for r in model.readings.raw}:
        x = np.array(model.derived(given).x[0])
    else:
        fixed = {}
        for name, value in given.items():
            if name not in model.input_names:
                raise InputError(unknown_name(name, model.input_names))
            d = model.input_names.index(name)
            fixed[d] = model.axes[d].coordinate(value)
        x = _typical(model, fixed, rows)
    for axis, v in zip(model.axes, x, strict=True):
        if not abs(axis.excess(v)) <= 0:
            raise InputError(
                f"input {axis.name!r} is outside its domain, {axis.describe()}; give a setting"
                " inside"
            )
    return x


def _typical(model: Model, fixed: dict[int, float], rows: Measured | None) -> Floats:
    """A setting [D] that holds `fixed`."""
    if rows is not None and len(rows):
        width = np.array([max(a.width, 1e-300) for a in model.axes])
        far = (((rows.x - np.median(rows.x, axis=0)) / width) ** 2).sum(axis=1)
        x = np.array(rows.x[np.argmin(far)])
    else:
        x = np.array([_middle(a) for a in model.axes])
    x[list(fixed)] = list(fixed.values())
    if (rows is not None and len(rows)) or not told(model) or not np.isfinite(x).all():
        return x
    free = [d for d in range(len(x)) if d not in fixed]
    return _climbed(model, x, free)


def _middle(axis: Axis) -> float:
    if axis.kind == "categorical":
        return float((axis.basis.n_spans - 1) // 2)
    return (axis.lower + axis.upper) / 2


def _climbed(model: Model, x: Floats, free: list[int]) -> Floats:
    """`x` [D] with its `free` inputs moved, one after another, to their most familiar values."""
    for _ in range(3):
        before = x.copy()
        for d in free:
            points = moved(x, {d: np.r_[x[d], positions(model.axes[d], CLIMBED)]})
            found = model.familiarity(points, level_index=True)
            x[d] = points[np.argmax(np.nan_to_num(found.score) + found.p), d]
        if (x == before).all():
            break
    return x


def positions(axis: Axis, count: int) -> Floats:
    """`count` places along an axis, both ends among them; every level."""
    if axis.kind == "categorical":
        return np.arange(axis.basis.n_spans, dtype=float)
    return np.linspace(axis.lower, axis.upper, count)


def moved(x: Floats, columns: Mapping[int, Floats]) -> Floats:
    """`x` [D] repeated [n, D], with columns [n] in place of its own."""
    points = np.repeat(x[None], len(next(iter(columns.values()))), axis=0)
    for d, column in columns.items():
        points[:, d] = column
    return points


def evaluated(model: Model, points: Floats, level: float | None) -> Evaluation:
    """Values and intervals of coordinates [n, D]."""
    return model.evaluate(points, level_index=True, level=level)


def told_level(model: Model, k: int, level: float | None) -> float:
    """The level of the interval of output k."""
    if level is not None:
        return level
    own = model.outputs[k].interval
    return 0.9 if own is None else own.level


def effects(model: Model, x: Floats, outputs: Sequence[int]) -> Floats:
    """[D]: how much the outputs move along each input through x [D], as a share of the largest."""
    moves = []
    for d, axis in enumerate(model.axes):
        points = moved(x, {d: positions(axis, SWEPT)})
        moves.append(np.ptp(evaluated(model, points, None).value[:, list(outputs)], axis=0))
    found = np.array(moves)
    whole = found.max(axis=0)
    return np.asarray((found / np.where(whole > 0, whole, 1.0)).max(axis=1))


def chosen_inputs(
    model: Model, names: Sequence[str] | None, x: Floats, outputs: Sequence[int], count: int
) -> list[int]:
    """Positions of the named inputs; by default of those `count` along which the outputs move
    most, levels last."""
    if names is None:
        most = np.argsort(-effects(model, x, outputs), kind="stable")[:count].tolist()
        return sorted(most, key=lambda d: model.axes[d].kind == "categorical")
    found = [model.axis_index(name) for name in names]
    if len(set(found)) < len(found):
        raise InputError(f"inputs {', '.join(names)} name one twice; give each once")
    return found


def said(model: Model, x: Floats, without: Sequence[int] = ()) -> dict[str, Any]:
    """The setting as it is written: numbers, and names of levels."""
    return {
        a.name: a.level_names[round(float(v))] if a.kind == "categorical" else float(v)
        for d, (a, v) in enumerate(zip(model.axes, x, strict=True))
        if d not in without
    }
