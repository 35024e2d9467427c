"""Columns of numbers that say something of every row, weights for instance, and rows left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError

from .table import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def taken(table: Table, rows: Ints) -> Table:
    """These rows alone, with their lines in the file."""
    some = rows.tolist()
    cells = {name: [table.cells[name][row] for row in some] for name in table.cells}
    lines = [table.lines[row] for row in some] if len(table.lines) else ()
    limits = {name: (low[rows], high[rows]) for name, (low, high) in table.limits.items()}
    numbers = np.asfortranarray(table.numbers[rows])
    return replace(table, numbers=numbers, cells=cells, lines=lines, limits=limits)


def without_column(table: Table, name: str) -> Table:
    """The table without one of its columns. Raises InputError where it has none of that name."""
    left = [i for i in range(len(table.names)) if i != table.index(name)]
    cells = {n: c for n, c in table.cells.items() if n != name}
    names = tuple(table.names[i] for i in left)
    return replace(
        table, names=names, cells=cells, numbers=np.asfortranarray(table.numbers[:, left])
    )


def amounts(table: Table, name: str, what: str) -> Floats:
    """A column of numbers of zero or more, `what` they are in the singular. Raises InputError with
    the row for another cell, and where all are zero.

    >>> amounts(Table.of({"n": [2.0, 1.0]}), "n", "weight")
    array([2., 1.])
    """
    column = table.column(name)
    for bad, why in ((~np.isfinite(column), "is no finite number"), (column < 0, "is negative")):
        if bad.any():
            row = int(np.argmax(bad))
            raise InputError(
                f"{table.place(row)}, column {name!r}: the {what} {table.written(name)[row]!r}"
                f" {why}; give a number of zero or more, or drop the row"
            )
    if len(column) and not column.any():
        raise InputError(f"column {name!r}: every {what} is 0; give a positive one to some rows")
    return column
