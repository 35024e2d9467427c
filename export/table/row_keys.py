"""Columns that say which rows belong together: a label of every row, or its time."""

from __future__ import annotations

import re
from datetime import datetime, timezone

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError

from .table import MISSING, Table, as_written

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FINER = re.compile(r"(\.\d{6})\d+")
"""Digits behind the microseconds, which Python 3.10 refuses and later ones leave out."""
DAY_FIRST = ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S")


def labels(table: Table, name: str) -> tuple[tuple[str, ...], Ints]:
    """The labels of a column as written, sorted, and the place of every row's among them [N].

    Raises InputError for an unknown column and a missing cell.
    """
    cells = _cells(table, name)
    found, place = np.unique(np.array(cells), return_inverse=True)
    return tuple(map(str, found)), np.asarray(place.reshape(-1), dtype=np.int64)


def times(table: Table, name: str) -> Floats:
    """Time [N] of every row: numbers as they are, dates as seconds.

    Raises InputError for an unknown column, a missing cell and text that is no date.
    """
    column = table.column(name)
    if np.isfinite(column).all():
        return np.asarray(column, dtype=float)
    return np.array([_seconds(c, name, row) for row, c in enumerate(_cells(table, name))])


def _cells(table: Table, name: str) -> list[str]:
    column = table.column(name)
    known = table.cells[name] if name in table.cells else column.tolist()
    cells = [as_written(cell).strip() for cell in known]
    for row, cell in enumerate(cells):
        if cell.lower() in MISSING:
            raise InputError(
                f"row {row + 1}, column {name!r}: the cell is missing; a row whose group or time is"
                " not known cannot be held out, fill the cell or drop the row"
            )
    return cells


def _seconds(cell: str, name: str, row: int) -> float:
    try:
        return _since_1970(datetime.fromisoformat(FINER.sub(r"\1", cell)))
    except ValueError:
        pass
    for form in DAY_FIRST:
        try:
            return _since_1970(datetime.strptime(cell, form))
        except ValueError:
            continue
    raise InputError(
        f"row {row + 1}, column {name!r}: {cell!r} is neither a number nor a date; write times as"
        " numbers or as 2026-11-27 08:30"
    )


def _since_1970(at: datetime) -> float:
    """Seconds; times without a zone as if they were of UTC."""
    return (at if at.tzinfo else at.replace(tzinfo=timezone.utc)).timestamp()
