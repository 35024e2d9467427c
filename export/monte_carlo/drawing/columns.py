"""Columns of tables that inputs are drawn from: those of one file share its rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis
from sna_edge.errors import InputError
from sna_edge.values.naming import bracketed, column_of
from sna_edge.values.units import conversion

from ...table import Table, read_table
from ...table.table import is_missing
from .draws import ROWS, Draw

Floats = NDArray[np.float64]
MOST_ROWS = 1_000_000


class Columns:
    """asked: input -> (file, column), '' for the column of its name."""

    def __init__(
        self,
        axes: Mapping[str, Axis],
        words: Mapping[str, int],
        asked: Mapping[str, tuple[str, str]],
    ) -> None:
        self._axes, self._words, self._asked = axes, words, asked
        self._found: dict[str, tuple[int, dict[str, Floats]]] = {}

    def draw(self, name: str) -> Draw:
        """Rows that are whole in all columns drawn from their file. Raises InputError."""
        path, _ = self._asked[name]
        if path not in self._found:
            self._found[path] = self._read(path)
        word, columns = self._found[path]
        return Draw(ROWS, word, values=tuple(columns[name].tolist()))

    def _read(self, path: str) -> tuple[int, dict[str, Floats]]:
        """The word of the file's rows, and whole rows of the columns asked for, by input."""
        table = read_table(path)
        asked = {name: column for name, (other, column) in self._asked.items() if other == path}
        places = {n: _place(table, path, n, column) for n, column in asked.items()}
        numeric = [p for n, p in places.items() if self._axes[n].kind != "categorical"]
        table = table.settled(numeric)
        columns = {n: _values(table, path, self._axes[n], p) for n, p in places.items()}
        whole = np.all([np.isfinite(c) for c in columns.values()], axis=0)
        if not 0 < whole.sum() <= MOST_ROWS:
            raise InputError(
                f"{path} has {whole.sum():,} rows without a gap in {', '.join(places.values())};"
                f" give 1 to {MOST_ROWS:,} of them"
            )
        word = min(self._words[name] for name in asked)
        return word, {name: column[whole] for name, column in columns.items()}


def _place(table: Table, path: str, name: str, column: str) -> str:
    """The column as the file names it."""
    wanted = column or name
    found = wanted if wanted in table.names else column_of(wanted, table.names)
    if found is None:
        raise InputError(
            f"{path} has no column {wanted!r}; its columns are {', '.join(table.names)}: write"
            f" column({path}, COLUMN)"
        )
    return found


def _values(table: Table, path: str, axis: Axis, place: str) -> Floats:
    """Coordinates [N] in the unit of the model, NaN where a cell is missing."""
    if axis.kind == "categorical":
        found = axis.encode(np.array(table.written(place), dtype=object))
    else:
        found = table.column(place)
        own = table.units.get(place, "") or bracketed(place)
        if own and axis.unit and own != axis.unit:
            scale, shift = map(float, conversion(own, axis.unit, axis.name))
            found = found * scale + shift
    lost = np.flatnonzero(~np.isfinite(found))
    written = table.written(place) if len(lost) else []
    for row in lost.tolist():
        if not is_missing(written[row]):
            raise InputError(
                f"{path}, {table.place(row)}: {written[row]!r} is no value of {axis.describe()};"
                " correct the cell or drop the row"
            )
    return np.where(np.isfinite(found), found, np.nan)
