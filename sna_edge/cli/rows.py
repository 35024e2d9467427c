"""A CSV table in, the same table with answers out: a block of rows at a time, standard library and numpy only."""

from __future__ import annotations

import csv
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from ..axis import Axis
from ..errors import InputError
from ..status import Status
from .answer import coordinate

Floats = NDArray[np.float64]
BLOCK = 65536  # rows held in memory


Answer = Callable[[dict[str, Floats]], tuple[NDArray[Any], Floats]]


def answer_table(source: str, target: str, needed: Mapping[str, Axis | None], answers: Sequence[str], answer: Answer) -> dict[int, int]:
    """Write `source` with `status` and the columns `answers` to `target`; count rows per status.

    `answer` gives status [N] and numbers [N, len(answers)] for the columns `needed` (coordinates where it names an axis, else plain
    numbers; NaN for a cell that is no number). A column of `source` whose name is taken by an answer is written as NAME_in. Raises
    InputError for a table without a needed column or without rows.
    """
    counts: Counter[int] = Counter()
    added = ["status", *answers]
    with open(source, newline="", encoding="utf-8-sig") as file, whole(target) as out:
        rows = csv.reader(file, delimiter=delimiter(source))
        header = [name.strip() for name in next(rows, [])]
        columns = _columns(needed, header, source)
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([f"{h}_in" if h in added else h for h in header] + added)
        for block in _blocks(rows, len(header)):
            given = {name: _numbers(axis, [row[columns[name]] for row in block]) for name, axis in needed.items()}
            status, numbers = answer(given)
            counts.update(status.tolist())
            writer.writerows(row + new for row, new in zip(block, _cells(status, numbers), strict=True))
        if not counts:
            raise InputError(f"{source} has no rows below its header; give a table with rows")
    return dict(counts)


def header_of(path: str) -> list[str]:
    """The column names of a table."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        return [name.strip() for name in next(csv.reader(file, delimiter=delimiter(path)), [])]


def summary(counts: Mapping[int, int], target: str) -> tuple[dict[str, Any], list[str]]:
    """What was written: for --json and in words."""
    words = {Status(s).label: n for s, n in counts.items()}
    total = sum(counts.values())
    lines = [f"{total} rows answered into {target}: " + ", ".join(f"{n} {w}" for w, n in words.items())]
    return {"status": Status.OK.label, "rows": total, "statuses": words, "output": target}, lines


def delimiter(path: str) -> str:
    """The separator that occurs most often in the first line: comma, semicolon or tab."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        first = file.readline()
    return max(",;\t", key=first.count)


@contextmanager
def whole(path: str) -> Iterator[TextIO]:
    """A text file that appears under `path` only when all of it is written."""
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(os.path.abspath(path)), prefix=".sna-")
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as out:
            yield out
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _columns(needed: Iterable[str], header: Sequence[str], source: str) -> dict[str, int]:
    """Position of every needed column."""
    if not header:
        raise InputError(f"{source} is empty; give a table with a header line and rows")
    missing = [name for name in needed if name not in header]
    if missing:
        raise InputError(
            f"{source} has no column {', '.join(map(repr, missing))}; its columns are {', '.join(header)}, "
            f"this query needs {', '.join(needed)}"
        )
    return {name: header.index(name) for name in needed}


def _blocks(rows: Iterator[list[str]], width: int) -> Iterator[list[list[str]]]:
    """Rows in blocks, each row padded or cut to `width` cells; blank lines are skipped."""
    kept = ((row + [""] * width)[:width] for row in rows if row)
    while block := list(islice(kept, BLOCK)):
        yield block


def _cells(status: NDArray[Any], numbers: Floats) -> list[list[str]]:
    """The cells to append to every row."""
    words = {s: Status(s).label for s in set(status.tolist())}
    return [[words[s], *map(_cell, row)] for s, row in zip(status.tolist(), numbers.tolist(), strict=True)]


def _cell(value: float) -> str:
    return "" if value != value else repr(value)


def _numbers(axis: Axis | None, cells: list[str]) -> Floats:
    """Coordinates of a column: NaN where a cell is empty or no number, infinity where a level was never seen."""
    if axis is not None and axis.kind == "categorical":
        known: dict[str, float] = {c: coordinate(axis, c.strip()) if c.strip() else np.nan for c in set(cells)}
        return np.array([known[cell] for cell in cells])
    try:
        return np.array(cells, dtype=float)
    except ValueError:
        return np.array([_number(cell) for cell in cells])


def _number(cell: str) -> Any:
    try:
        return float(cell)
    except ValueError:
        return np.nan
