"""Judge parts as they arrive: JSON lines on stdin, or a table that may still grow; one verdict per
part as a JSON line."""

from __future__ import annotations

import argparse
import os
import select
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ...errors import InputError
from ...follow import Growing
from ...follow.tail import BLOCK, PAUSE
from ...learning.measured import units_in
from ...model import Model
from ...quality import Line
from ...quality.readings import LONGEST, Reading, parsed, table_readings
from ...table import (
    Dialect,
    Marks,
    Measure,
    OpenMark,
    Record,
    Source,
    hint_of,
    open_table,
    sheet_at,
)
from ..arguments import add_model
from ..console import ANSWERED, FAULT, NO_VALUE, print_json
from ..learned.measured_columns import renamed
from ..learned.measured_table import MeasuredTable
from ..learned.options import add_learning
from ..logs.options import add_log
from ..options.dialect import add_dialect, declared
from ..options.stated import state, switch, value
from ..raw_readings import needed, readable
from ..trusted.options import add_trust
from ..trusted.watched import Watched, is_file
from ..watching.answers import stored, write
from ..watching.schema import SCHEMA

HELP = (
    "judge parts on a line: ACCEPT, REJECT or NO VERDICT, with a recommended adjustment for rejects"
)

STORE = (
    value("--store", "DIR", "judge with the active model of a store, and with a new one from the"
          " next part on"),
)  # fmt: skip
PARTS = (
    value("--limits", "FILE.toml", "LSL, USL and target of outputs; bounds, step and cost of"
          " adjustable inputs"),
    value("--table", "PARTS.csv", "read parts from a table instead of JSON lines on stdin; - reads"
          " the table from stdin"),
    switch("--follow", "keep waiting for new rows of --table until interrupted; a restart resumes"
           " there"),
    value("--state", "FILE", "where --follow keeps its position (default: PARTS.csv.state)"),
    value("--advice-ms", "T", "milliseconds for the recommended adjustment of a reject; 0 for none"
          " (default 50)", type=float, default=50.0),
)  # fmt: skip
PRINTED = (
    switch("--schema", "print the JSON Schema of lines and answers instead"),
    switch("--json", "accepted for consistency; the answers are JSON lines anyway"),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge watch`."""
    add_model(parser, or_else="--store DIR")
    state(parser, STORE)
    add_trust(parser)
    state(parser, PARTS)
    add_learning(parser)
    add_log(parser)
    add_dialect(parser)
    state(parser, PRINTED)


def run(args: argparse.Namespace) -> int:
    """Judge parts until the input ends; returns the exit code."""
    if args.schema:
        print_json(SCHEMA)
        return ANSWERED
    if not args.limits:
        raise InputError("missing limits to judge by; give --limits FILE.toml")
    if args.advice_ms < 0:
        raise InputError(
            f"--advice-ms is {args.advice_ms:g}; give a time in milliseconds, or 0 for no"
            " recommendation"
        )
    if args.follow and not args.table:
        raise InputError(
            "--follow needs --table PARTS.csv; JSON lines on standard input are followed anyway"
        )
    watched = Watched(args)
    try:
        measured = _measured(args, watched)
        if args.table:
            return ANSWERED if _table(args, watched, measured) or args.follow else NO_VALUE
        _stream(watched, measured, sys.stdin.fileno())
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print("sna-edge watch: nothing reads the answers any more; stopped", file=sys.stderr)
        return FAULT
    finally:
        watched.close()
    return ANSWERED


def _measured(args: argparse.Namespace, watched: Watched) -> MeasuredTable | None:
    """The table of measured values, where there is one."""
    if not args.measured or args.columns:
        return None
    if args.measured[0] == "-":
        raise InputError(
            "--measured - is standard input, where parts come; give a file, or send measured values"
            " in lines of their own"
        )
    if args.table and os.path.realpath(args.table) == os.path.realpath(args.measured[0]):
        raise InputError(
            f"{args.measured[0]} is the table of the parts; its columns measured.NAME are read"
            " without --measured, and --measured NAME counts verdicts against them"
        )
    return MeasuredTable(args, watched.line, args.follow or not args.table, watched.say)


def _stream(watched: Watched, measured: MeasuredTable | None, source: int) -> None:
    count = 0
    for texts in blocks(source, PAUSE if measured or watched.log else None):
        if watched.log and not texts:
            watched.log.rest()
        if measured is None and texts:
            write(watched.now().lines(texts, count + 1), watched, texts)
        elif measured is not None:
            readings = [parsed(text) for text in texts]
            answers, rows = measured.answers(watched.now(), readings, count + 1)
            write(answers, watched, [texts[i] if i >= 0 else b"" for i in rows])
        count += len(texts)
    if measured is not None:
        measured.finish()


def blocks(source: int, pause: float | None = None) -> Iterator[list[bytes]]:
    """Whole lines as they arrive, without their ends; an unfinished last line counts at the end of
    input. `pause`: seconds without any after which an empty block says so, None for never.

    Of a line longer than LONGEST only the first part is kept, so that memory stays bounded.
    """
    rest = b""
    while True:
        if pause is not None and not _ready(source, pause):
            yield []
            continue
        data = os.read(source, BLOCK)
        if not data:
            break
        *lines, tail = (rest + data).split(b"\n")
        rest = tail[: LONGEST + 1]
        if lines:
            yield [text.rstrip(b"\r") for text in lines]
    if rest:
        yield [rest]


def _ready(source: int, pause: float) -> bool:
    """Whether a read would not wait; where this system cannot tell, as if it were so."""
    try:
        return bool(select.select([source], [], [], pause)[0])
    except (OSError, ValueError):
        return True


def _judged(
    line: Line, measured: MeasuredTable | None, readings: Sequence[Reading | str], first: int,
    **options: Any,
) -> list[dict[str, Any]]:  # fmt: skip
    """Answers to rows of a table of parts, and to measured values that have come of another."""
    if measured is None:
        return line.readings(readings, first, bare=True, **options)
    return measured.answers(line, readings, first, bare=True, **options)[0]


def _table(args: argparse.Namespace, watched: Watched, measured: MeasuredTable | None) -> bool:
    """Verdicts for the rows of a table that may still grow; whether one of them has values."""
    model = watched.line.model
    levels = [a.name for a in model.axes if a.kind == "categorical"]
    numbers = [name for name in readable(model) if name not in levels]
    note = args.state or f"{args.table}.state" if args.follow and is_file(args.table) else None
    if args.state and not note:
        raise InputError("--state needs --follow and a table that is a file; leave it out")
    hint, told = hint_of(model.metadata.get("dialect")), Dialect(**declared(args))
    if (
        is_file(args.table)
        and os.path.exists(args.table)
        and (sheet := sheet_at(args.table, levels, told))
    ):
        if args.follow:
            raise InputError(
                f"{args.table} is not written row by row and cannot be followed; leave --follow"
                " out, or follow a CSV file"
            )
        return _sheet(watched, measured, sheet, numbers, args.columns)
    if not args.follow and args.table != "-" and os.path.isfile(args.table):
        told = _settled(args, hint, levels, numbers)
    records = Growing(
        args.table,
        follow=args.follow,
        note=note,
        declared=told,
        hint=hint,
        categorical=levels,
        needed=numbers,
    )
    valued = False
    for batch in records.looks() if measured else records:
        line = watched.now()
        if batch:
            _complete(records, line.model, args.table)
        names, units = renamed(records.names, records.units, args.columns, args.table)
        answers = _judged(
            line, measured, table_readings(names, batch), records.count + 1,
            number=records.number, units=units,
        )  # fmt: skip
        valued = write(answers, watched) or valued
        if note and answers:
            stored(watched)
    if measured is not None:
        measured.finish()
    if not records.count and not args.follow:
        raise InputError(f"{args.table} has no rows below its header; give a table with rows")
    return valued


def _settled(
    args: argparse.Namespace, hint: Dialect, levels: Sequence[str], numbers: Sequence[str]
) -> Dialect:
    """What is declared, with the decimal mark that the whole file proves. Raises InputError where
    it stays open."""
    told = Dialect(**declared(args))
    try:
        marks = open_table(args.table, hint, **declared(args), categorical=levels).settle(numbers)
    except OpenMark:
        raise
    except InputError:
        return told  # what else is wrong is said of its row
    return replace(told, decimal=marks.decimal)


def _sheet(
    watched: Watched, measured: MeasuredTable | None, sheet: Source, numbers: Sequence[str],
    columns: Sequence[str],
) -> bool:  # fmt: skip
    """Verdicts for the rows of a workbook or a Parquet file; whether one of them has values."""
    _complete(sheet, watched.line.model, sheet.path)
    count, marks, valued = 0, sheet.marks(numbers), False
    names, units = renamed(sheet.names, sheet.units, columns, sheet.path)
    for block in sheet.blocks():
        for name in [n for n in numbers if n in sheet.names]:
            marks.column(name).look(block.column(sheet.names.index(name)), block.lines)
        records = [
            Record(at, row, block.wrong.get(i, ""))
            for i, (at, row) in enumerate(zip(block.lines, block.rows, strict=True))
        ]
        answers = _judged(
            watched.now(), measured, table_readings(names, records), count + 1,
            number=marks.number, units=units,
        )  # fmt: skip
        valued = write(answers, watched) or valued
        count += len(records)
    if measured is not None:
        measured.finish()
    if not count:
        raise InputError(f"{sheet.path} has no rows below its header; give a table with rows")
    return valued


def _complete(found: Source | Growing, model: Model, table: str) -> None:
    """Raises InputError where the table lacks an input, or has one in a unit of another kind."""
    columns = needed(model, found.names)
    missing = [name for name in columns if name not in found.names]
    if missing:
        raise InputError(
            f"{table} has no column {', '.join(map(repr, missing))}; its columns are"
            f" {', '.join(found.names)}"
        )
    for axis in columns.values():
        if found.units.get(axis.name):
            Measure(Marks(table), axis.name, axis.unit, found.units[axis.name])
    for output in model.outputs:
        if own := units_in(found.units).get(output.name):
            Measure(Marks(table), output.name, output.unit, own, "output")
