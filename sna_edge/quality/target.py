"""Targets: among changes that cost the same and bring a part inside, the one that comes nearest to
what is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..inverse.query.answer import level_or_number
from ..inverse.targets.advise import Advice
from ..inverse.targets.knob import Knob
from ..model import Evaluation, Model
from ..numerics.time_budget import TimeBudget
from .limits import Limit, LineLimits
from .verdict import ACCEPT, Judged, evaluated, judge

Floats = NDArray[np.float64]

TRIED = 1024  # changes of equal cost that are looked at
FLIPPED = 8  # knobs of which both directions are looked at
MIXED = 5  # knobs of which the changes are exchanged with each other
WHOLE = 1e-9  # of a step


def off_target(outputs: Sequence[Limit], value: Floats) -> Floats:
    """How far rows of values [N, T] of the limited outputs are from their targets, in widths of
    their limits: [N]."""
    wanted = [o.target if o.target is not None else np.nan for o in outputs]
    width = [o.usl - o.lsl if np.isfinite(o.usl - o.lsl) else 1.0 for o in outputs]
    return np.asarray(
        np.sqrt(np.nansum(np.square((value - np.array(wanted)) / np.array(width)), axis=1))
    )


def towards_targets(
    model: Model, limits: LineLimits, part: Sequence[float], found: Advice, budget: TimeBudget
) -> dict[str, Any]:
    """What of an advice is written with a verdict; one that brings the part inside is exchanged for
    another of the same cost that is accepted too and nearer to the targets, where there is one and
    as far as time allows. A remark says when its settings lie on edge.
    """
    keep = ("status", "settings", "change", "after", "blocking", "message")
    advice = {key: value for key, value in found.to_dict().items() if key in keep}
    if (
        found.blocking or not found.change
    ):  # not inside, or nothing to do; a search cut by its deadline may well be inside
        return _aimed(limits, advice)
    here = np.array(part)
    there = _there(model, limits.knobs, here, found)
    kept = judge(model, limits, evaluated(model, limits, there[None]))
    edge, least = bool(kept.edge[0]), _away(limits, kept)[0]
    for points in (
        _same_cost(model, limits.knobs, here, there, budget)
        if any(o.target is not None for o in limits.outputs)
        else ()
    ):
        evaluation = evaluated(model, limits, points)
        judged = judge(model, limits, evaluation)
        away = _away(limits, judged)
        best = int(np.argmin(away))
        if away[best] < least:
            advice |= _settings(model, limits.knobs, here, points[best]) | {
                "after": _predicted(model, evaluation, best)
            }
            edge, least = bool(judged.edge[best]), away[best]
    if edge:
        advice["remark"] = "these settings lie where there are no training data"
    return _aimed(limits, advice)


def _away(limits: LineLimits, judged: Judged) -> Floats:
    """How far accepted rows are from the targets [N], infinite for others."""
    with np.errstate(over="ignore"):  # a target that no model comes near
        return np.asarray(
            np.where(
                judged.verdict == ACCEPT,
                np.round(off_target(limits.outputs, judged.value), 9),
                np.inf,
            )
        )


def _aimed(limits: LineLimits, advice: dict[str, Any]) -> dict[str, Any]:
    """With the distance to the target in what is predicted after the change."""
    if "after" in advice:
        wanted = {o.name: o.target for o in limits.outputs if o.target is not None}
        advice["after"] = {
            n: {**v, "off_target": v["value"] - wanted[n]} if n in wanted else v
            for n, v in advice["after"].items()
        }
    return advice


def _there(model: Model, knobs: dict[str, Knob], here: Floats, found: Advice) -> Floats:
    """The part with the settings of an advice [D]."""
    there = here.copy()
    for name in knobs:
        d = model.axis_index(name)
        value = found.settings[name]
        there[d] = model.axes[d].coordinate(value) if model.axes[d].kind == "categorical" else value
    return there


def _same_cost(
    model: Model, knobs: dict[str, Knob], here: Floats, there: Floats, budget: TimeBudget
) -> Iterator[Floats]:
    """Settings [n, D] that cost the same as `there`, TRIED in all: the changes in other directions
    or of other knobs, and other levels."""
    places = {name: model.axis_index(name) for name in knobs}
    moving = [name for name in knobs if model.axes[places[name]].kind != "categorical"]
    columns, others = (
        [places[name] for name in moving],
        [places[name] for name in knobs if name not in moving],
    )
    cost = np.array([knobs[n].cost or 1.0 / model.axes[places[n]].width for n in moving])
    spent = np.abs(cost * (there - here)[columns])
    tried = 0
    budget.restart()
    for levels in product(*_levels(model, knobs, places, here, there)):
        for amounts in dict.fromkeys(
            permutations(spent.tolist()) if len(spent) <= MIXED else [tuple(spent.tolist())]
        ):
            if tried >= TRIED or not budget.allows():
                return
            signed = _signed(np.array(amounts))
            points = np.repeat(there[None], len(signed), axis=0)
            points[:, others] = levels
            points[:, columns] = here[columns] + signed / cost
            tried += len(points)
            allowed = np.ones(len(points), dtype=bool)
            for name in moving:
                allowed &= _allowed(model, knobs[name], places[name], here, points)
            if allowed.any():
                yield points[allowed]


def _signed(amounts: Floats) -> Floats:
    """Amounts [U] in all directions [n, U]: both of the first FLIPPED that are not 0."""
    flipped = np.flatnonzero(amounts)[:FLIPPED]
    out = np.repeat(amounts[None], 2 ** len(flipped), axis=0)
    out[:, flipped] *= np.array(list(product((1.0, -1.0), repeat=len(flipped)))).reshape(
        len(out), -1
    )
    return out


def _levels(
    model: Model, knobs: dict[str, Knob], places: dict[str, int], here: Floats, there: Floats
) -> list[list[float]]:
    """Of every categorical knob: the level it has, or all others where it is changed and free."""
    out = []
    for name, d in places.items():
        if model.axes[d].kind == "categorical":
            free = there[d] != here[d] and knobs[name].lower is None and knobs[name].upper is None
            others = [float(i) for i in range(len(model.axes[d].level_names)) if i != here[d]]
            out.append(others if free else [float(there[d])])
    return out


def _allowed(model: Model, knob: Knob, d: int, here: Floats, points: Floats) -> NDArray[np.bool_]:
    """Whether a knob may be set as in the points [n, D]: inside its bounds, by whole steps (to
    which they are rounded)."""
    axis, whole = model.axes[d], np.ones(len(points), dtype=bool)
    if knob.step is not None:
        steps = (points[:, d] - here[d]) / knob.step
        whole = np.abs(steps - np.round(steps)) <= WHOLE
        points[:, d] = here[d] + np.round(steps) * knob.step
    lower, upper = (
        float(end if given is None else given)
        for given, end in ((knob.lower, axis.lower), (knob.upper, axis.upper))
    )
    return np.asarray(
        whole & (max(lower, axis.lower) <= points[:, d]) & (points[:, d] <= min(upper, axis.upper))
    )


def _settings(model: Model, knobs: dict[str, Knob], here: Floats, point: Floats) -> dict[str, Any]:
    axes = [(model.axis_index(name), model.axes[model.axis_index(name)]) for name in knobs]
    settings = {a.name: level_or_number(a, point[d]) for d, a in axes}
    moved = [(d, a) for d, a in axes if point[d] != here[d]]
    return {
        "settings": settings,
        "change": {
            a.name: settings[a.name] if a.kind == "categorical" else float(point[d] - here[d])
            for d, a in moved
        },
    }


def _predicted(model: Model, found: Evaluation, row: int) -> dict[str, dict[str, float]]:
    figures = (("value", found.value), ("lower", found.lower), ("upper", found.upper))
    return {
        name: {what: float(numbers[row, k]) for what, numbers in figures}
        for k, name in enumerate(model.output_names)
    }
