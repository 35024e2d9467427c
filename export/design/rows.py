"""Plans as tables: a CSV for the machine, and what comes back from it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.disk import write_whole
from sna_edge.errors import InputError

from ..table import Table
from .space import Space

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Measured:
    """Rows that exist: x [E, D] and y [E, K] of the targets asked for, NaN where none is written
    yet; `cost` columns stay in the table."""

    x: Floats
    y: Floats

    @property
    def done(self) -> NDArray[np.bool_]:
        """[E], which rows have all targets."""
        return np.asarray(np.isfinite(self.y).all(axis=1))

    @property
    def planned(self) -> Floats:
        """The rows that lack one."""
        return self.x[~self.done]


def csv_text(space: Space, x: Floats, targets: Sequence[str] = ()) -> str:
    """A header, a row of units where any is known, a line a row of x [N, D]; targets are empty.

    >>> from sna_export.design import Factor, Space, csv_text
    >>> import numpy as np
    >>> csv_text(Space((Factor("power", 100, 300),)), np.array([[150.0]]), ["depth"])
    'power,depth\\n150,\\n'
    """
    file = StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow([*space.names, *targets])
    units = [f.unit for f in space.factors]
    if any(units):
        table.writerow([f"[{u}]" if u else "" for u in units] + [""] * len(targets))
    for row in x:
        written = [f.written(v) for f, v in zip(space.factors, row.tolist(), strict=True)]
        table.writerow([*written, *[""] * len(targets)])
    return file.getvalue()


def write_csv(
    path: str | PathLike[str], space: Space, x: Floats, targets: Sequence[str] = ()
) -> None:
    """`csv_text` into a file, all of it or nothing."""
    write_whole(path, csv_text(space, x, targets).encode())


def measured_rows(table: Table, space: Space, targets: Sequence[str] = ()) -> Measured:
    """Rows of a table that has a column for each input. Raises InputError for a missing column, a
    cell that is no setting, or an unknown level; a target may be missing."""
    columns = []
    for factor in space.factors:
        if factor.levels:
            columns.append(_levels(table, factor.name, factor.levels))
            continue
        column = table.column(factor.name)
        bad = np.flatnonzero(~np.isfinite(column))
        if len(bad):
            raise InputError(
                f"{table.place(int(bad[0]))}: {factor.name!r} has no number; fill it in or drop the"
                " row"
            )
        columns.append(column)
    y = [table.column(name) for name in targets]
    n = len(table)
    return Measured(np.stack(columns, axis=1), np.stack(y, axis=1) if y else np.empty((n, 0)))


def _levels(table: Table, name: str, levels: Sequence[str]) -> Floats:
    index = {level: float(i) for i, level in enumerate(levels)}
    cells = table.written(name)
    for row, cell in enumerate(cells):
        if cell not in index:
            raise InputError(
                f"{table.place(row)}: {cell!r} is no level of {name!r}; its levels are"
                f" {', '.join(levels)}"
            )
    return np.array([index[cell] for cell in cells])
