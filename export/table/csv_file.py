"""A table file in: any dialect by the one reader of the device room, plain numeric files by a fast path in blocks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError
from sna_edge.table import Source, open_table

from .table import Table

Floats = NDArray[np.float64]
FAST_BYTES = 2_000_000
"""From this size on a file is first tried as plain numbers, in blocks of BLOCK lines."""
BLOCK = 1 << 18
FIXED = re.compile(r"\.[0-9][0-9]0(?![0-9])")
"""Three decimals that end in zero: only a file with such cells can be doubted to have thousands."""


def read_table(path: str | os.PathLike[str], *, encoding: str = "", separator: str = "", decimal: str = "") -> Table:
    """The table in a file with a header line: CSV in any dialect, an Excel workbook or a Parquet file.

    Encoding, separator and decimal mark are found from the file; what is declared overrules. Raises InputError: no file, empty file,
    repeated or empty column names, a row with too many or too few cells (its line named).
    """
    source = open_table(path, encoding=encoding, separator=separator, decimal=decimal)
    for column, name in enumerate(source.names):
        if not name:
            raise InputError(f"{source.path}: column {column + 1} has no name; name it in the first line")
    if source.is_plain and decimal != "," and os.path.getsize(path) >= FAST_BYTES:
        table = _read_plain(source)
        if table is not None:
            return table
    return _read_cells(source)


def _read_plain(source: Source) -> Table | None:
    """Numbers only, block by block into one array; None as soon as a block holds anything else."""
    names, after, separator = source.names, source.layout.after, source.dialect.separator
    values = np.empty((_line_count(source.path) - after, len(names)), order="F")
    at, doubtful = 0, False
    with open(source.path, encoding=source.encoding) as file:
        for _ in islice(file, after):
            pass
        while lines := list(islice(file, BLOCK)):
            try:
                block = np.loadtxt(lines, delimiter=separator, ndmin=2, comments=None)
            except ValueError:
                return None
            if block.shape != (len(lines), len(names)):
                return None
            doubtful = doubtful or _doubtful(block, lines, separator)
            values[at : at + len(block)] = block
            at += len(block)
    if at != len(values) or doubtful or not np.isfinite(values).all():
        return None
    return Table(names, values, cells=FileCells(source), lines=range(after + 1, after + 1 + at), source=source)


def _doubtful(block: Floats, lines: Sequence[str], separator: str) -> bool:
    """Whether a column could mix `1.000` with `999`: fixed digits beside whole numbers below 1000 without a point."""
    small = (np.abs(block) < 1000) & (np.rint(block) == block)
    columns = [c for c in range(block.shape[1]) if small[:, c].any() and np.array_equal(np.rint(1000 * block[:, c]), 1000 * block[:, c])]
    return bool(columns) and FIXED.search("".join(lines)) is not None and any(_mixed(small[:, c], lines, separator, c) for c in columns)


def _mixed(small: NDArray[np.bool_], lines: Sequence[str], separator: str, c: int) -> bool:
    marked = ["." in lines[row].split(separator, c + 1)[c] for row in np.flatnonzero(small).tolist()]
    return not all(marked) and (any(marked) or not small.all())


def _line_count(path: str) -> int:
    """Lines of the file, a last one without its newline included."""
    count, last = 0, b"\n"
    with open(path, "rb") as file:
        while piece := file.read(1 << 22):
            count += piece.count(b"\n")
            last = piece[-1:]
    return count + (last != b"\n")


def _read_cells(source: Source) -> Table:
    columns: list[list[str]] = [[] for _ in source.names]
    lines: list[int] = []
    for block in source.blocks():
        for row, reason in block.wrong.items():
            raise InputError(f"{source.path}, line {block.lines[row]}: {reason}; correct the line")
        for i, column in enumerate(columns):
            column += block.column(i)
        lines += block.lines
    return Table.of_cells(dict(zip(source.names, columns, strict=True)), lines, source)


class FileCells(Mapping[str, list[str]]):
    """The cells of a file as written, read again when a column is asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __getitem__(self, name: str) -> list[str]:
        column = self._source.names.index(name)
        return [cell for block in self._source.blocks() for cell in block.column(column)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._source.names)

    def __len__(self) -> int:
        return len(self._source.names)
