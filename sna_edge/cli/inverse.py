"""Answer inverse questions: which inputs give a target."""

from __future__ import annotations

import argparse
from typing import Any

from ..artifact import read
from ..axis import Axis
from ..errors import InputError
from ..model import Model
from ..status import MEANING, Status
from .answer import USAGE, add_at, add_json, add_model, assignments, emit, exit_code, given, number, split_names, table, with_unit

HELP = "inverse: which inputs give a target"

DEFAULT_COUNT = 16  # diverse solutions with several unknowns


def configure(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("--target", nargs="+", action="extend", default=[], metavar="NAME=VALUE", help="the wanted output, or several")
    parser.add_argument("--unknown", nargs="+", action="extend", default=[], metavar="A,B", help="the inputs to find")
    add_at(parser, "the known inputs; level names for categorical inputs")
    parser.add_argument(
        "--tolerance", nargs="+", action="extend", default=[], metavar="NAME=VALUE", help="how far an output may miss its target"
    )
    parser.add_argument("--count", type=int, metavar="N", help=f"diverse solutions with several unknowns (default {DEFAULT_COUNT})")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same answer (default 0)")
    parser.add_argument("--deadline-ms", type=float, metavar="T", help="stop after T milliseconds with the best so far")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    model = read(args.model, args.backend)
    answer, lines = _target(args, model)
    emit(args, answer, lines)
    status = answer["status"]
    return USAGE if status == Status.BAD_INPUT.label else exit_code(Status[status.upper()])


def _target(args: argparse.Namespace, model: Model) -> tuple[dict[str, Any], list[str]]:
    """All roots with one unknown, diverse solutions with several."""
    from ..inverse import level_set, roots

    if not args.target:
        raise InputError("an inverse query needs --target NAME=VALUE")
    unknowns = split_names(args.unknown)
    if not unknowns:
        raise InputError(f"name what is sought with --unknown; inputs are {', '.join(model.input_names)}")
    target = _numbers(args.target, model.output_names)
    tolerance = _numbers(args.tolerance, model.output_names)
    at: dict[str, object] = {**given(model, args.at)}
    if args.deadline_ms is not None and not args.deadline_ms > 0:
        raise InputError(f"--deadline-ms is {args.deadline_ms:g}; give a positive number of milliseconds")
    count = DEFAULT_COUNT if args.count is None else args.count
    if count < 1:
        raise InputError(f"--count is {count}; ask for at least one solution")
    if len(unknowns) == 1 and len(target) == 1 and not tolerance:
        every = roots(model, unknowns[0], target, at)
        return every.to_dict(), _root_lines(every)
    found = level_set(model, target, unknowns, count, at=at, tolerance=tolerance, seed=args.seed, deadline_ms=args.deadline_ms)
    return found.to_dict(), _set_lines(found)


def _numbers(texts: list[str], known: list[str]) -> dict[str, float]:
    values = assignments(texts, known)
    for name in values:
        if name not in known:
            raise InputError(f"{name!r} is not an output of this model; its outputs are {', '.join(known)}")
    return {name: number(name, text) for name, text in values.items()}


def _root_lines(found: Any) -> list[str]:
    axis = found.axes[0]
    lines = [_one(axis, s[axis.name]) + ("  (touches)" if t else "") for s, t in zip(found.solutions, found.tangent, strict=False)]
    lines += [f"{axis.name} from {with_unit(a, axis.unit)} to {with_unit(b, axis.unit)}" for a, b in found.intervals]
    return lines + _remark(found)


def _set_lines(found: Any) -> list[str]:
    header = [f"{a.name} [{a.unit}]" if a.unit else a.name for a in found.axes]
    rows = [[_cell(s[a.name]) for a in found.axes] for s in found.solutions]
    return (table(header, rows) if rows else []) + _remark(found)


def _one(axis: Axis, value: Any) -> str:
    return f"{axis.name} = {value}" if isinstance(value, str) else f"{axis.name} = {with_unit(value, axis.unit)}"


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"


def _remark(found: Any) -> list[str]:
    """Why there is no answer, or what to know about it; nothing when the answer is plain."""
    if found.message:
        return [f"{found.status.label}: {found.message}"]
    plain = found.status in (Status.OK, Status.SEVERAL)
    return [] if plain else [f"{found.status.label}: {MEANING[found.status]}"]
