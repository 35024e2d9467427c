"""Find with measured rows from which probability on parts are accepted, so that few of the accepted
ones are bad; write it into a limits file."""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from ...durable.whole import write_whole
from ...errors import InputError
from ...model import Model
from ...quality.accepting.rated_rows import RatedRows, rated_rows
from ...quality.accepting.rule import escape_of
from ...quality.limits import LineLimits, limits_in
from ...uncertainty.readings import coordinates_of
from ...values.documents import document_bytes
from ..arguments import add_json, add_model, share_of, writable
from ..columns import Columns
from ..console import ANSWERED, NO_VALUE, emit, table
from ..learned.rate_written import with_escape
from ..options.dialect import add_dialect, open_for
from ..raw_readings import needed
from ..trusted.options import add_trust, load_with_trust

HELP = "from which probability on to accept parts, so that few of them are bad: by measured rows"
RATES = (0.01, 0.02, 0.05)
FEWEST = 30
Floats = NDArray[np.float64]


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge limits`."""
    add_model(parser)
    add_trust(parser)
    parser.add_argument(
        "--limits", required=True, metavar="FILE.toml", help="LSL and USL of outputs"
    )
    parser.add_argument(
        "--table",
        required=True,
        metavar="ROWS.csv",
        help="measured rows, inputs and outputs, that the model was not fitted to",
    )
    parser.add_argument(
        "--escape",
        metavar="RATE",
        help="the share of bad parts among accepted ones, 1%% or 0.01 (default: that of the limits"
        " file; without it 1, 2 and 5 %% are compared)",
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT.toml", help="the limits with the threshold for this model"
    )
    add_dialect(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Find the threshold; returns the exit code. Raises InputError for rows that say nothing."""
    model, trust = load_with_trust(args, args.backend)
    data = document_bytes(args.limits)
    limits = limits_in(data, args.limits, model)
    rate = escape_of(share_of("--escape", args.escape)).rate if args.escape else None
    rate = limits.escape.rate if rate is None and limits.escape else rate
    if args.output:
        writable(args.output, args.table, args.limits)
        if rate is None:
            raise InputError("-o needs the rate that is to be kept; add --escape 1%")
    x, y = _rows(args, model, limits)
    rates = RATES if rate is None else (rate,)
    found = [rated_rows(model, limits, one, x, y) for one in rates]
    judged = found[0][1]
    if judged < FEWEST:
        raise InputError(
            f"{args.table} has {judged} rows inside the domain with all of"
            f" {', '.join(o.name for o in limits.outputs)} measured; give at least {FEWEST}"
        )
    rated = [one for one, _ in found]
    if args.output and rated[0].kept:
        _write(args, data, model, rated[0], trust.sha256)
    emit(args, {"rows": len(x), "judged": judged, "rates": [r.to_dict() for r in rated]},
         _lines(args, len(x), rated))  # fmt: skip
    return ANSWERED if any(one.kept for one in rated) else NO_VALUE


def _rows(args: argparse.Namespace, model: Model, limits: LineLimits) -> tuple[Floats, Floats]:
    """Coordinates [N, D] and limited outputs [N, T]."""
    source = open_for(args, args.table, model)
    names = [o.name for o in limits.outputs]
    inputs = needed(model, source.names)
    outputs = {o.name: o for o in model.outputs if o.name in names}
    columns = Columns(source, {**inputs, **outputs})
    x, y = [np.empty((0, len(model.axes)))], [np.empty((0, len(names)))]
    for block in source.blocks():
        given = columns.read(block)[1]
        x.append(coordinates_of(model, {n: given[n] for n in inputs}, level_index=True).x)
        y.append(np.stack([given[name] for name in names], axis=1))
    columns.finish()
    return np.concatenate(x), np.concatenate(y)


def _write(
    args: argparse.Namespace, data: bytes, model: Model, one: RatedRows, sha256: str
) -> None:
    entry = {"rate": one.rate, "threshold": one.threshold, "rows": one.rows, "model": sha256}
    text = with_escape(data, args.limits, entry)
    limits_in(text.encode(), args.output, model)  # what is written can be read
    write_whole(args.output, text.encode())


def _lines(args: argparse.Namespace, rows: int, rated: list[RatedRows]) -> list[str]:
    some = rated[0].rows
    head = ["bad of accepted, at most", "accepted from", "set by", "accepted", "bad of these"]
    lines = [f"{rows} rows, {some} of which can be judged"]
    cells = [
        [
            f"{100 * one.rate:g} %",
            f"{100 * one.threshold:.4g} %" if one.kept else "never",
            "rows" if one.proven else "model",
            f"{one.accepted} ({100 * one.accepted / some:.0f} %)",
            f"{one.bad} ({100 * one.bad / max(one.accepted, 1):.2g} %)",
        ]
        for one in rated
    ]
    lines += table(head, cells)
    lines += [f"{100 * one.rate:g} %: {one.why}" for one in rated if not one.kept]
    if args.output and rated[0].kept:
        lines.append(f"written: {args.output}")
    return lines
