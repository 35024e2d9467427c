"""The answers of `watch` as lines of JSON, every digit of a reading as it came."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from ...quality.echo import ECHOED, altered, sent
from ...quality.encoded import encoded, quotable
from ..trusted.watched import Watched

QUOTED = 2048  # bytes; longer lines hold more than what is judged by


def stored(watched: Watched) -> None:
    """Answers in a file survive a power cut before the note says that they were given."""
    with suppress(OSError):  # a pipe or a terminal
        os.fsync(sys.stdout.fileno())
    if watched.log is not None:
        with suppress(OSError):  # said when the next lines are written
            watched.log.sync()


def write(answers: list[dict[str, Any]], watched: Watched, texts: Sequence[bytes] = ()) -> bool:
    """The answers as lines, at once, and whether one has values; what they were made with ends each
    of them. `texts` are the lines of JSON that they answer, if they came as such."""
    if not answers:
        return False
    if watched.against is not None:
        watched.against.look(answers, watched.line.limits)
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
        if line and "reading" in answer and len(line) <= QUOTED and (all_plain or quotable(line)):
            del answer["reading"]
            yield f'{_text(answer, line)[:-1]}, "reading": {line.decode()}'
        else:
            yield _text(answer, line)[:-1]


def _text(answer: dict[str, Any], line: bytes) -> str:
    if line and altered(answer):
        return _as_sent(answer, line)
    return encoded(answer)


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
