"""A table in memory: named columns of numbers, or of text where a cell is no number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError

from ..fit.samples import AxisSpec, Samples

Floats = NDArray[np.float64]
MOST_LEVELS = 64
MISSING = ("", "na", "n/a", "nan", "null", "none", "?", "-")
"""Cells, in lower case, that mean no value."""


@dataclass(frozen=True, eq=False)
class Table:
    """names [C]; numbers [N, C], NaN where a cell is missing or text; text[column] = its cells as written.

    `first_line` is the line of the file that holds row 0, for messages. Column-major, so that a column is contiguous.
    """

    names: tuple[str, ...]
    numbers: Floats
    text: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    first_line: int = 2

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[object]]) -> Table:
        """From named columns of equal length; text stays text."""
        names = tuple(columns)
        lengths = {len(c) for c in columns.values()}
        if len(lengths) > 1:
            raise InputError("columns differ in length; give one cell per row")
        arrays, text = [], {}
        for name, cells in columns.items():
            array = np.asarray(cells)
            if array.dtype.kind in "OUS":
                strings = np.array(["" if c is None else str(c) for c in cells])
                array = numbers_of(strings)
                if np.isnan(array).any():
                    text[name] = strings
            arrays.append(np.asarray(array, dtype=float))
        return cls(names, np.asfortranarray(np.stack(arrays, axis=1)) if arrays else np.empty((0, 0)), text)

    def __len__(self) -> int:
        return len(self.numbers)

    def column(self, name: str) -> Floats:
        """Cells of a column as numbers. Raises InputError when the name is unknown."""
        return self.numbers[:, self.index(name)]

    def index(self, name: str) -> int:
        if name not in self.names:
            raise InputError(f"the table has no column {name!r}; its columns are {', '.join(self.names)}")
        return self.names.index(name)

    def samples(
        self,
        targets: Sequence[str],
        inputs: Sequence[str] | None = None,
        *,
        categorical: Sequence[str] = (),
        domain: Mapping[str, tuple[float, float]] | None = None,
    ) -> tuple[Samples, list[str]]:
        """Checked rows to fit, and remarks. Constant inputs are left out with a remark.

        Raises InputError: unknown names, missing cells, text in a column that is not categorical (row and column
        named), a constant target, fewer than two rows.
        """
        domain = dict(domain or {})
        targets = list(targets)
        chosen = [n for n in self.names if n not in targets] if inputs is None else list(inputs)
        self._check_names(targets, chosen, categorical, domain)
        if not len(self):
            raise InputError("the table has a header but no rows; give at least two rows")
        if len(self) == 1:
            raise InputError("the table has one row; a fit needs at least two different ones")
        notes, axes, columns = [], [], []
        for name in chosen:
            spec, column = self._input(name, name in categorical, domain.get(name))
            if spec is None:
                notes.append(f"input {name!r} is constant and was left out")
                continue
            axes.append(spec)
            columns.append(column)
        if not axes:
            raise InputError("no input varies; give at least one input column with different values")
        y = [self._numeric(name) for name in targets]
        return Samples.of(self._joined(axes, columns), np.stack(y, axis=1), axes, targets), notes

    def _joined(self, axes: list[AxisSpec], columns: list[Floats]) -> Floats:
        """The columns side by side [N, D]; a view where they stand so in the table (ten million rows are half a gigabyte)."""
        first = self.index(axes[0].name)
        together = all(not a.levels and self.index(a.name) == first + i for i, a in enumerate(axes))
        return self.numbers[:, first : first + len(axes)] if together else np.stack(columns, axis=1)

    def _check_names(self, targets: list[str], inputs: list[str], categorical: Sequence[str], domain: Mapping[str, object]) -> None:
        for name in (*targets, *inputs, *categorical, *domain):
            self.index(name)
        if not targets:
            raise InputError("no target is named; name the column to predict")
        if not inputs:
            raise InputError("no input is left; name at least one column to predict from")
        for name in targets:
            if name in inputs:
                raise InputError(f"column {name!r} is both target and input; name it once")
        for name in (*categorical, *domain):
            if name not in inputs:
                raise InputError(f"column {name!r} is declared categorical or given a domain but is not an input")
        for name in categorical:
            if name in domain:
                raise InputError(f"column {name!r} is categorical; its domain is its levels, leave the ends out")

    def _input(self, name: str, categorical: bool, domain: tuple[float, float] | None) -> tuple[AxisSpec | None, Floats]:
        if categorical:
            levels, column = self._levels(name)
            return (AxisSpec(name, levels=levels) if len(levels) > 1 else None), column
        column = self._numeric(name)
        if column.min() == column.max():
            return None, column
        if domain is not None:
            outside = np.flatnonzero((column < domain[0]) | (column > domain[1]))
            if len(outside):
                row = int(outside[0])
                raise InputError(
                    f"row {row + 1} (line {self.first_line + row}): {name!r} = {column[row]:g} lies outside its declared domain "
                    f"{domain[0]:g}..{domain[1]:g}; widen the domain or drop the row"
                )
        return AxisSpec(name, domain=domain), column

    def _numeric(self, name: str) -> Floats:
        column = self.column(name)
        bad = np.flatnonzero(~np.isfinite(column))
        if not len(bad):
            return column
        row = int(bad[0])
        where = f"row {row + 1} (line {self.first_line + row}), column {name!r}"
        cell = str(self.text[name][row]).strip() if name in self.text else str(column[row])
        if cell.lower() in MISSING:
            raise InputError(f"{where}: the cell is missing; fill it or drop the row")
        if name in self.text and not _is_number(cell):
            raise InputError(f"{where}: {cell!r} is text; declare the column categorical, leave it out or correct the cell")
        raise InputError(f"{where}: {cell!r} is not a finite number; correct the cell or drop the row")

    def _levels(self, name: str) -> tuple[tuple[str, ...], Floats]:
        cells = np.char.strip(self.text[name]) if name in self.text else _as_names(self.column(name))
        for row, cell in enumerate(cells):
            if str(cell).lower() in MISSING:
                where = f"row {row + 1} (line {self.first_line + row}), column {name!r}"
                raise InputError(f"{where}: the cell is missing; fill it or drop the row")
        found, index = np.unique(cells, return_inverse=True)
        if name not in self.text:
            order = np.argsort(found.astype(float))
            found, index = found[order], np.argsort(order)[index]
        if len(found) > MOST_LEVELS:
            raise InputError(f"column {name!r} has {len(found)} levels, more than {MOST_LEVELS}; group rare ones or leave it out")
        return tuple(str(v) for v in found), index.astype(float)


def _as_names(column: Floats) -> NDArray[np.str_]:
    return np.array([f"{v:.15g}" for v in column])


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def numbers_of(cells: NDArray[np.str_]) -> Floats:
    """The cells as numbers, NaN where they are not."""
    try:
        return np.asarray(cells.astype(float))
    except ValueError:
        return np.array([float(c) if _is_number(c) else np.nan for c in cells.tolist()])
