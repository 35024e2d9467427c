"""Say how many parts of a setting, or of the running line, lie inside their limits: Pp, Ppk, parts
per million."""

from __future__ import annotations

import argparse
from typing import Any

from ...errors import InputError
from ...inverse.query.scatter import Scatter
from ...logs import entry_of, files_of, line_blocks
from ...quality.capability.setting import setting
from ...quality.capability.stream import Stream
from ...quality.limits import LineLimits, read_limits
from ...uncertainty.readings import coordinates_of
from ..arguments import add_at, add_json, add_model, input_values
from ..console import ANSWERED, NO_VALUE, emit, table, with_unit
from ..inverting.advice import scatter
from ..raw_readings import readable
from ..trusted.options import add_trust, load_model

HELP = "Pp, Ppk and parts per million outside the limits: of a setting, or of the running line"
LAST = 1000


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge capability`."""
    add_model(parser)
    add_trust(parser)
    parser.add_argument(
        "--limits", required=True, metavar="FILE.toml", help="LSL and USL of outputs"
    )
    add_at(parser, "the setting: every input once")
    parser.add_argument(
        "--scatter",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=S",
        help="standard deviation of an input around what it is set to, 2 or 2W",
    )
    parser.add_argument(
        "--log",
        nargs="+",
        action="extend",
        default=[],
        metavar="LOG",
        help="of the running line instead: answers of watch, those to measured values with them",
    )
    parser.add_argument(
        "--last",
        type=int,
        metavar="N",
        help=f"with --log: the last N parts and measured parts (default {LAST})",
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Answer; returns the exit code. Raises InputError for what cannot be asked."""
    if bool(args.at) == bool(args.log):
        raise InputError("missing or ambiguous question; give exactly one of --at and --log")
    if args.log and args.scatter:
        raise InputError("--scatter cannot be combined with --log; it goes with --at")
    if args.last is not None and (args.at or args.last < 1):
        raise InputError("--last goes with --log; give at least one part")
    model = load_model(args, args.backend)
    limits = read_limits(args.limits, model)
    if args.log:
        return _of_log(args, model, limits)
    given = input_values(model, args.at, readable(model))
    found = coordinates_of(model, given, level_index=False)
    around = Scatter.of(model, scatter(args, model)) if args.scatter else None
    answer = setting(model, limits, found.x[0], around)
    emit(args, answer, _of_setting(model, answer))
    return ANSWERED if answer["outputs"] else NO_VALUE


def _of_setting(model: Any, answer: dict[str, Any]) -> list[str]:
    if not answer["outputs"]:
        return [f"{answer['status']}: the model has no value there"]
    units = {o.name: o.unit for o in model.outputs}
    rows = [
        [
            name,
            with_unit(one["value"], units[name]),
            f"{one['Pp']:.2f}" if "Pp" in one else "-",
            ("at least " if one["at_least"] else "") + f"{one['Ppk']:.2f}",
            ("at most " if one["at_least"] else "") + f"{one['ppm']:.3g}",
        ]
        for name, one in answer["outputs"].items()
    ]
    lines = table(["output", "value", "Pp", "Ppk", "ppm outside"], rows)
    lines.append(
        f"all at once: {100 * answer['yield']:.4g} % inside, {answer['ppm']:.3g} ppm outside"
    )
    return lines if answer["status"] == "ok" else [*lines, answer["status"]]


def _of_log(args: argparse.Namespace, model: Any, limits: LineLimits) -> int:
    stream = Stream(model, limits, LAST if args.last is None else args.last)
    for block in line_blocks(files_of(args.log)):
        entries = [entry_of(text) for text in block if text.strip()]
        stream.add([e for e in entries if isinstance(e, dict)])
    answer = stream.told()
    if not answer["parts"] and not any(answer["outputs"].values()):
        raise InputError(
            f"{', '.join(args.log)} has neither verdicts with values nor measured ones; give what"
            " watch has written"
        )
    emit(args, answer, _of_stream(answer))
    return ANSWERED


def _of_stream(answer: dict[str, Any]) -> list[str]:
    rows = []
    for name, one in answer["outputs"].items():
        figures = [f"{one[key]:.2f}" if key in one else "-" for key in ("Cp", "Cpk", "Pp", "Ppk")]
        ends = "{:.2f} to {:.2f}".format(*one["Ppk_95"]) if "Ppk_95" in one else "-"
        rows.append([name, str(one.get("parts", 0)), *figures, ends])
    lines = table(["measured", "parts", "Cp", "Cpk", "Pp", "Ppk", "Ppk, 95 %"], rows)
    lines.append(f"parts: {answer['parts']}")
    for key, said in (
        ("predicted", "outside as predicted"),
        ("measured", "outside as measured"),
        ("both", "outside as predicted, put right by the measured ones"),
    ):
        if key in answer:
            lines.append(f"{said}: {_ppm(answer[key])}")
    return lines


def _ppm(one: dict[str, Any]) -> str:
    ends = one.get("ppm_95")
    return f"{one['ppm']:.4g} ppm" + (f" (95 %: {ends[0]:.4g} to {ends[1]:.4g})" if ends else "")
