"""Columns of a table that no model is asked about: numbers, and labels as they are written."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...table import open_table
from ...values.naming import column_of
from ..options.dialect import declared

Floats = NDArray[np.float64]


def bare_columns(
    args: argparse.Namespace, path: str, numbers: Sequence[str], labels: Sequence[str] = ()
) -> tuple[dict[str, Floats], dict[str, list[str]]]:
    """({name: numbers [N], NaN where a cell is none}, {name: cells [N]}); a name also finds its
    column with a unit in brackets. Raises InputError for a column that is not there."""
    source = open_table(path, None, **declared(args), categorical=tuple(labels))
    places = {name: _place(name, source.names, path) for name in (*numbers, *labels)}
    wanted = [source.names[places[name]] for name in numbers]
    marks = source.marks(wanted)
    readers = {name: marks.column(column) for name, column in zip(numbers, wanted, strict=True)}
    found: dict[str, list[Floats]] = {name: [] for name in numbers}
    texts: dict[str, list[str]] = {name: [] for name in labels}
    for block in source.blocks():
        for name, reader in readers.items():
            values = reader.numbers(block.column(places[name]), block.lines)
            values[list(block.wrong)] = np.nan
            found[name].append(values)
        for name in labels:
            texts[name] += block.column(places[name])
    for reader in readers.values():
        reader.finish()
    none = np.empty(0)
    return {name: np.concatenate([none, *parts]) for name, parts in found.items()}, texts


def _place(name: str, columns: Sequence[str], path: str) -> int:
    found = column_of(name, columns)
    if found is None:
        raise InputError(
            f"{path} has no column {name!r}; its columns are {', '.join(columns) or 'none'}"
        )
    return list(columns).index(found)


def grouped(values: Floats, size: int | None, labels: Sequence[str] | None) -> list[Floats]:
    """Subgroups in their order: of `size` rows each (the last one may be shorter), or of rows in a
    row that have the same label."""
    if labels is None:
        assert size is not None
        return [values[at : at + size] for at in range(0, len(values), size)]
    starts = [i for i in range(len(labels)) if i == 0 or labels[i] != labels[i - 1]]
    return [values[a:b] for a, b in zip(starts, [*starts[1:], len(labels)], strict=True)]
