"""A table in memory: named columns of numbers, or of text where a cell is no number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.missing import WORDS
from sna_edge.errors import InputError
from sna_edge.table import Marks, Source, is_number, number
from sna_edge.table.numbers import SHAPES, numbers
from sna_edge.table.sheets import written
from sna_edge.values.frames import columns_of
from sna_edge.values.levels import unmasked
from sna_edge.values.reals import missing

from ..fit.data.samples import AxisSpec, Samples, first_outside

Floats = NDArray[np.float64]
MOST_LEVELS = 64
MISSING = WORDS
"""Cells, in lower case, that mean no number; as levels they stand for themselves."""


@dataclass(frozen=True, eq=False)
class Table:
    """names [C]; numbers [N, C], NaN where a cell is missing or text; cells[column], where known,
    as written.

    `lines[row]` is the line of the file, for messages; `source` the file, which decides what its
    numbers mean; limits[column]: ends between which each of its cells is known to lie, equal where
    it was read. Column-major, so that a column is contiguous.

    >>> table = Table.of({"lot": ["a", "b", "a"], "x": [1.0, 2.0, 3.0], "y": [2.0, 3.0, 5.0]})
    >>> samples, remarks = table.samples(["y"], categorical=["lot"])
    >>> samples.x.tolist(), samples.axes[0].levels
    ([[0.0, 1.0], [1.0, 2.0], [0.0, 3.0]], ('a', 'b'))
    """

    names: tuple[str, ...]
    numbers: Floats
    cells: Mapping[str, Sequence[object]] = field(default_factory=dict)
    lines: Sequence[int] = ()
    source: Source | None = None
    marks: Marks = field(default_factory=lambda: Marks("the table"))
    limits: Mapping[str, tuple[Floats, Floats]] = field(default_factory=dict)

    @classmethod
    def of(cls, columns: Mapping[str, Sequence[object]] | Any) -> Table:
        """From named columns of equal length, or a frame (pandas, polars, pyarrow, a structured
        array); text and times stay text."""
        named: Mapping[str, Any] | None = (
            columns if isinstance(columns, Mapping) else columns_of(columns)
        )
        if named is None:
            raise InputError(
                f"a {type(columns).__name__} has no named columns; give a mapping from names to"
                " columns"
            )
        names = tuple(str(name) for name in named)
        found = [_column(column, name) for name, column in zip(names, named.values(), strict=True)]
        if len({len(c) for c in found}) > 1:
            raise InputError("columns differ in length; give one cell per row")
        arrays: list[Floats] = []
        cells: dict[str, Sequence[object]] = {}
        for name, array in zip(names, found, strict=True):
            if array.dtype.kind != "f":
                cells[name] = (
                    array.tolist()
                    if array.dtype.kind in "biu"
                    else ["" if missing(c) else c for c in array.astype(object)]
                )
            arrays.append(
                numbers([as_written(c) for c in cells[name]])
                if array.dtype.kind in "OUSMm"
                else array.astype(float)
            )
        return cls(
            names,
            np.asfortranarray(np.stack(arrays, axis=1)) if arrays else np.empty((0, 0)),
            cells,
        )

    @classmethod
    def of_cells(
        cls,
        cells: Mapping[str, list[str]],
        lines: Sequence[int],
        source: Source,
        marks: Marks | None = None,
    ) -> Table:
        """From the cells of a file. A decimal mark that its columns leave open is decided by those
        that are used."""
        try:
            marks = marks or source.marks()
        except InputError:
            marks = Marks(source.path)
        values = np.empty((len(lines), len(cells)), order="F")
        for i, column in enumerate(cells.values()):
            values[:, i] = numbers(column, marks.decimal)
        return cls(tuple(cells), values, cells, lines, source, marks)

    @property
    def units(self) -> Mapping[str, str]:
        """Units from a row below the header."""
        return self.source.units if self.source else {}

    def has_text(self, name: str) -> bool:
        """Whether a column of a file has a cell that is no number; the file is not read again."""
        return name in self.cells and bool(np.isnan(self.column(name)).any())

    def __len__(self) -> int:
        return len(self.numbers)

    def column(self, name: str) -> Floats:
        """Cells of a column as numbers. Raises InputError when the name is unknown."""
        return self.numbers[:, self.index(name)]

    def written(self, name: str) -> list[str]:
        """Cells of a column as text, without blanks around; '' where one is missing."""
        column = self.column(name)
        known = self.cells[name] if name in self.cells else column.tolist()
        return [as_written(cell).strip() for cell in known]

    def index(self, name: str) -> int:
        """Position of a column. Raises InputError when the name is unknown."""
        if name not in self.names:
            raise InputError(
                f"the table has no column {name!r}; its columns are {', '.join(self.names)}"
            )
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

        Raises InputError: unknown names, missing cells, text in a column that is not categorical
        (row and column named), a constant target, fewer than two rows.
        """
        domain = dict(domain or {})
        targets = list(targets)
        chosen = [n for n in self.names if n not in targets] if inputs is None else list(inputs)
        self._check_names(targets, chosen, categorical, domain)
        return self.decided([n for n in (*targets, *chosen) if n not in categorical])._samples(
            targets, chosen, categorical, domain
        )

    def settled(self, numeric: Sequence[str]) -> Table:
        """The table whose columns `numeric` are numbers for good, apart from its file. Raises
        InputError for decimal marks that contradict each other."""
        found = self.decided(numeric)
        for name in numeric:
            found._check_marks(name)
        return replace(found, source=None)

    def decided(self, needed: Sequence[str]) -> Table:
        """The table with the decimal mark that the columns `needed` as numbers prove; columns that
        were computed prove none."""
        if self.source is None or self.marks.trusted:
            return self
        if any(name not in self.cells for name in self.names):
            return self  # decided before its columns were computed
        marks = self.source.marks(needed)
        if marks.decimal == self.marks.decimal:
            return replace(self, marks=marks)
        return Table.of_cells(
            {name: [str(c) for c in self.cells[name]] for name in self.names},
            self.lines,
            self.source,
            marks,
        )

    def _samples(
        self,
        targets: list[str],
        chosen: list[str],
        categorical: Sequence[str],
        domain: Mapping[str, tuple[float, float]],
    ) -> tuple[Samples, list[str]]:
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
            raise InputError(
                "no input varies; give at least one input column with different values"
            )
        y = [self._numeric(name) for name in targets]
        made = Samples.of(self._joined(axes, columns), np.stack(y, axis=1), axes, targets)
        return replace(made, limits=self._limits(targets)), notes

    def _limits(self, targets: Sequence[str]) -> tuple[Floats, Floats] | None:
        """Ends [N, K] of the targets; None where all of them were read."""
        if not any(name in self.limits for name in targets):
            return None
        read = {name: (self.column(name), self.column(name)) for name in targets}
        found = [{**read, **self.limits}[name] for name in targets]
        low, high = (np.stack([one[i] for one in found], axis=1) for i in (0, 1))
        return low, high

    def _joined(self, axes: list[AxisSpec], columns: list[Floats]) -> Floats:
        """The columns side by side [N, D]; a view where they stand so in the table (ten million
        rows are half a gigabyte)."""
        first = self.index(axes[0].name)
        together = all(not a.levels and self.index(a.name) == first + i for i, a in enumerate(axes))
        return self.numbers[:, first : first + len(axes)] if together else np.stack(columns, axis=1)

    def _check_names(
        self,
        targets: list[str],
        inputs: list[str],
        categorical: Sequence[str],
        domain: Mapping[str, object],
    ) -> None:
        for name in (*targets, *inputs, *categorical, *domain):
            self.index(name)
        if not targets:
            raise InputError("no target named; name the column to predict")
        if not inputs:
            raise InputError("no input is left; name at least one column to predict from")
        for name in targets:
            if name in inputs:
                raise InputError(f"column {name!r} is both target and input; name it once")
        for name in (*categorical, *domain):
            if name not in inputs:
                raise InputError(
                    f"column {name!r} is declared categorical or given a domain but is not an input"
                )
        for name in categorical:
            if name in domain:
                raise InputError(
                    f"column {name!r} is categorical; its domain is its levels, leave the ends out"
                )

    def _input(
        self, name: str, categorical: bool, domain: tuple[float, float] | None
    ) -> tuple[AxisSpec | None, Floats]:
        if categorical:
            levels, column = self._levels(name)
            return (AxisSpec(name, levels=levels) if len(levels) > 1 else None), column
        column = self._numeric(name)
        if column.min() == column.max():
            return None, column
        if domain is not None and (row := first_outside(column, domain)) is not None:
            raise InputError(
                f"{self.place(row)}: {name!r} = {column[row]:g} lies outside its declared domain "
                f"{domain[0]:g}..{domain[1]:g}; widen the domain or drop the row"
            )
        return AxisSpec(name, domain=domain), column

    def place(self, row: int) -> str:
        """Where a row stands, for messages: 'row 3 (line 4)'."""
        return f"row {row + 1} (line {self.lines[row] if len(self.lines) else row + 2})"

    def _numeric(self, name: str) -> Floats:
        column = self.column(name)
        bad = np.flatnonzero(~np.isfinite(column))
        if not len(bad):
            self._check_marks(name)
            return column
        row = int(bad[0])
        where = f"{self.place(row)}, column {name!r}"
        cell = self.written(name)[row] if name in self.cells else str(column[row])
        if is_missing(cell):
            count = sum(is_missing(c) for c in map(self.written(name).__getitem__, bad.tolist()))
            many = f", as {count} of {len(self)} cells of the column" if count > 1 else ""
            raise InputError(
                f"{where}: the cell is missing{_quoted(cell)}{many}; fill it or drop the row"
                " (--missing drop leaves such rows out)"
            )
        if contradiction := self.marks.contradiction(cell):
            raise InputError(f"{where}: {contradiction}")
        if (
            not cell.lower().lstrip("+-").startswith("inf")
            and not is_number(cell)
            and not _too_large(cell)
        ):
            raise InputError(
                f"{where}: {cell!r} is text; declare the column categorical, leave it out or"
                " correct the cell"
            )
        raise InputError(
            f"{where}: {cell!r} is not a finite number; correct the cell or drop the row"
        )

    def _check_marks(self, name: str) -> None:
        """Raises InputError for a column of a file whose decimal marks look like thousands."""
        of_file = self.source is not None and name in self.cells
        if of_file and (self.marks.typed or not self.marks.trusted):
            column = self.marks.column(name)
            column.numbers(
                [c if isinstance(c, str) else str(c) for c in self.cells[name]], self.lines
            )
            column.finish()

    def _levels(self, name: str) -> tuple[tuple[str, ...], Floats]:
        """Level names as written, in the order of numbers where all are numbers; only an empty cell
        is missing."""
        cells = self.written(name)
        if "" in cells:
            raise InputError(
                f"{self.place(cells.index(''))}, column {name!r}: the cell is missing; fill it in"
                " or drop the row"
            )
        found = sorted(set(cells), key=_order(set(cells), self.marks))
        if len(found) > MOST_LEVELS:
            raise InputError(
                f"column {name!r} has {len(found)} levels, more than {MOST_LEVELS}; group rare ones"
                " or leave it out"
            )
        index = {level: float(i) for i, level in enumerate(found)}
        return tuple(found), np.array([index[cell] for cell in cells])


def _column(values: Any, name: str) -> NDArray[Any]:
    """One column as an array [N]; NaN or None where it is masked, text where it holds times."""
    array = unmasked(values)
    if array.dtype.kind == "c" or (
        array.dtype.kind == "O"
        and any(isinstance(c, (complex, np.complexfloating)) for c in array.flat)
    ):
        raise InputError(
            f"column {name!r} is complex; give its real part, or real and imaginary part as two"
            " columns"
        )
    if array.ndim != 1:
        raise InputError(f"column {name!r} has the shape {array.shape}; give one cell per row")
    return array.astype(str).astype(object) if array.dtype.kind in "Mm" else array


def as_written(cell: object) -> str:
    """A cell of any type as text: 7.0 as '7', '' where it is missing."""
    if isinstance(cell, (str, bool, np.bool_)):
        return str(cell)
    return "" if cell is None or type(cell).__name__ in ("NAType", "NaTType") else written(cell)


def is_missing(cell: str) -> bool:
    """Whether a cell means no number: '', 'NA', '-' and the like."""
    return cell.lower() in MISSING


def _order(levels: set[str], marks: Marks) -> Callable[[str], tuple[float, str]]:
    if all(map(is_number, levels)):
        return lambda level: (
            found if (found := marks.number(level)) == found else number(level),
            level,
        )
    return lambda level: (0.0, level)


def _quoted(cell: str) -> str:
    return f" ({cell!r})" if cell else ""


def _too_large(cell: str) -> bool:
    """A number beyond the largest one."""
    return any(shape.fullmatch(cell) for shape in SHAPES.values())
