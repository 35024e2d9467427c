"""Fit a model to a measured table. Order, rank, smoothness and link are chosen by
cross-validation."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...artifact.limits import need_counts
from ...errors import InputError
from ...files import load
from ...model import Model
from ...numerics.time_budget import now
from ...uncertainty.typical import typical_outputs
from ..arguments import (
    add_json,
    assignment,
    assignments,
    checked_seed,
    split_names,
    writable,
)
from ..beside import unfamiliar_text
from ..console import emit, interval_text, table, two_valued, with_unit
from ..dialect_options import HINT, add_dialect, declared
from ..plant_options import add_plant, asked

HELP = "fit a model to a measured table"
LEAST_TIME = 1e-3
SHOWN = 12
"""Names of left-out inputs printed at most; --json and the report have all."""
LINKS = ("auto", "identity", "exp", "logistic")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge fit`."""
    text = (
        "one row per measurement, column names in the header; CSV in any dialect, .xlsx or .parquet"
    )
    parser.add_argument("table", metavar="TABLE.csv", help=text)
    parser.add_argument(
        "--target",
        action="append",
        required=True,
        metavar="COL",
        help="the column to predict; may be repeated",
    )
    parser.add_argument(
        "--inputs",
        action="append",
        metavar="A,B",
        help="columns to predict from (default: all others)",
    )
    parser.add_argument(
        "--categorical",
        action="append",
        metavar="A,B",
        help="inputs that are categorical: levels instead of a scale",
    )
    parser.add_argument(
        "--units",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=UNIT",
        help="units of columns (default: from the header or a row of units)",
    )
    parser.add_argument(
        "--link",
        choices=LINKS,
        default="auto",
        help="exp for positive outputs, logistic for shares of 0 to 1 (default: auto)",
    )
    parser.add_argument(
        "--domain",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=LO:HI",
        help="domain of an input (default: its range in the table)",
    )
    parser.add_argument(
        "--groups",
        metavar="COL",
        help="column of batches, parts or machines: rows of one are held out together",
    )
    parser.add_argument(
        "--time",
        metavar="COL",
        help="column of times (numbers or dates): rows are predicted from earlier ones alone",
    )
    parser.add_argument(
        "--missing",
        choices=("refuse", "drop"),
        default="refuse",
        help="rows with a missing cell, such as those of a plan not measured yet: refuse the table"
        " (default), or leave them out and say how many",
    )
    parser.add_argument(
        "--holdout",
        metavar="20%|groups|last",
        help="rows kept out of the whole fit; what its model says to them is printed",
    )
    parser.add_argument(
        "--gage",
        action="append",
        metavar="[COL=]FILE",
        help="gauge study of a target: a table of part, operator, measurement",
    )
    parser.add_argument(
        "--robust",
        action="store_true",
        help="leave out rows that look wrong; they are listed with and without it",
    )
    add_plant(parser)
    add_dialect(parser)
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="random seed; same seed and table, same model (default: 0)",
    )
    parser.add_argument(
        "--time-limit",
        type=float,
        metavar="S",
        help="seconds for reading, fitting and writing; what was cut short is listed",
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        help="values and one interval width alone: a file of format 1.0, for older readers",
    )
    parser.add_argument(
        "--report", metavar="FILE.html", help="also write an HTML report with plots"
    )
    parser.add_argument(
        "-o", "--output", required=True, metavar="MODEL", help="the .sna file to write"
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Read the table, fit, write the model and say how it was chosen; returns the exit code."""
    for path in filter(None, (args.output, args.report)):
        writable(path)
    if args.time_limit is not None and not args.time_limit > 0:
        raise InputError(f"--time-limit is {args.time_limit:g}; give a positive number of seconds")
    checked_seed(args.seed)
    need_counts(1, len(args.target))
    domain = dict(interval(text) for text in args.domain)
    units = assignments(args.units)
    start = now()
    from sna_export.fit import fit
    from sna_export.table import read
    from sna_export.table.units import with_units

    data = read(args.table, **declared(args))
    targets, inputs, categorical = (
        names(texts, data.names) for texts in (args.target, args.inputs, args.categorical)
    )
    unknown = [name for name in units if name not in (*targets, *(inputs or data.names))]
    if unknown:
        raise InputError(
            f"--units names {unknown[0]!r}, which is not a column of this fit; its columns are"
            f" {', '.join(data.names)}"
        )
    found = fit(
        data, targets, inputs=inputs or None, categorical=categorical,
        missing=args.missing, groups=args.groups, time=args.time, holdout=args.holdout,
        gage=_studies(args, targets), robust=args.robust,
        link=args.link, domain=domain, seed=args.seed, time_limit=_left(args.time_limit, start),
        plain=args.plain, progress=sys.stderr.isatty() and not args.json, **asked(args),
    )  # fmt: skip
    model = with_units(found.model, {**data.units, **units})
    hint = data.source.declared if data.source else {}
    found = replace(
        found, model=model.replace(metadata={**model.metadata, HINT: hint}) if hint else model
    )
    found.model.save(args.output)
    stored = load(args.output, "numpy")  # intervals and their floors as they are there
    found = replace(
        found, model=found.model.replace(outputs=stored.outputs, calibration=stored.calibration)
    )
    from sna_export.report.trust import judged_fit

    judged = judged_fit(found)
    if args.report:
        from sna_export.report.fit_page import fit_page

        title = f"{', '.join(found.model.output_names)} from {os.path.basename(args.table)}"
        fit_page(found, title=title, judged=judged).write(args.report)
    answer = {
        "status": "ok", "output": args.output, "bytes": os.path.getsize(args.output),
        "parameters": found.model.parameters, **found.report,
        "intervals": {one.output.name: one.report() for one in judged},
        "seconds": now() - start,
    }  # fmt: skip
    emit(args, answer, _lines(args, found, judged, answer))
    return 0


def _studies(args: argparse.Namespace, targets: Sequence[str]) -> dict[str, Any]:
    """The tables of gauge studies by target."""
    from sna_export.table import read

    found = {}
    for text in args.gage or []:
        name, equals, path = text.partition("=")
        if not equals or name not in targets:
            if len(targets) > 1:
                raise InputError(
                    f"--gage {text!r} does not say which target it is of; write TARGET=FILE with"
                    f" one of {', '.join(targets)}"
                )
            name, path = targets[0], text
        found[name] = read(path, **declared(args))
    return found


def _left(limit: float | None, start: float) -> float | None:
    """Of the limit, what reading has left: it also bounds fitting and writing."""
    return None if limit is None else max(limit - (now() - start), LEAST_TIME)


def names(texts: Sequence[str] | None, known: Sequence[str]) -> list[str]:
    """Column names; a text that is itself a column is not split at its commas."""
    found: list[str] = []
    for text in texts or []:
        found += [text] if text in known else split_names(text)
    return found


def interval(text: str, option: str = "--domain") -> tuple[str, tuple[float, float]]:
    """'power=100:400' -> ('power', (100.0, 400.0))."""
    name, ends = assignment(text)
    low, colon, high = ends.partition(":")
    try:
        found = float(low), float(high)
    except ValueError:
        colon = ""
        found = 0.0, 0.0
    if not colon or not found[0] < found[1]:
        raise InputError(
            f"{option} {text!r} is not NAME=LO:HI with LO < HI; write, for example, power=100:400"
        )
    return name, found


def _left_out(missing: Mapping[str, Any] | None) -> list[str]:
    """How many rows were left out because of which columns."""
    if not missing:
        return []
    cells = ", ".join(f"{name} {count}" for name, count in missing["cells"].items())
    count = missing["rows"]
    if not count:
        return [f"missing cells ({cells})"]
    return [f"left out {count} row{'' if count == 1 else 's'} with missing cells ({cells})"]


def _lines(
    args: argparse.Namespace, found: Any, judged: Sequence[Any], answer: dict[str, Any]
) -> list[str]:
    from sna_export.report.remarks import remarks
    from sna_export.report.trust import trust_lines

    model = found.model
    lines = [
        (
            f"{args.output}: {model.interaction.rank} modes, {model.parameters} parameters,"
            f" {answer['bytes']} bytes"
        ),
        f"fitted in {answer['seconds']:.1f} s",
        *_left_out(found.report.get("missing")),
        *([found.report["why"]] if found.report.get("why") else []),
        *remarks(found.report, SHOWN),
    ]
    lines += [
        f"{name} is {low:g} or {high:g} in every row: the model predicts a share between them, and"
        " its interval covers single outcomes"
        for name, (low, high) in two_valued(model).items()
    ]
    rows = []
    for output, typical in zip(model.outputs, typical_outputs(model), strict=True):
        score = found.report.get("outputs", {}).get(output.name, {})
        width = interval_text(model, typical).removeprefix("90 %: ")
        width += " (typical)" if output.interval is None and typical.interval else ""
        rows.append(
            [
                output.name,
                *(with_unit(score[k], "") if k in score else "-" for k in ("r2", "rmse")),
                width,
            ]
        )
    return [
        *lines,
        *table(["cross-validated", "R2", "RMSE", "90 % interval"], rows),
        *trust_lines(judged),
        *_familiar(model),
        *_held_out(found.report),
    ]


def _held_out(report: dict[str, Any]) -> list[str]:
    """Tables of the rows held out of the whole fit."""
    from sna_export.report.validation import holdout_table, parts_table

    tables = (holdout_table(report), parts_table(report))
    return [line for head, rows in tables if rows for line in ("", *table(head, rows))]


def _familiar(model: Model) -> list[str]:
    """Whether the model says how familiar inputs are."""
    made = model.calibration
    if made is None or not made.n_scores:
        return []
    return [f"familiarity of {made.n_scores} rows: {unfamiliar_text(made)}"]
