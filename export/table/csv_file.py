"""A table file in: any dialect by the one reader of the device room, plain numeric files by a fast
path in blocks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError
from sna_edge.table import Marks, Source, open_table
from sna_edge.table.numbers import mark

from .table import Table

Floats = NDArray[np.float64]
FAST_BYTES = 200_000
"""From this size on a file is first tried as plain numbers, in blocks of about BLOCK characters."""
BLOCK = 1 << 20
PROBE = 1000
"""Rows that show most columns to have more than three decimals."""


def read_table(
    path: str | os.PathLike[str], *, encoding: str = "", separator: str = "", decimal: str = ""
) -> Table:
    """The table in a file with a header line: CSV in any dialect, an Excel workbook or a Parquet
    file.

    Encoding, separator and decimal mark are found from the file; what is declared overrules. Raises
    InputError: no file, empty file, repeated or empty column names, a row with too many or too few
    cells (its line named).

    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp()) / "parts.csv"
    >>> _ = path.write_text("power;depth\\n200;1,5\\n300;2,25\\n")
    >>> table = read_table(path)
    >>> table.names, table.column("depth")
    (('power', 'depth'), array([1.5 , 2.25]))
    """
    source = open_table(path, encoding=encoding, separator=separator, decimal=decimal)
    for column, name in enumerate(source.names):
        if not name:
            raise InputError(
                f"{source.path}: column {column + 1} has no name; name it in the first line"
            )
    if source.is_plain and decimal != "," and os.path.getsize(path) >= FAST_BYTES:
        table = _read_plain(source)
        if table is not None:
            return table
    return _read_cells(source)


def _read_plain(source: Source) -> Table | None:
    """Numbers only, block by block into one array; None as soon as a block holds anything else."""
    names, after, separator = source.names, source.layout.after, source.dialect.separator
    values = np.empty((source.line_count - after, len(names)), order="F")
    at, doubtful = 0, False
    with open(source.path, encoding=source.encoding) as file:
        for _ in islice(file, after):
            pass
        while text := file.read(BLOCK):
            text += file.readline()
            lines = text.removesuffix("\n").split("\n")
            try:
                block = np.loadtxt(lines, delimiter=separator, ndmin=2, comments=None)
            except ValueError:
                return None
            if block.shape != (len(lines), len(names)):
                return None
            doubtful = doubtful or _doubtful(block, text, lines, separator)
            values[at : at + len(block)] = block
            at += len(block)
    if at != len(values) or doubtful or not np.isfinite(values).all():
        return None
    return Table(
        names,
        values,
        FileCells(source),
        range(after + 1, after + 1 + at),
        source,
        Marks(source.path, trusted=True),
    )


def _doubtful(block: Floats, text: str, lines: Sequence[str], separator: str) -> bool:
    """Whether a column could mix `1.000` with `999`: no more than three decimals, and small whole
    numbers of which some have a point."""
    width = block.shape[1]
    columns = [
        c
        for c in range(width)
        if all(map(_thousandths, (block[:PROBE, c], block[:, c])))
        and (np.abs(block[:, c]) < 1000).any()
    ]
    if not columns:
        return False
    whole = np.rint(block) == block
    points = _Points(text, lines, separator)
    broken = [c for c in range(width) if not whole[:, c].all()]
    if any(points.some_bare(c, whole[:, c]) for c in columns if c in broken):
        return True
    rest = [c for c in columns if c not in broken]
    return bool(rest) and not points.all_in(broken, whole) and any(points.mixed(c) for c in rest)


def _thousandths(column: Floats) -> bool:
    return bool(np.array_equal(np.rint(1000 * column), 1000 * column))


class _Points:
    """Which cells of a block of lines are written with a point."""

    def __init__(self, text: str, lines: Sequence[str], separator: str) -> None:
        self._text, self._lines, self._separator = text, lines, separator

    def _cells(self, c: int, rows: Sequence[int]) -> list[str]:
        return [self._lines[row].split(self._separator, c + 1)[c] for row in rows]

    def _marked(self, c: int, rows: Sequence[int]) -> list[bool]:
        return ["." in cell for cell in self._cells(c, rows)]

    def some_bare(self, c: int, whole: NDArray[np.bool_]) -> bool:
        """Whether a column has whole numbers without a point, and else three decimals."""
        if any(
            mark(cell) == "." for cell in self._cells(c, np.flatnonzero(~whole)[:PROBE].tolist())
        ):
            return False
        return not all(self._marked(c, np.flatnonzero(whole).tolist()))

    def all_in(self, columns: Sequence[int], whole: NDArray[np.bool_]) -> bool:
        """Whether the cells of these columns have all the points there are; False where that takes
        longer than looking."""
        chosen = whole[:, list(columns)]
        if chosen.sum() > len(whole) // 8:
            return False
        count = chosen.size - int(chosen.sum())
        return self._text.count(".") == count + sum(
            sum(self._marked(c, np.flatnonzero(whole[:, c]).tolist())) for c in columns
        )

    def mixed(self, c: int) -> bool:
        marked = self._marked(c, range(len(self._lines)))
        return any(marked) and not all(marked)


def _read_cells(source: Source) -> Table:
    columns: list[list[str]] = [[] for _ in source.names]
    lines: list[int] = []
    for block in source.blocks():
        for row, reason in block.wrong.items():
            raise InputError(f"{source.path}, line {block.lines[row]}: {reason}; correct the line")
        for i, column in enumerate(columns):
            column += block.column(i)
        lines.extend(block.lines)
    return Table.of_cells(dict(zip(source.names, columns, strict=True)), lines, source)


class FileCells(Mapping[str, list[str]]):
    """The cells of a file as written, read again when a column is asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __contains__(self, name: object) -> bool:
        return name in self._source.names

    def __getitem__(self, name: str) -> list[str]:
        column = self._source.names.index(name)
        return [cell for block in self._source.blocks() for cell in block.column(column)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._source.names)

    def __len__(self) -> int:
        return len(self._source.names)
