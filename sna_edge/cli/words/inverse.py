"""Answer inverse questions: which inputs give this output, what caused a measurement, which inputs
to adjust."""

from __future__ import annotations

import argparse
from typing import Any

from ...core.axis import Axis
from ...errors import InputError
from ...model import Model
from ...status import MEANING, Status
from ..arguments import (
    assignments,
    checked_seed,
    input_values,
    number,
    output_value,
    split_names,
)
from ..console import USAGE, emit, exit_code, with_unit
from ..inverting.options import ADJUSTED, ASKED, DEFAULT_COUNT, MEASURED, SOUGHT, configure
from ..inverting.plotted import checked as checked_plot
from ..inverting.plotted import plotted
from ..inverting.worth import remark as of_solution
from ..inverting.worth import solution_lines, told
from ..options.stated import foreign
from ..raw_readings import readable
from ..trusted.options import load_model

__all__ = ["HELP", "configure", "run"]

HELP = "which inputs give this output, what caused a measurement, what to adjust"


def run(args: argparse.Namespace) -> int:
    """Answer the one question that the options ask; returns the exit code of its status."""
    if args.deadline_ms is not None and not args.deadline_ms > 0:
        raise InputError(
            f"--deadline-ms is {args.deadline_ms:g}; give a positive number of milliseconds"
        )
    checked_seed(args.seed)
    asked = [name for name in SOUGHT if getattr(args, name)]
    if args.limits and not {"target", "probability"} & set(asked):
        asked.append("limits")
    if len(asked) != 1:
        raise InputError(
            "missing or ambiguous question; give exactly one of --target, --observations,"
            " --limits, --probability, --table"
        )
    if args.table and not args.output:
        raise InputError("--table needs a file for its answers; add -o OUT.csv")
    _refuse_foreign(args, asked[0])
    checked_plot(args)
    model = load_model(args, args.backend)
    if asked[0] == "table":
        from ..inverting.table import inverted

        answer, lines, code = inverted(args, model, unknown_names(args, model))
        emit(args, answer, lines)
        return code
    answer, lines = _ask(asked[0], args, model)
    emit(args, answer, lines)
    status = answer["status"]
    return USAGE if status == Status.BAD_INPUT.label else exit_code(Status[status.upper()])


def _refuse_foreign(args: argparse.Namespace, what: str) -> None:
    """An option of another question would be left out without a word."""
    if (option := foreign(args, what, ASKED, MEASURED, ADJUSTED)) is not None:
        raise InputError(
            f"{option.flag} cannot be combined with --{what}; it goes with"
            f" {' or '.join(f'--{q}' for q in option.of)}"
        )


def _ask(what: str, args: argparse.Namespace, model: Model) -> tuple[dict[str, Any], list[str]]:
    if what == "target":
        return _target(args, model, unknown_names(args, model))
    if what == "observations":
        from ..inverting.observations import caused

        return caused(args, model, unknown_names(args, model))
    from ..inverting.advice import advised, sure

    if what == "probability":
        return sure(args, model, unknown_names(args, model), _count(args))
    return advised(args, model)


def _count(args: argparse.Namespace) -> int:
    """--count, at least 1."""
    count = DEFAULT_COUNT if args.count is None else int(args.count)
    if count < 1:
        raise InputError(f"--count is {count}; ask for at least one solution")
    return count


def unknown_names(args: argparse.Namespace, model: Model) -> list[str]:
    """--unknown, at least one name."""
    names = split_names(args.unknown)
    if not names:
        raise InputError(
            "name the inputs to solve for with --unknown; inputs are"
            f" {', '.join(model.input_names)}"
        )
    return names


def _target(
    args: argparse.Namespace, model: Model, unknowns: list[str]
) -> tuple[dict[str, Any], list[str]]:
    """All roots with one unknown, diverse solutions with several."""
    from ...inverse import level_set, roots
    from ..inverting.advice import level_asked, limits

    special = _extreme_or_interval(args, model, unknowns)
    if special is not None:
        return special
    target = {
        name: output_value(model, name, text)
        for name, text in assignments(args.target, model.output_names).items()
    }
    tolerance = _numbers(args.tolerance, model.output_names)
    at: dict[str, object] = {**input_values(model, args.at, readable(model))}
    count = _count(args)
    asked: dict[str, Any] = {
        "level": level_asked(args),
        "limits": limits(model, args.limits) if args.limits else None,
        "deadline_ms": args.deadline_ms,
    }
    if len(unknowns) == 1 and len(target) == 1 and not tolerance:
        every = roots(model, unknowns[0], target, at, **asked)
        drawn = plotted(args, every, model, target, at)
        return every.to_dict(), _root_lines(model, every) + drawn
    found = level_set(
        model, target, unknowns, count, at=at, tolerance=tolerance, seed=args.seed, **asked
    )
    return found.to_dict(), solution_lines(model, found) + remark(found) + plotted(args, found)


def _extreme_or_interval(
    args: argparse.Namespace, model: Model, unknowns: list[str]
) -> tuple[dict[str, Any], list[str]] | None:
    """NAME=LO:HI, NAME=min and NAME=max over one unknown; None for other targets."""
    from ...inverse import argmax, argmin, interval_set
    from ..inverting.advice import level_asked, limits

    named = assignments(args.target, model.output_names)
    if not any(":" in text or text in ("min", "max") for text in named.values()):
        return None
    if len(named) > 1 or len(unknowns) > 1 or args.tolerance or args.limits:
        raise InputError(
            "LO:HI, min and max take exactly one output and one unknown, and no --tolerance or"
            " --limits; give plain numbers otherwise"
        )
    ((name, text),) = named.items()
    at: dict[str, object] = {**input_values(model, args.at, readable(model))}
    if text in ("min", "max"):
        if args.level:
            raise InputError("min and max have no interval; leave --level out")
        best = (argmin if text == "min" else argmax)(
            model, unknowns[0], name, at, deadline_ms=args.deadline_ms
        )
        return best.to_dict(), _extreme_lines(model, unknowns[0], name, best)
    low, high = limits(model, args.target)[name]
    ends = (-float("inf") if low is None else low, float("inf") if high is None else high)
    if not ends[0] <= ends[1]:
        raise InputError(f"{name}={text} has LO above HI; give LO <= HI, or leave one out")
    found = interval_set(
        model, unknowns[0], {name: ends}, at, level=level_asked(args), deadline_ms=args.deadline_ms
    )
    return found.to_dict(), _root_lines(model, found) + plotted(args, found)


def _extreme_lines(model: Model, unknown: str, name: str, best: Any) -> list[str]:
    if not best.at:
        return remark(best)
    output = model.outputs[model.output_names.index(name)]
    where = _one(model.axes[model.axis_index(unknown)], best.at[unknown])
    return [f"{where} gives {name} = {with_unit(best.value, output.unit)}", *remark(best)]


def _numbers(texts: list[str], known: list[str]) -> dict[str, float]:
    values = assignments(texts, known)
    for name in values:
        if name not in known:
            raise InputError(
                f"{name!r} is not an output of this model; its outputs are {', '.join(known)}"
            )
    return {name: number(name, text) for name, text in values.items()}


def _root_lines(model: Model, found: Any) -> list[str]:
    axis, worth = found.axes[0], told(model, found)
    isolated = found.solutions[: len(found.x)]  # the middles of the intervals come after them
    lines = [
        _one(axis, s[axis.name]) + ("  (tangent)" if t else "") + of_solution(worth, i)
        for i, (s, t) in enumerate(zip(isolated, found.tangent, strict=True))
    ]
    for i, (a, b) in enumerate(found.intervals, len(isolated)):
        middle = f"  in the middle{said}" if (said := of_solution(worth, i)) else ""
        ends = f"{with_unit(a, axis.unit)} to {with_unit(b, axis.unit)}"
        lines.append(f"{axis.name} from {ends}{middle}")
    return lines + remark(found)


def _one(axis: Axis, value: Any) -> str:
    return (
        f"{axis.name} = {value}"
        if isinstance(value, str)
        else f"{axis.name} = {with_unit(value, axis.unit)}"
    )


def remark(found: Any) -> list[str]:
    """Why there is no answer, or what to know about it; nothing when the answer is plain."""
    if found.message:
        return [f"{found.status.label}: {found.message}"]
    plain = found.status in (Status.OK, Status.SEVERAL)
    return [] if plain else [f"{found.status.label}: {MEANING[found.status]}"]
