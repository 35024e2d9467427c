"""The rows of a table in batches: inputs and measured values as numbers in the units of the model,
kept columns as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from sna_edge.cli.columns import Columns
from sna_edge.cli.options.dialect import hint_for
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.table import open_table
from sna_edge.table.sheets import PARQUET

from .columns import Batch, Chosen, chosen
from .job import Job
from .parquet import ParquetRows


class Rows(Protocol):
    """A table: the columns that are read of it, and its batches."""

    chosen: Chosen

    def batches(self) -> Iterator[Batch]:
        """In the order of the table; at least one, of no rows where there are none."""
        ...


def is_parquet(path: str) -> bool:
    """By the first bytes of the file, or by its name. Raises OSError."""
    with open(path, "rb") as file:
        return file.read(4) == PARQUET or path.lower().endswith((".parquet", ".pq"))


def rows_of(path: str, model: Model, job: Job) -> Rows:
    """The table at `path`. Raises InputError for one that cannot be read or lacks a column."""
    return ParquetRows(path, model, job) if is_parquet(path) else TextRows(path, model, job)


class TextRows:
    """A text file, or a workbook, by the one reader of tables."""

    def __init__(self, path: str, model: Model, job: Job) -> None:
        levels = {a.name for a in model.axes if a.kind == "categorical"}
        named = {job.columns.get(name, name) for name in levels}
        self._source = open_table(
            path, hint_for(model.metadata), **job.dialect, categorical=sorted(levels | named)
        )
        source = self._source
        self.chosen = chosen(model, job, source.names, source.units, path)
        self._at = {name: source.names.index(name) for name in self.chosen.kept}
        self._read(self.chosen)

    def _read(self, read: Chosen) -> None:
        """The source with the names of the model in place of those of the columns."""
        layout, back = self._source.layout, {at: name for name, at in read.place.items()}
        names = tuple(back.get(name, f"column {i}") for i, name in enumerate(layout.names))
        self._source.layout = replace(layout, names=names, units=dict(read.own))
        self._columns = Columns(self._source, {**read.inputs, **read.measured})

    def batches(self) -> Iterator[Batch]:
        """Blocks of the source; InputError where its decimal mark stays open."""
        empty = True
        for block in self._source.blocks():
            cells, found = self._columns.read(block)
            empty = False
            yield Batch(
                block.lines,
                {name: found[name] for name in self.chosen.inputs},
                {name: found[name] for name in self.chosen.measured},
                {name: block.column(at) for name, at in self._at.items()},
                lambda name, row, cells=cells: cells[name][row],  # type: ignore[misc]
                block.wrong,
            )
        self._columns.finish()
        if empty:
            none = np.empty(0)
            yield Batch(
                (), dict.fromkeys(self.chosen.inputs, none),
                dict.fromkeys(self.chosen.measured, none),
                {name: [] for name in self._at}, lambda name, row: "",
            )  # fmt: skip


def need_alike(heads: Mapping[str, Chosen]) -> None:
    """Raises InputError where tables of an archive have other inputs or measured values than the
    first, so that their outputs would not be columns of one table."""
    first, *others = heads
    for path in others:
        for what, ours, theirs in (
            ("inputs", heads[first].inputs, heads[path].inputs),
            ("measured values", heads[first].measured, heads[path].measured),
            ("kept columns", heads[first].kept, heads[path].kept),
        ):
            if set(ours) != set(theirs):
                raise InputError(
                    f"{path} has other {what} than {first} ({', '.join(theirs) or 'none'} for"
                    f" {', '.join(ours) or 'none'}); name columns with --column, --measured or"
                    " --keep, or score the files apart"
                )
