"""Raw readings of a model (FORMAT.md section 16) as the command line reads them: beside the inputs,
in place of the inputs that are computed from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..core.axis import Axis, spline_axis
from ..errors import SnaError
from ..model import Model


def readable(model: Model) -> dict[str, Axis]:
    """{name: axis} of the inputs, then of the raw readings over the range each may have."""
    raw = model.readings.raw if model.readings else ()
    ranges = [spline_axis(r.name, r.unit, r.lower, r.upper, spans=1, degree=1) for r in raw]
    return {a.name: a for a in (*model.axes, *ranges)}


def places(model: Model, names: Collection[str]) -> dict[str, Axis]:
    """{coordinate: axis} of the parts that `names` give a point of, in place of a node."""
    found: dict[str, Axis] = {}
    for axis in model.axes:
        mesh = axis.mesh
        if mesh is None or axis.name in names or not set(mesh.coordinates) & set(names):
            continue
        ends = zip(mesh.points.min(axis=0).tolist(), mesh.points.max(axis=0).tolist(), strict=True)
        found |= {
            name: spline_axis(name, "", low, high, spans=1, degree=1)
            for name, (low, high) in zip(mesh.coordinates, ends, strict=True)
        }
    return found


def needed(model: Model, names: Sequence[str]) -> dict[str, Axis]:
    """What a table with the columns `names` is asked for: the inputs, and in place of derived ones
    that it lacks the readings they are computed from; raw readings that it has in any case."""
    known, readings = readable(model), model.readings
    if at := places(model, names):
        parts = {a.name for a in model.axes if a.mesh and set(a.mesh.coordinates) <= set(at)}
        known = at | {n: axis for n, axis in known.items() if n not in parts}
    if readings is None:
        flags = set() if model.gaps is None else set(model.gaps.flags.values())
        return {n: axis for n, axis in known.items() if n in names or n not in flags}
    given, raw = set(names), [r.name for r in readings.raw]
    lacking = [f for f in readings.derived if model.axes[f.axis].name not in given]
    left_out = {model.axes[f.axis].name for f in lacking if _complete(model, f.axis, given)}
    left_out |= set(raw) - given
    return {name: axis for name, axis in known.items() if name not in left_out}


def _complete(model: Model, derived: int, given: set[str]) -> bool:
    """Whether the raw readings of a derived input are given; its other parents are inputs."""
    assert model.readings is not None
    terms = model.readings.formulas[derived].terms
    return all(model.readings.raw[t.index].name in given for t in terms if t.raw)


def refusal(model: Model, point: dict[str, object]) -> str:
    """Why a point of readings has no value, in words."""
    try:
        model.value(point)
    except SnaError as error:
        return str(error)
    return ""
