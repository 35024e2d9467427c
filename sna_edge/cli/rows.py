"""A CSV table in, the same table with answers out: a block of rows at a time, standard library and numpy only."""

from __future__ import annotations

import csv
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from ..axis import Axis
from ..errors import InputError
from ..model import Model
from ..status import Status
from .answer import coordinate

Floats = NDArray[np.float64]
BLOCK = 65536  # rows held in memory


def answer_table(model: Model, source: str, target: str, *, extrapolate: bool) -> dict[int, int]:
    """Write `source` with `status` and NAME, NAME_lower, NAME_upper per output to `target`; count rows per status.

    A column of `source` whose name is taken by an answer is written as NAME_in. A cell that is no number makes its
    row `bad_input`. Raises InputError for a table without a needed column or without rows.
    """
    counts: Counter[int] = Counter()
    answers = ["status", *(name for o in model.output_names for name in (o, f"{o}_lower", f"{o}_upper"))]
    with open(source, newline="", encoding="utf-8-sig") as file, whole(target) as out:
        rows = csv.reader(file, delimiter=delimiter(source))
        header = [name.strip() for name in next(rows, [])]
        columns = _columns(model, header, source)
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([f"{h}_in" if h in answers else h for h in header] + answers)
        for block in _blocks(rows, len(header)):
            status, cells = _answers(model, block, columns, extrapolate)
            counts.update(status)
            writer.writerows(row + new for row, new in zip(block, cells, strict=True))
        if not counts:
            raise InputError(f"{source} has no rows below its header; give a table with rows")
    return dict(counts)


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


def _columns(model: Model, header: Sequence[str], source: str) -> list[int]:
    """Position of every input's column."""
    if not header:
        raise InputError(f"{source} is empty; give a table with a header line and rows")
    missing = [name for name in model.input_names if name not in header]
    if missing:
        raise InputError(
            f"{source} has no column {', '.join(map(repr, missing))}; its columns are {', '.join(header)}, "
            f"this model needs {', '.join(model.input_names)}"
        )
    return [header.index(name) for name in model.input_names]


def _blocks(rows: Iterator[list[str]], width: int) -> Iterator[list[list[str]]]:
    """Rows in blocks, each row padded or cut to `width` cells; blank lines are skipped."""
    kept = ((row + [""] * width)[:width] for row in rows if row)
    while block := list(islice(kept, BLOCK)):
        yield block


def _answers(model: Model, block: list[list[str]], columns: list[int], extrapolate: bool) -> tuple[list[int], list[list[str]]]:
    """Status per row, and the cells to append to it."""
    x = [_numbers(axis, [row[c] for row in block]) for axis, c in zip(model.axes, columns, strict=True)]
    found = model.evaluate(np.stack(x, axis=1), extrapolate=extrapolate)
    numbers = np.stack([found.value, found.lower, found.upper], axis=2).reshape(len(block), -1)
    words = {s: Status(s).label for s in set(found.status.tolist())}
    cells = [[words[s], *map(_cell, row)] for s, row in zip(found.status.tolist(), numbers.tolist(), strict=True)]
    return found.status.tolist(), cells


def _cell(value: float) -> str:
    return "" if value != value else repr(value)


def _numbers(axis: Axis, cells: list[str]) -> Floats:
    """Coordinates of a column: NaN where a cell is empty or no number, infinity where a level was never seen."""
    if axis.kind == "categorical":
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
