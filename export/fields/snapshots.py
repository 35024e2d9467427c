"""Runs of another solver: a table of parameters and the field of every run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError

from ..fit.data.samples import AxisSpec
from ..solve.mesh.axis import NAMES
from ..table import Table
from ..table.row_facts import taken, without_column
from ..table.table import is_missing
from .part import Part, part_of
from .result_files import ARRAYS, at_nodes, field_name, read_array, read_mesh, suffixes, values_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST_RUNS = 4
RUN = "number of the run"
EQUAL = 1e-9
"""Of the largest value: fields that differ by less are the same."""


@dataclass(frozen=True, eq=False)
class Snapshots:
    """x [E, D] settings of E runs on `axes` and their `fields` [E, N, C] at the nodes of `part`,
    called `name`; `labels` of C components, none for a scalar; `planned` [Q, D]: rows of the
    `table` without a result file; `files`: the column that names those; `notes` in words."""

    x: Floats
    axes: tuple[AxisSpec, ...]
    fields: Floats
    part: Part
    name: str
    labels: tuple[str, ...]
    planned: Floats
    table: Table
    files: str
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.x)


def read_snapshots(
    table: Table,
    folder: Path,
    *,
    files: str | None = None,
    mesh: str | None = None,
    field: str | None = None,
    matrix: str | None = None,
    inputs: Sequence[str] | None = None,
    categorical: Sequence[str] = (),
    domain: Mapping[str, tuple[float, float]] | None = None,
    probes: Mapping[str, list[float]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Snapshots:
    """The runs of a table, one a row: parameters and, in the column `files` (by default the one
    whose cells end as result files do), the file of the run, from `folder` on.

    `mesh`: a file of the mesh (default: that of the first run); `field`: which of the fields in the
    files; `matrix`: an .npy or .npz file [runs, points(, components)] in place of files. Rows
    without a file are planned runs. `probes` {name: point} name the nearest nodes. Raises
    InputError with row and file for what cannot be used.
    """
    column = None if matrix else _file_column(table, files)
    cells = table.written(column) if column else [str(matrix)] * len(table)
    done = np.array([not is_missing(cell) for cell in cells], dtype=bool)
    if done.sum() < LEAST_RUNS:
        raise InputError(
            f"{int(done.sum())} runs are too few; give at least {LEAST_RUNS} rows with a result"
        )
    rows = np.flatnonzero(done)
    settings = without_column(table, column) if column else table
    x, axes, notes = _settings(taken(settings, rows), inputs, categorical, domain or {})
    part, fields, name = _Reader(folder, mesh, field, dict(probes or {})).all_of(
        table, rows, [cells[r] for r in rows.tolist()], matrix, progress
    )
    fields, labels = _components(fields, part)
    _need_numbers(fields, table, rows, name)
    kept = _once(x, fields, table, rows, name)
    if len(kept) < len(rows):
        notes += (f"{len(rows) - len(kept)} runs stand twice, with the same field",)
    if len(kept) < LEAST_RUNS:
        raise InputError(f"{len(kept)} different runs are too few; give at least {LEAST_RUNS}")
    planned = settings_at(taken(settings, np.flatnonzero(~done)), axes)
    return Snapshots(
        x[kept], axes, fields[kept], part, name, labels, planned, table, column or "", notes
    )


def _file_column(table: Table, named: str | None) -> str:
    """The column that names result files."""
    if named is not None:
        table.index(named)
        return named
    ends = tuple(suffixes())
    found = [
        name
        for name in table.names
        if (cells := [c for c in table.written(name) if not is_missing(c)])
        and all(cell.lower().endswith(ends) for cell in cells)
    ]
    if len(found) != 1:
        what = f"columns {', '.join(found)} all name" if found else "no column names"
        raise InputError(
            f"{what} result files such as run1.vtu; say which with --files, or give all runs in one"
            " array with --matrix"
        )
    return found[0]


def _settings(
    table: Table,
    inputs: Sequence[str] | None,
    categorical: Sequence[str],
    domain: Mapping[str, tuple[float, float]],
) -> tuple[Floats, tuple[AxisSpec, ...], tuple[str, ...]]:
    """x [E, D], its axes with their ranges, and remarks."""
    numbered = replace(
        table,
        names=(*table.names, RUN),
        numbers=np.asfortranarray(np.c_[table.numbers, np.arange(len(table), dtype=float)]),
    )
    samples, notes = numbered.samples([RUN], inputs, categorical=categorical, domain=domain)
    ends = [domain.get(a.name, _range(column)) for a, column in zip(samples.axes, samples.x.T)]
    axes = tuple(
        a if a.levels else replace(a, domain=found)
        for a, found in zip(samples.axes, ends, strict=True)
    )
    clash = [a.name for a in axes if a.name in (*NAMES, "part", "part component")]
    if clash:
        raise InputError(
            f"parameter {clash[0]!r} has the name of a coordinate of the part; rename the column"
        )
    return samples.x, axes, tuple(notes)


def _range(column: Floats) -> tuple[float, float]:
    return float(column.min()), float(column.max())


def settings_at(table: Table, axes: Sequence[AxisSpec]) -> Floats:
    """The settings [N, D] in the rows of a table. Raises InputError for a cell that is none."""
    columns = []
    for axis in axes:
        cells, column = table.written(axis.name), table.column(axis.name)
        if axis.levels:
            index = {level: float(i) for i, level in enumerate(axis.levels)}
            column = np.array([index.get(cell, np.nan) for cell in cells])
        bad = np.flatnonzero(~np.isfinite(column))
        if len(bad):
            raise InputError(
                f"{table.place(int(bad[0]))}: {cells[int(bad[0])]!r} is no setting of"
                f" {axis.name!r}; correct it or drop the row"
            )
        columns.append(column)
    return np.stack(columns, axis=1)


@dataclass(frozen=True)
class _Reader:
    """Where files lie, and what of them is asked for."""

    folder: Path
    mesh: str | None
    field: str | None
    probes: dict[str, list[float]]

    def all_of(
        self,
        table: Table,
        rows: Ints,
        cells: list[str],
        matrix: str | None,
        progress: Callable[[int, int], None] | None,
    ) -> tuple[Part, Floats, str]:
        """The part, fields [E, N, C] and the name of the field."""
        part = self._part(None if matrix else cells[0])
        if matrix is not None:
            return part, *self._matrix(part, Path(matrix), len(rows))
        fields: list[Floats] = []
        name = self.field
        for i, (row, cell) in enumerate(zip(rows.tolist(), cells, strict=True)):
            try:
                values, name = self._one(part, self.folder / cell, name)
            except InputError as error:
                raise InputError(f"{table.place(row)}: {error}") from None
            if fields and values.shape != fields[0].shape:
                raise InputError(
                    f"{table.place(row)}: {cell} has {values.shape[1]} components of {name!r}, the"
                    f" first run {fields[0].shape[1]}; give all runs the same"
                )
            fields.append(values)
            if progress is not None:
                progress(i + 1, len(rows))
        return part, np.stack(fields), name or "field"

    def _part(self, first: str | None) -> Part:
        if self.mesh is None and (first is None or first.lower().endswith(ARRAYS)):
            raise InputError("arrays have no mesh; give the file of the mesh with --mesh")
        path = Path(self.mesh) if self.mesh is not None else self.folder / str(first)
        return part_of(read_mesh(path), str(path), self.probes)

    def _one(self, part: Part, path: Path, name: str | None) -> tuple[Floats, str | None]:
        if path.suffix.lower() in ARRAYS:
            return at_nodes(read_array(path, self.field), part, str(path)), name
        mesh = read_mesh(path)
        name = field_name(mesh, name, path)
        return values_of(mesh, name, part, path), name

    def _matrix(self, part: Part, path: Path, runs: int) -> tuple[Floats, str]:
        found = read_array(path, self.field)
        if found.ndim < 2 or len(found) != runs:
            raise InputError(
                f"{path} has the shape {list(found.shape)}; give a row for each of the {runs} runs"
            )
        return np.stack([at_nodes(row, part, f"a row of {path}") for row in found]), (
            self.field or "field"
        )


def _components(fields: Floats, part: Part) -> tuple[Floats, tuple[str, ...]]:
    """Fields with the components that there are, and their labels: a plane field has no z."""
    dim = part.mesh.dimension
    if fields.shape[2] == 3 and dim == 2 and not fields[:, :, 2].any():
        fields = fields[:, :, :2]
    count = fields.shape[2]
    if count == 1:
        return fields, ()
    return fields, NAMES[:count] if count <= 3 else tuple(str(c + 1) for c in range(count))


def _need_numbers(fields: Floats, table: Table, rows: Ints, name: str) -> None:
    """InputError for values that are no numbers, and for a field that never changes."""
    lost = np.argwhere(~np.isfinite(fields).all(axis=2))
    if len(lost):
        run, node = lost[0].tolist()
        raise InputError(
            f"{table.place(int(rows[run]))}: {name!r} is no number at"
            f" {int((lost[:, 0] == run).sum())} of {fields.shape[1]} nodes (node {node} first); run"
            " it again, or drop the row"
        )
    largest = float(np.abs(fields).max())
    if np.ptp(fields, axis=0).max() <= EQUAL * largest:
        raise InputError(
            f"{name!r} is the same in all runs; nothing is to be fitted: check that it is the field"
            " that the parameters change"
        )


def _once(x: Floats, fields: Floats, table: Table, rows: Ints, name: str) -> Ints:
    """The runs without those whose parameters stand further up. InputError where the same
    parameters gave another field."""
    first: dict[tuple[float, ...], int] = {}
    largest, kept = float(np.abs(fields).max()), []
    for i, row in enumerate(x.tolist()):
        before = first.setdefault(tuple(row), i)
        if before == i:
            kept.append(i)
            continue
        apart = float(np.abs(fields[i] - fields[before]).max())
        if apart > EQUAL * largest:
            places = " and ".join(table.place(int(rows[r])) for r in (before, i))
            raise InputError(
                f"{places} have the same parameters and fields {name!r} that differ by"
                f" {apart:.3g}; drop one of them, or add the parameter that tells them apart"
            )
    return np.array(kept, dtype=np.int64)
