"""Rows with missing cells: how many there are, and the table without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError

from .row_facts import taken
from .table import Table, is_missing


def missing_cells(
    table: Table, names: Sequence[str], categorical: Sequence[str] = ()
) -> dict[str, NDArray[np.bool_]]:
    """Where cells are missing [N], for those columns of `names` in which some are. A categorical
    column lacks its empty cells alone."""
    found = {}
    for name in names:
        if name in categorical:
            gaps = np.array([not cell for cell in table.written(name)], dtype=bool)
        else:
            gaps = ~np.isfinite(table.column(name))
            if name in table.cells:
                cells = table.written(name)
                gaps[gaps] = [is_missing(cells[row]) for row in np.flatnonzero(gaps)]
            else:
                gaps &= np.isnan(table.column(name))
        if gaps.any():
            found[name] = gaps
    return found


def without_missing(
    table: Table, names: Sequence[str], categorical: Sequence[str] = ()
) -> tuple[Table, Mapping[str, int]]:
    """The rows in which all of `names` are filled, and how many cells of a column were missing.
    Raises InputError where no row is left.

    >>> table = Table.of({"x": [1.0, 2.0, 3.0], "y": [2.0, float("nan"), 5.0]})
    >>> kept, counts = without_missing(table, ["x", "y"])
    >>> kept.column("x").tolist(), counts
    ([1.0, 3.0], {'y': 1})
    """
    gaps = missing_cells(table, names, categorical)
    if not gaps:
        return table, {}
    keep = ~np.logical_or.reduce(list(gaps.values()))
    counts = {name: int(column.sum()) for name, column in gaps.items()}
    if not keep.any():
        said = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise InputError(
            f"no row has a value in every column (missing in {len(keep)} rows: {said}); fill some"
            " in, or leave a column out"
        )
    return taken(table, np.flatnonzero(keep)), counts
