"""Say how many parts of a setting, of the running line, or of a table lie inside their limits: Cp,
Cpk, Pp, Ppk, Cpm with their 95 % intervals, parts per million."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from ...errors import InputError
from ...inverse.query.scatter import Scatter
from ...logs import entry_of, files_of, line_blocks
from ...quality.capability.figures import FEWEST, of_values, share
from ...quality.capability.setting import setting
from ...quality.capability.stream import Stream
from ...quality.limits import LineLimits, read_limits
from ...uncertainty.readings import coordinates_of
from ..arguments import add_json, add_model, input_values
from ..charting.columns import bare_columns, grouped
from ..charting.indices import of_setting, of_stream, of_table
from ..console import ANSWERED, NO_VALUE, emit
from ..inverting.advice import scatter
from ..options.dialect import add_dialect
from ..options.stated import several, state, value
from ..raw_readings import readable
from ..trusted.options import add_trust, load_model

HELP = "Cp, Cpk, Pp, Ppk, Cpm with intervals, and ppm outside: of a setting, a line, or a table"
LAST = 1000
MODEL = (
    value("--limits", "FILE.toml", "LSL, USL and target of outputs"),
    several("--at", "NAME=VALUE", "the setting: every input once"),
    several("--scatter", "NAME=S", "standard deviation of an input around what it is set to, 2 or"
            " 2W"),
    several("--log", "LOG", "of the running line instead: answers of watch, those to measured"
            " values with them"),
    value("--last", "N", f"with --log: the last N parts and measured parts (default {LAST})",
          type=int),
)  # fmt: skip
TABLE = (
    value("--table", "FILE", "of measured values, without a model"),
    value("--column", "C", "with --table: the column of the values"),
    value("--lsl", "X", "with --table: the lower limit of the values", type=float),
    value("--usl", "X", "with --table: the upper limit of the values", type=float),
    value("--target", "X", "with --table: the target of the values", type=float),
    value("--subgroup", "N|C", "with --table: rows of a subgroup, or the column that says which one"
          " a row is of (default: Cp and Cpk by the difference of one row to the next)"),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge capability`."""
    add_model(parser, or_else="--table FILE")
    add_trust(parser)
    state(parser, MODEL, TABLE)
    add_dialect(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Answer; returns the exit code. Raises InputError for what cannot be asked."""
    if (bool(args.at) + bool(args.log) + bool(args.table)) != 1:
        raise InputError(
            "missing or ambiguous question; give exactly one of --at, --log and --table"
        )
    if not args.at and args.scatter:
        raise InputError("--scatter cannot be combined with --log or --table; it goes with --at")
    if args.last is not None and (not args.log or args.last < 1):
        raise InputError("--last goes with --log; give at least one part")
    _refuse_foreign(args)
    if args.table:
        return _of_table(args)
    model = load_model(args, args.backend)
    limits = read_limits(args.limits, model)
    if args.log:
        return _of_log(args, model, limits)
    given = input_values(model, args.at, readable(model))
    found = coordinates_of(model, given, level_index=False)
    around = Scatter.of(model, scatter(args, model)) if args.scatter else None
    answer = setting(model, limits, found.x[0], around)
    emit(args, answer, of_setting(model, answer))
    return ANSWERED if answer["outputs"] else NO_VALUE


def _refuse_foreign(args: argparse.Namespace) -> None:
    """Options of the other question would be left out without a word."""
    given = [option.flag for option in TABLE[1:] if getattr(args, option.name) is not None]
    if not args.table and given:
        raise InputError(f"{given[0]} goes with --table; limits of a model stand in --limits FILE")
    if args.table and (args.model or args.limits):
        raise InputError("--table needs neither a model nor --limits; give --lsl, --usl, --target")
    if not args.table and not (args.model and args.limits):
        raise InputError("missing model or limits; give MODEL and --limits FILE.toml, or --table")


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
    emit(args, answer, of_stream(answer))
    return ANSWERED


def _of_table(args: argparse.Namespace) -> int:
    if args.column is None or (args.lsl is None and args.usl is None):
        raise InputError("--table needs --column C and --lsl X, --usl X or both")
    lsl = -np.inf if args.lsl is None else args.lsl
    usl = np.inf if args.usl is None else args.usl
    if not lsl < usl or (args.target is not None and not lsl <= args.target <= usl):
        raise InputError("limits need LSL < USL with the target between; give other numbers")
    size = int(args.subgroup) if (args.subgroup or "").isdecimal() else None
    labels = [args.subgroup] if args.subgroup and size is None else []
    if size is not None and size < 2:
        raise InputError(f"--subgroup {size} has no scatter within; give 2 rows or more")
    numbers, texts = bare_columns(args, args.table, [args.column], labels)
    every = numbers[args.column]
    groups = []
    if args.subgroup:
        groups = grouped(every, size, texts[args.subgroup] if labels else None)
    y = every[np.isfinite(every)]
    told = of_values(y, lsl, usl, args.target, [g[np.isfinite(g)] for g in groups])
    if not told:
        raise InputError(
            f"column {args.column!r} has {len(y)} numbers of {len(every)} rows that differ; give"
            f" {FEWEST} or more that are not all the same"
        )
    told["missing"] = len(every) - len(y)
    told["outside"] = share(int(((y < lsl) | (y > usl)).sum()), len(y))
    answer = {"status": "ok", "outputs": {args.column: told}}
    emit(args, answer, of_table(answer))
    return ANSWERED
