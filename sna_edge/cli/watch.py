"""Judge parts as they come: JSON lines on stdin (or a CSV that may grow), one verdict per part as a JSON line."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from ..artifact import read
from ..errors import InputError
from ..quality import Line, read_limits
from ..quality.echo import ECHOED, altered, sent
from ..quality.readings import LONGEST, csv_readings
from .answer import ANSWERED, FAULT, add_model, plain

HELP = "verdicts for a line: ACCEPT, REJECT or NO VERDICT per part, with advice on rejects"

_encoder = json.JSONEncoder(allow_nan=False, check_circular=False)
_c_encoder: Any = getattr(json.encoder, "c_make_encoder", None)
if _c_encoder is not None:  # made once, not per line as JSONEncoder.encode does
    _c_encoder = _c_encoder(None, _encoder.default, json.encoder.encode_basestring_ascii, None, ": ", ", ", False, False, False)
BLOCK = 1 << 16  # bytes read at once: a slow line is answered at once, a fast one in blocks


def configure(parser: argparse.ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument("--limits", required=True, metavar="FILE.toml", help="outputs with LSL, USL, target; knobs with bounds, step, cost")
    parser.add_argument("--table", metavar="PARTS.csv", help="read parts from a table instead of JSON lines on stdin")
    parser.add_argument("--follow", action="store_true", help="wait for more rows at the end of --table, until interrupted")
    parser.add_argument(
        "--advice-ms", type=float, default=50.0, metavar="T", help="time for the advice on a reject; 0 for no advice (default 50)"
    )
    parser.add_argument("--json", action="store_true", help="accepted for symmetry: the answers are JSON lines anyway")


def run(args: argparse.Namespace) -> int:
    if args.advice_ms < 0:
        raise InputError(f"--advice-ms is {args.advice_ms:g}; give a time in milliseconds, or 0 for no advice")
    if args.follow and not args.table:
        raise InputError("--follow needs --table PARTS.csv; standard input is followed anyway")
    model = read(args.model, args.backend)
    line = Line(model, read_limits(args.limits, model), advice_ms=args.advice_ms)
    try:
        if args.table:
            _table(line, args.table, args.follow)
        else:
            _stream(line, sys.stdin.fileno())
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print("sna-edge watch: the answers are no longer read; stopped", file=sys.stderr)
        return FAULT
    return ANSWERED


def _stream(line: Line, source: int) -> None:
    count = 0
    for texts in blocks(source):
        _write(line.lines(texts, count + 1), texts)
        count += len(texts)


def blocks(source: int, follow: bool = False) -> Iterator[list[bytes]]:
    """Whole lines as they arrive, without their ends; an unfinished last line counts at the end of input.

    Of a line longer than LONGEST only the first part is kept, so that memory stays bounded.
    """
    rest = b""
    while True:
        data = os.read(source, BLOCK)
        if not data:
            if not follow:
                break
            time.sleep(0.2)
            continue
        *lines, tail = (rest + data).split(b"\n")
        rest = tail[: LONGEST + 1]
        if lines:
            yield [text.rstrip(b"\r") for text in lines]
    if rest:
        yield [rest]


def _table(line: Line, path: str, follow: bool) -> None:
    header: list[str] | None = None
    count = 0
    source = os.open(path, os.O_RDONLY)
    try:
        for texts in blocks(source, follow):
            rows = [_cells(text) for text in texts]
            if header is None:
                if isinstance(rows[0], str):
                    raise InputError(f"{path}: the header cannot be read ({rows[0]})")
                header, rows = [name.strip() for name in rows[0]], rows[1:]
            _write(line.readings(csv_readings(header, rows), count + 1))
            count += len(rows)
    finally:
        os.close(source)


def _cells(text: bytes) -> list[str] | str:
    """The cells of one line, or what is wrong with it."""
    try:
        return next(csv.reader([text.decode("utf-8-sig", "replace")]), [])
    except csv.Error as error:
        return f"the row is not a table row ({error})"


def _write(answers: list[dict[str, Any]], texts: Sequence[bytes] = ()) -> None:
    """The answers as lines, at once; `texts` are the lines of JSON that they answer, where they came as such."""
    if not answers:
        return
    written = (_text(answer, texts[i] if texts else b"") for i, answer in enumerate(answers))
    sys.stdout.write("".join(text + "\n" for text in written))
    sys.stdout.flush()


def _text(answer: dict[str, Any], line: bytes) -> str:
    if line and altered(answer):
        return _as_sent(answer, line)
    try:
        return _encode(answer)
    except ValueError:  # an interval that overflowed
        return json.dumps(plain(answer), ensure_ascii=True, allow_nan=False)


def _encode(answer: dict[str, Any]) -> str:
    return "".join(_c_encoder(answer, 0)) if _c_encoder is not None else _encoder.encode(answer)


def _as_sent(answer: dict[str, Any], line: bytes) -> str:
    """The answer with what it echoes in the very digits of the line."""
    try:
        given = sent(line.decode("utf-8-sig"))
    except RecursionError:  # read a little less deep in the stack
        given = {}
    back = [f"{json.dumps(key)}: {given.get(key, 'null')}" for key in answer if key in ECHOED]
    rest = _text({key: value for key, value in answer.items() if key not in ECHOED and key != "line"}, b"")
    return f'{{"line": {answer["line"]}, {", ".join(back)}, {rest[1:]}'
