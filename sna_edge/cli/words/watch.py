"""Judge parts as they arrive: JSON lines on stdin, or a table that may still grow; one verdict per
part as a JSON line."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ...errors import InputError
from ...follow import Growing
from ...follow.tail import BLOCK
from ...model import Model
from ...quality.echo import ECHOED, altered, sent
from ...quality.readings import LONGEST, table_readings
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
from ..console import ANSWERED, FAULT, NO_VALUE, json_value
from ..dialect_options import add_dialect, declared
from ..learned.options import add_learning
from ..logs.options import add_log
from ..raw_readings import needed, readable
from ..trusted.options import add_trust
from ..trusted.watched import Watched, is_file

HELP = (
    "judge parts on a line: ACCEPT, REJECT or NO VERDICT, with a recommended adjustment for rejects"
)

QUOTED = 2048  # bytes; longer lines hold more than what is judged by

_encoder = json.JSONEncoder(allow_nan=False, check_circular=False)
_c_encoder: Any = getattr(json.encoder, "c_make_encoder", None)
if _c_encoder is not None:  # made once, not per line as JSONEncoder.encode does
    _c_encoder = _c_encoder(
        None,
        _encoder.default,
        json.encoder.encode_basestring_ascii,
        None,
        ": ",
        ", ",
        False,
        False,
        False,
    )


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge watch`."""
    add_model(parser, or_else="--store DIR")
    parser.add_argument(
        "--store",
        metavar="DIR",
        help="judge with the active model of a store, and with a new one from the next part on",
    )
    add_trust(parser)
    parser.add_argument(
        "--limits",
        required=True,
        metavar="FILE.toml",
        help="LSL, USL and target of outputs; bounds, step and cost of adjustable inputs",
    )
    parser.add_argument(
        "--table",
        metavar="PARTS.csv",
        help="read parts from a table instead of JSON lines on stdin; - reads the table from stdin",
    )
    parser.add_argument(
        "--follow",
        action="store_true",
        help="keep waiting for new rows of --table until interrupted; a restart resumes there",
    )
    parser.add_argument(
        "--state",
        metavar="FILE",
        help="where --follow keeps its position (default: PARTS.csv.state)",
    )
    parser.add_argument(
        "--advice-ms",
        type=float,
        default=50.0,
        metavar="T",
        help="milliseconds for the recommended adjustment of a reject; 0 for none (default 50)",
    )
    add_learning(parser)
    add_log(parser)
    add_dialect(parser)
    parser.add_argument(
        "--json",
        action="store_true",
        help="accepted for consistency; the answers are JSON lines anyway",
    )


def run(args: argparse.Namespace) -> int:
    """Judge parts until the input ends; returns the exit code."""
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
        if args.table:
            return ANSWERED if _table(args, watched) or args.follow else NO_VALUE
        _stream(watched, sys.stdin.fileno())
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print("sna-edge watch: nothing reads the answers any more; stopped", file=sys.stderr)
        return FAULT
    finally:
        watched.close()
    return ANSWERED


def _stream(watched: Watched, source: int) -> None:
    count = 0
    for texts in blocks(source):
        _write(watched.now().lines(texts, count + 1), watched, texts)
        count += len(texts)


def blocks(source: int) -> Iterator[list[bytes]]:
    """Whole lines as they arrive, without their ends; an unfinished last line counts at the end of
    input.

    Of a line longer than LONGEST only the first part is kept, so that memory stays bounded.
    """
    rest = b""
    while True:
        data = os.read(source, BLOCK)
        if not data:
            break
        *lines, tail = (rest + data).split(b"\n")
        rest = tail[: LONGEST + 1]
        if lines:
            yield [text.rstrip(b"\r") for text in lines]
    if rest:
        yield [rest]


def _table(args: argparse.Namespace, watched: Watched) -> bool:
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
        return _sheet(watched, sheet, numbers)
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
    for batch in records:
        line = watched.now()
        _complete(records, line.model, args.table)
        answers = line.readings(
            table_readings(records.names, batch), records.count + 1, records.number, records.units,
            bare=True,
        )  # fmt: skip
        valued = _write(answers, watched) or valued
        if note:
            _stored(watched)
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


def _sheet(watched: Watched, sheet: Source, numbers: Sequence[str]) -> bool:
    """Verdicts for the rows of a workbook or a Parquet file; whether one of them has values."""
    _complete(sheet, watched.line.model, sheet.path)
    count, marks, valued = 0, sheet.marks(numbers), False
    for block in sheet.blocks():
        for name in [n for n in numbers if n in sheet.names]:
            marks.column(name).look(block.column(sheet.names.index(name)), block.lines)
        records = [
            Record(at, row, block.wrong.get(i, ""))
            for i, (at, row) in enumerate(zip(block.lines, block.rows, strict=True))
        ]
        valued = (
            _write(
                watched.now().readings(
                    table_readings(sheet.names, records),
                    count + 1,
                    marks.number,
                    sheet.units,
                    bare=True,
                ),
                watched,
            )
            or valued
        )
        count += len(records)
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


def _stored(watched: Watched) -> None:
    """Answers in a file survive a power cut before the note says that they were given."""
    with suppress(OSError):  # a pipe or a terminal
        os.fsync(sys.stdout.fileno())
    if watched.log is not None:
        with suppress(OSError):  # said when the next lines are written
            watched.log.sync()


def _write(answers: list[dict[str, Any]], watched: Watched, texts: Sequence[bytes] = ()) -> bool:
    """The answers as lines, at once, and whether one has values; what they were made with ends each
    of them. `texts` are the lines of JSON that they answer, if they came as such."""
    if not answers:
        return False
    valued = any("outputs" in answer for answer in answers)
    opened = _beside_lines(answers, texts) if texts else _beside_rows(answers, watched.form)
    lines = "".join([f"{text}{watched.told}\n" for text in opened])
    if watched.log is not None:
        watched.log.write(lines)
    sys.stdout.write(lines)
    sys.stdout.flush()
    return valued


def _beside_rows(answers: list[dict[str, Any]], form: str) -> Iterator[str]:
    """Answers to rows of a table, open at their end; `form` of a reading whose numbers came
    alone."""
    for answer in answers:
        reading = answer.get("reading")
        if type(reading) is list:
            del answer["reading"]
            yield _text(answer, b"")[:-1] + form % tuple(reading)
        else:
            yield _text(answer, b"")[:-1]


def _beside_lines(answers: list[dict[str, Any]], lines: Sequence[bytes]) -> Iterator[str]:
    """Answers to lines of JSON, open at their end. The reading is the line itself where it can be
    quoted: the quickest way, and every digit is kept."""
    all_plain = quotable(b"\n".join(lines))
    for answer, line in zip(answers, lines, strict=True):
        if "reading" in answer and len(line) <= QUOTED and (all_plain or quotable(line)):
            del answer["reading"]
            yield f'{_text(answer, line)[:-1]}, "reading": {line.decode()}'
        else:
            yield _text(answer, line)[:-1]


def quotable(lines: bytes) -> bool:
    """Whether lines that were read as objects can stand in others as they are."""
    ends = b"\r" in lines
    return lines.isascii() and not ends and b"NaN" not in lines and b"Infinity" not in lines


def _text(answer: dict[str, Any], line: bytes) -> str:
    if line and altered(answer):
        return _as_sent(answer, line)
    try:
        return _encode(answer)
    except ValueError:  # an interval that overflowed
        return json.dumps(json_value(answer), ensure_ascii=True, allow_nan=False)


def _encode(answer: dict[str, Any]) -> str:
    return "".join(_c_encoder(answer, 0)) if _c_encoder is not None else _encoder.encode(answer)


def _as_sent(answer: dict[str, Any], line: bytes) -> str:
    """The answer with what it echoes in the very digits of the line."""
    try:
        given = sent(line.decode("utf-8-sig"))
    except RecursionError:  # read a little less deep in the stack
        given = {}
    back = [f"{json.dumps(key)}: {given.get(key, 'null')}" for key in answer if key in ECHOED]
    rest = _text(
        {key: value for key, value in answer.items() if key not in ECHOED and key != "line"}, b""
    )
    return f'{{"line": {answer["line"]}, {", ".join(back)}, {rest[1:]}'
