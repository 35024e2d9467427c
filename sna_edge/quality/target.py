"""Targets: among changes that cost the same and bring a part inside, the one that comes nearest to what is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, permutations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..inverse.advise import Advice, Knob
from ..inverse.answer import level_or_number
from ..model import Evaluation, Model
from .limits import Limit, LineLimits
from .verdict import ACCEPT, judge

Floats = NDArray[np.float64]

TRIED = 1024  # changes of equal cost
MIXED = 5  # knobs of which the changes are exchanged with each other
WHOLE = 1e-9  # of a step


def off_target(outputs: Sequence[Limit], value: Floats) -> Floats:
    """How far rows of values [N, T] of the limited outputs are from their targets, in widths of their limits: [N]."""
    wanted = [o.target if o.target is not None else np.nan for o in outputs]
    width = [o.usl - o.lsl if np.isfinite(o.usl - o.lsl) else 1.0 for o in outputs]
    return np.asarray(np.sqrt(np.nansum(np.square((value - np.array(wanted)) / np.array(width)), axis=1)))


def towards_targets(model: Model, limits: LineLimits, part: Sequence[float], found: Advice) -> dict[str, Any]:
    """What of an advice is written with a verdict; one that brings the part inside is exchanged for another of the same cost that is
    accepted too and nearer to the targets, where there is one. A remark says when its settings lie on edge."""
    keep = ("status", "settings", "change", "after", "blocking", "message")
    advice = {key: value for key, value in found.to_dict().items() if key in keep}
    if found.blocking or not found.change:  # not inside, or nothing to do; a search cut by its deadline may well be inside
        return _aimed(limits, advice)
    here = np.array(part)
    aimed = any(o.target is not None for o in limits.outputs)
    points = np.array(list(islice(_same_cost(model, limits.knobs, here, found), TRIED if aimed else 1)))
    evaluation = model.evaluate(points, level_index=True)
    judged = judge(model, limits, evaluation)
    accepted = judged.verdict == ACCEPT
    away = np.where(accepted, np.round(off_target(limits.outputs, judged.value), 9), np.inf)
    best = int(np.argmin(away))
    if best and accepted[best]:
        advice |= _settings(model, limits.knobs, here, points[best]) | {"after": _predicted(model, evaluation, best)}
    if judged.edge[best]:
        advice["remark"] = "these settings lie in a span without a training row"
    return _aimed(limits, advice)


def _aimed(limits: LineLimits, advice: dict[str, Any]) -> dict[str, Any]:
    """With the distance to the target in what is predicted after the change."""
    if "after" in advice:
        wanted = {o.name: o.target for o in limits.outputs if o.target is not None}
        advice["after"] = {n: {**v, "off_target": v["value"] - wanted[n]} if n in wanted else v for n, v in advice["after"].items()}
    return advice


def _same_cost(model: Model, knobs: dict[str, Knob], here: Floats, found: Advice) -> Iterator[Floats]:
    """The settings found, then those that cost the same: the changes in other directions or of other knobs, and other levels."""
    places = {name: model.axis_index(name) for name in knobs}
    there = here.copy()
    for name, value in found.settings.items():
        axis = model.axes[places[name]]
        there[places[name]] = axis.coordinate(value) if axis.kind == "categorical" else value
    yield there
    moving = [name for name in knobs if model.axes[places[name]].kind != "categorical"]
    columns = [places[name] for name in moving]
    cost = np.array([knobs[n].cost or 1.0 / model.axes[places[n]].width for n in moving])
    spent = np.abs(cost * (there - here)[columns])
    for levels in product(*_levels(model, knobs, places, here, there)):
        for amounts in dict.fromkeys(permutations(spent.tolist()) if len(spent) <= MIXED else [tuple(spent.tolist())]):
            for signs in product(*((1.0, -1.0) if a else (1.0,) for a in amounts)):
                point = there.copy()
                point[[places[n] for n in knobs if n not in moving]] = levels
                point[columns] = here[columns] + np.array(signs) * amounts / cost
                if all(_allowed(model, knobs[n], places[n], here, point) for n in moving):
                    yield point


def _levels(model: Model, knobs: dict[str, Knob], places: dict[str, int], here: Floats, there: Floats) -> list[list[float]]:
    """Of every categorical knob: the level it has, or all others where it is changed and free."""
    out = []
    for name, d in places.items():
        if model.axes[d].kind == "categorical":
            free = there[d] != here[d] and knobs[name].lower is None and knobs[name].upper is None
            others = [float(i) for i in range(len(model.axes[d].level_names)) if i != here[d]]
            out.append(others if free else [float(there[d])])
    return out


def _allowed(model: Model, knob: Knob, d: int, here: Floats, point: Floats) -> bool:
    """Whether a knob may be set so: inside its bounds, by whole steps (to which it is rounded)."""
    axis = model.axes[d]
    if knob.step is not None:
        steps = (point[d] - here[d]) / knob.step
        if abs(steps - round(steps)) > WHOLE:
            return False
        point[d] = here[d] + round(steps) * knob.step
    lower, upper = (end if given is None else given for given, end in ((knob.lower, axis.lower), (knob.upper, axis.upper)))
    return bool(max(lower, axis.lower) <= point[d] <= min(upper, axis.upper))


def _settings(model: Model, knobs: dict[str, Knob], here: Floats, point: Floats) -> dict[str, Any]:
    axes = [(model.axis_index(name), model.axes[model.axis_index(name)]) for name in knobs]
    settings = {a.name: level_or_number(a, point[d]) for d, a in axes}
    moved = [(d, a) for d, a in axes if point[d] != here[d]]
    return {
        "settings": settings,
        "change": {a.name: settings[a.name] if a.kind == "categorical" else float(point[d] - here[d]) for d, a in moved},
    }


def _predicted(model: Model, found: Evaluation, row: int) -> dict[str, dict[str, float]]:
    figures = (("value", found.value), ("lower", found.lower), ("upper", found.upper))
    return {name: {what: float(numbers[row, k]) for what, numbers in figures} for k, name in enumerate(model.output_names)}
