"""Answer inverse questions: which inputs give this output, what caused a measurement, which inputs
to adjust."""

from __future__ import annotations

import argparse
from typing import Any

from ...core.axis import Axis
from ...errors import InputError
from ...files import load
from ...model import Model
from ...status import MEANING, Status
from ...values.naming import labelled
from ..arguments import (
    add_at,
    add_json,
    add_model,
    assignments,
    input_values,
    number,
    output_value,
    split_names,
)
from ..console import USAGE, emit, exit_code, table, with_unit
from ..dialect_options import add_dialect

HELP = "which inputs give this output, what caused a measurement, what to adjust"

DEFAULT_COUNT = 16  # diverse solutions with several unknowns
BELONGS = {
    "unknown": ("target", "observations", "table"), "at": ("target", "observations", "table"),
    "output": ("table",), "tolerance": ("target",), "count": ("target",),
    "noise": ("observations",), "student_t": ("observations",), "prior": ("observations",),
    "posterior": ("observations",), "noise_only": ("observations",), "knobs": ("limits",),
    "part": ("limits",),
}  # fmt: skip
"""The questions an option takes part in."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge inverse`."""
    add_model(parser)
    many: dict[str, Any] = {"nargs": "+", "action": "extend", "default": []}
    what = (
        "the wanted value of one or more outputs; with one unknown also NAME=LO:HI, NAME=min or"
        " NAME=max"
    )
    parser.add_argument("--target", **many, metavar="NAME=VALUE", help=what)
    parser.add_argument("--unknown", **many, metavar="A,B", help="the inputs to solve for")
    add_at(parser, "the known inputs, categorical ones by level")
    parser.add_argument(
        "--table",
        metavar="IN.csv",
        help="solve once per row: columns of measured outputs and of known inputs",
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT.csv", help="where to write the table with the inputs found"
    )
    parser.add_argument(
        "--tolerance", **many, metavar="NAME=VALUE", help="how far an output may miss its target"
    )
    parser.add_argument(
        "--count",
        type=int,
        metavar="N",
        help=f"number of diverse solutions for several unknowns (default {DEFAULT_COUNT})",
    )
    parser.add_argument(
        "--observations",
        metavar="FILE.csv",
        help="measurements: columns of known inputs and measured outputs",
    )
    parser.add_argument(
        "--noise",
        **many,
        metavar="S",
        help="standard deviation of the measurement noise: one number, or NAME=S per output",
    )
    parser.add_argument(
        "--student-t",
        type=float,
        metavar="DOF",
        help="heavy-tailed noise with so many degrees of freedom, robust to outliers",
    )
    parser.add_argument(
        "--prior",
        **many,
        metavar="NAME=KIND:A,B",
        help="prior of an unknown: uniform:LOW,HIGH, normal:MEAN,STD or lognormal:MU,SIGMA",
    )
    what = (
        "count the measurement noise only; by default the model's own error (its stored interval)"
        " counts too"
    )
    parser.add_argument("--noise-only", action="store_true", default=None, help=what)
    parser.add_argument(
        "--posterior",
        type=int,
        metavar="N",
        help="draw N posterior samples instead of the most probable values",
    )
    parser.add_argument(
        "--limits",
        **many,
        metavar="NAME=LO:HI",
        help="limits of outputs; leave LO or HI empty for a one-sided limit",
    )
    parser.add_argument(
        "--knobs",
        **many,
        metavar="A,B",
        help="the adjustable inputs: those that may change to bring the part inside --limits",
    )
    parser.add_argument(
        "--part", **many, metavar="NAME=VALUE", help="the part as it is now: every input once"
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="random seed; same seed, same answer (default 0)",
    )
    parser.add_argument(
        "--deadline-ms",
        type=float,
        metavar="T",
        help="stop after T milliseconds with the best answer so far",
    )
    add_dialect(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Answer the one question that the options ask; returns the exit code of its status."""
    if args.deadline_ms is not None and not args.deadline_ms > 0:
        raise InputError(
            f"--deadline-ms is {args.deadline_ms:g}; give a positive number of milliseconds"
        )
    if args.seed < 0:
        raise InputError(f"--seed is {args.seed}; give a whole number, 0 or more")
    asked = [name for name in ("target", "observations", "limits", "table") if getattr(args, name)]
    if len(asked) != 1:
        raise InputError(
            "missing or ambiguous question; give exactly one of --target, --observations,"
            " --limits, --table"
        )
    if args.table and not args.output:
        raise InputError("--table needs a file for its answers; add -o OUT.csv")
    _refuse_foreign(args, asked[0])
    model = load(args.model, args.backend)
    if asked[0] == "table":
        from ..inverse_table import inverted

        answer, lines, code = inverted(args, model, unknown_names(args, model))
        emit(args, answer, lines)
        return code
    answer, lines = _ask(asked[0], args, model)
    emit(args, answer, lines)
    status = answer["status"]
    return USAGE if status == Status.BAD_INPUT.label else exit_code(Status[status.upper()])


def _refuse_foreign(args: argparse.Namespace, what: str) -> None:
    """An option of another question would be left out without a word."""
    for name, questions in BELONGS.items():
        if what not in questions and getattr(args, name) not in (None, []):
            flag = "-o" if name == "output" else f"--{name.replace('_', '-')}"
            raise InputError(
                f"{flag} cannot be combined with --{what}; it goes with"
                f" {' or '.join(f'--{q}' for q in questions)}"
            )


def _ask(what: str, args: argparse.Namespace, model: Model) -> tuple[dict[str, Any], list[str]]:
    if what == "target":
        return _target(args, model, unknown_names(args, model))
    if what == "observations":
        from ..inverse_observations import caused

        return caused(args, model, unknown_names(args, model))
    from ..inverse_advice import advised

    return advised(args, model)


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

    special = _extreme_or_interval(args, model, unknowns)
    if special is not None:
        return special
    target = {
        name: output_value(model, name, text)
        for name, text in assignments(args.target, model.output_names).items()
    }
    tolerance = _numbers(args.tolerance, model.output_names)
    at: dict[str, object] = {**input_values(model, args.at)}
    count = DEFAULT_COUNT if args.count is None else args.count
    if count < 1:
        raise InputError(f"--count is {count}; ask for at least one solution")
    if len(unknowns) == 1 and len(target) == 1 and not tolerance:
        every = roots(model, unknowns[0], target, at, deadline_ms=args.deadline_ms)
        return every.to_dict(), _root_lines(every)
    found = level_set(
        model,
        target,
        unknowns,
        count,
        at=at,
        tolerance=tolerance,
        seed=args.seed,
        deadline_ms=args.deadline_ms,
    )
    return found.to_dict(), solution_lines(found) + remark(found)


def _extreme_or_interval(
    args: argparse.Namespace, model: Model, unknowns: list[str]
) -> tuple[dict[str, Any], list[str]] | None:
    """NAME=LO:HI, NAME=min and NAME=max over one unknown; None for other targets."""
    from ...inverse import argmax, argmin, interval_set
    from ..inverse_advice import limits

    named = assignments(args.target, model.output_names)
    if not any(":" in text or text in ("min", "max") for text in named.values()):
        return None
    if len(named) > 1 or len(unknowns) > 1 or args.tolerance:
        raise InputError(
            "LO:HI, min and max take exactly one output and one unknown, and no --tolerance; give"
            " plain numbers otherwise"
        )
    ((name, text),) = named.items()
    at: dict[str, object] = {**input_values(model, args.at)}
    if text in ("min", "max"):
        best = (argmin if text == "min" else argmax)(
            model, unknowns[0], name, at, deadline_ms=args.deadline_ms
        )
        return best.to_dict(), _extreme_lines(model, unknowns[0], name, best)
    low, high = limits(model, args.target)[name]
    ends = (-float("inf") if low is None else low, float("inf") if high is None else high)
    if not ends[0] <= ends[1]:
        raise InputError(f"{name}={text} has LO above HI; give LO <= HI, or leave one out")
    found = interval_set(model, unknowns[0], {name: ends}, at, deadline_ms=args.deadline_ms)
    return found.to_dict(), _root_lines(found)


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


def _root_lines(found: Any) -> list[str]:
    axis = found.axes[0]
    isolated = found.solutions[: len(found.x)]  # the middles of the intervals come after them
    lines = [
        _one(axis, s[axis.name]) + ("  (tangent)" if t else "")
        for s, t in zip(isolated, found.tangent, strict=True)
    ]
    lines += [
        f"{axis.name} from {with_unit(a, axis.unit)} to {with_unit(b, axis.unit)}"
        for a, b in found.intervals
    ]
    return lines + remark(found)


def solution_lines(found: Any) -> list[str]:
    """A table with a row per solution."""
    header = [labelled(a.name, a.unit) for a in found.axes]
    rows = [[cell(s[a.name]) for a in found.axes] for s in found.solutions]
    return table(header, rows) if rows else []


def _one(axis: Axis, value: Any) -> str:
    return (
        f"{axis.name} = {value}"
        if isinstance(value, str)
        else f"{axis.name} = {with_unit(value, axis.unit)}"
    )


def cell(value: Any) -> str:
    """A level as it is, a number with six digits."""
    return value if isinstance(value, str) else f"{value:.6g}"


def remark(found: Any) -> list[str]:
    """Why there is no answer, or what to know about it; nothing when the answer is plain."""
    if found.message:
        return [f"{found.status.label}: {found.message}"]
    plain = found.status in (Status.OK, Status.SEVERAL)
    return [] if plain else [f"{found.status.label}: {MEANING[found.status]}"]
