"""`inverse --limits`: which inputs to change so that a part comes inside its limits."""

from __future__ import annotations

import argparse
from typing import Any

from ..errors import InputError
from ..model import Model
from .arguments import assignments, input_values, output_value, split_names
from .console import with_unit


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


def advised(args: argparse.Namespace, model: Model) -> tuple[dict[str, Any], list[str]]:
    """What to turn so that --part comes inside --limits."""
    from ..inverse import advise

    if not args.part:
        raise InputError(
            "--limits needs --part NAME=VALUE ...: every input of the part as it is now"
        )
    knobs = split_names(args.knobs)
    if not knobs:
        raise InputError(
            f"name the adjustable inputs with --knobs; inputs are {', '.join(model.input_names)}"
        )
    part = input_values(model, args.part)
    found = advise(
        model, part, limits(model, args.limits), knobs, seed=args.seed, deadline_ms=args.deadline_ms
    )
    return found.to_dict(), _advice(model, found)


def _advice(model: Model, found: Any) -> list[str]:
    lines = [
        f"set {name} to {_setting(model, name, found.settings[name])}" for name in found.change
    ]
    for o in model.outputs:
        if o.name in found.after:
            before, after = found.before[o.name]["value"], found.after[o.name]["value"]
            lines.append(f"{o.name}: {with_unit(before, o.unit)} -> {with_unit(after, o.unit)}")
    return lines + ([f"{found.status.label}: {found.message}"] if found.message else [])


def _setting(model: Model, name: str, value: Any) -> str:
    return (
        value
        if isinstance(value, str)
        else with_unit(value, model.axes[model.axis_index(name)].unit)
    )
