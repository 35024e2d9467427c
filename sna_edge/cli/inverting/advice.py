"""`inverse --limits`: which inputs to change so that a part comes inside its limits, or with
`--probability` which settings are in spec with that probability."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from ...core.axis import Axis
from ...errors import InputError
from ...inverse.targets.knob import Knob
from ...model import Model
from ...values.naming import NUMBER, QUANTITY
from ..arguments import (
    assignments,
    coordinate,
    input_values,
    number,
    output_value,
    share_of,
    split_names,
)
from ..console import with_unit
from ..raw_readings import readable
from .plotted import plotted
from .worth import percent


def limits(model: Model, texts: list[str]) -> dict[str, tuple[float | None, float | None]]:
    """'width=100:140' as numbers; an empty side is no limit."""
    found: dict[str, tuple[float | None, float | None]] = {}
    for name, text in assignments(texts, model.output_names).items():
        low, colon, high = (part.strip() for part in text.partition(":"))
        if not colon:
            raise InputError(
                f"limits {text!r} of {name!r} are not LO:HI; write, for example, {name}=100:140, or"
                f" {name}=100: for one side"
            )
        if not low and not high:
            raise InputError(
                f"limits {text!r} of {name!r} are empty; give LO:HI, or one of the two"
            )
        found[name] = (
            output_value(model, name, low) if low else None,
            output_value(model, name, high) if high else None,
        )
    return found


def knobs(args: argparse.Namespace, model: Model, names: Sequence[str]) -> dict[str, Knob]:
    """The named inputs with what --bounds, --step and --cost say of them."""
    given = {flag: assignments(getattr(args, flag), names) for flag in ("bounds", "step", "cost")}
    for flag, values in given.items():
        for name in values:
            if name not in names:
                raise InputError(
                    f"--{flag} names {name!r}, which is not adjustable; these are"
                    f" {', '.join(names)}"
                )
    found = {}
    for name in names:
        axis = model.axes[model.axis_index(name)]
        low, colon, high = given["bounds"].get(name, ":").partition(":")
        if not colon:
            raise InputError(f"--bounds of {name!r} are not LO:HI; write, for example, {name}=1:2")
        lower, upper = _end(axis, low.strip()), _end(axis, high.strip())
        step, cost = (
            number(f"the {flag} of {name}", given[flag][name]) if name in given[flag] else None
            for flag in ("step", "cost")
        )
        found[name] = Knob(lower, upper, step, cost)
    return found


def _end(axis: Axis, text: str) -> float | str | None:
    if not text or axis.kind == "categorical":
        return text or None
    return coordinate(axis, text)


def sure(
    args: argparse.Namespace, model: Model, unknowns: list[str], count: int
) -> tuple[dict[str, Any], list[str]]:
    """Settings whose parts are in spec with --probability."""
    from ...inverse import in_spec
    from .worth import solution_lines

    if not args.limits:
        raise InputError(
            "--probability needs to know what in spec means; add --limits NAME=LO:HI ..."
        )
    known = {a.name: a for a in model.axes if a.name in unknowns}
    found = in_spec(
        model,
        limits(model, args.limits),
        knobs(args, model, unknowns),
        share_of("--probability", args.probability),
        count,
        at=input_values(model, args.at, readable(model)),
        near=input_values(model, args.near, known) if args.near else None,
        level=level_asked(args),
        scatter=scatter(args, model) if args.scatter else None,
        seed=args.seed,
        deadline_ms=args.deadline_ms,
    )
    said = [f"{found.status.label}: {found.message}"] if found.message else []
    return found.to_dict(), solution_lines(model, found) + said + plotted(args, found)


def scatter(args: argparse.Namespace, model: Model) -> dict[str, float]:
    """--scatter: standard deviations in the units of the inputs."""
    given = assignments(args.scatter, model.input_names)
    return {name: _deviation(model.axes[model.axis_index(name)], t) for name, t in given.items()}


def _deviation(axis: Axis, text: str) -> float:
    """A difference: of a unit with an offset only the scale counts."""
    found = QUANTITY.fullmatch(text)
    if not found or NUMBER.fullmatch(text):
        return number(f"the scatter of {axis.name}", text)
    from ...values.units import conversion

    scale, _ = conversion(found[2].strip("[]() "), axis.unit, axis.name)
    return number(f"the scatter of {axis.name}", found[1]) * float(scale)


def level_asked(args: argparse.Namespace) -> float | None:
    """--level as a share; None where it is not given."""
    return None if args.level is None else share_of("--level", args.level)


def advised(args: argparse.Namespace, model: Model) -> tuple[dict[str, Any], list[str]]:
    """What to turn so that --part comes inside --limits."""
    from ...inverse import advise

    if not args.part:
        raise InputError(
            "--limits needs --part NAME=VALUE ...: every input of the part as it is now"
        )
    names = split_names(args.knobs)
    if not names:
        raise InputError(
            f"name the adjustable inputs with --knobs; inputs are {', '.join(model.input_names)}"
        )
    part = input_values(model, args.part, readable(model))
    found = advise(
        model,
        part,
        limits(model, args.limits),
        knobs(args, model, names),
        level=level_asked(args),
        seed=args.seed,
        deadline_ms=args.deadline_ms,
    )
    return found.to_dict(), _advice(model, found)


def _advice(model: Model, found: Any) -> list[str]:
    lines = [
        f"set {name} to {_setting(model, name, found.settings[name])}" for name in found.change
    ]
    for o in model.outputs:
        if o.name in found.after:
            before, after = found.before[o.name]["value"], found.after[o.name]["value"]
            text = f"{o.name}: {with_unit(before, o.unit)} -> {with_unit(after, o.unit)}"
            low, high = found.after[o.name]["lower"], found.after[o.name]["upper"]
            known = model.calibration is not None and high > low
            lines.append(f"{text}  ({low:.6g} to {high:.6g})" if known else text)
    if found.probability is not None:
        lines.append(f"in spec then with {percent(found.probability)}")
    if found.familiarity is not None:
        lines.append(f"familiarity p = {percent(found.familiarity)}")
    return lines + ([f"{found.status.label}: {found.message}"] if found.message else [])


def _setting(model: Model, name: str, value: Any) -> str:
    return (
        value
        if isinstance(value, str)
        else with_unit(value, model.axes[model.axis_index(name)].unit)
    )
