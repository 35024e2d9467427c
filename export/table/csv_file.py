"""A CSV file in: separator found by itself, quotes kept, plain numeric files by a fast path in blocks."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError

from .table import Table, numbers_of

Floats = NDArray[np.float64]
FAST_BYTES = 2_000_000
"""From this size on a file is first tried as plain numbers, in blocks of BLOCK lines."""
BLOCK = 1 << 18


def read_table(path: str | os.PathLike[str]) -> Table:
    """The table of a CSV file with a header line; separator comma, semicolon or tab, whichever the header has most of.

    Raises InputError: no file, empty file, repeated or empty column names, a row with too many or too few cells
    (its line named). A semicolon file may write decimal commas.
    """
    try:
        size = os.path.getsize(path)
        with open(path, newline="", encoding="utf-8-sig") as file:
            first = file.readline()
    except OSError as error:
        raise InputError(f"{os.fspath(path)} cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{os.fspath(path)} is not UTF-8 text; save it as CSV with UTF-8 encoding") from error
    if not first.strip():
        raise InputError(f"{os.fspath(path)} has no header line; give a CSV file with column names in its first line")
    separator = max(",;\t", key=first.count)
    names = _header(path, first, separator)
    if size >= FAST_BYTES:
        table = _read_plain(path, names, separator)
        if table is not None:
            return table
    return _read_cells(path, names, separator)


def _header(path: str | os.PathLike[str], first: str, separator: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in next(csv.reader([first], delimiter=separator)))
    for column, name in enumerate(names):
        if not name:
            raise InputError(f"{os.fspath(path)}: column {column + 1} has no name; name it in the first line")
        if names.index(name) != column:
            raise InputError(f"{os.fspath(path)}: column name {name!r} occurs twice; rename one")
    return names


def _read_plain(path: str | os.PathLike[str], names: tuple[str, ...], separator: str) -> Table | None:
    """Numbers only, block by block into one array; None as soon as a block holds anything else."""
    numbers = np.empty((_line_count(path) - 1, len(names)), order="F")
    at = 0
    with open(path, encoding="utf-8-sig") as file:
        file.readline()
        while lines := list(islice(file, BLOCK)):
            try:
                block = np.loadtxt(lines, delimiter=separator, ndmin=2, comments=None)
            except ValueError:
                return None
            if block.shape != (len(lines), len(names)):
                return None
            numbers[at : at + len(block)] = block
            at += len(block)
    return Table(names, numbers) if at == len(numbers) else None


def _line_count(path: str | os.PathLike[str]) -> int:
    """Lines of the file, a last one without its newline included."""
    count, last = 0, b"\n"
    with open(path, "rb") as file:
        while piece := file.read(1 << 22):
            count += piece.count(b"\n")
            last = piece[-1:]
    return count + (last != b"\n")


def _read_cells(path: str | os.PathLike[str], names: tuple[str, ...], separator: str) -> Table:
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file, delimiter=separator)
        next(rows)
        cells = list(_checked(path, rows, len(names)))
    if not cells:
        return Table(names, np.empty((0, len(names))))
    numbers, text = np.empty((len(cells), len(names)), order="F"), {}
    for column, name in enumerate(names):
        strings = np.array([row[column] for row in cells])
        found = numbers_of(strings)
        if separator == ";" and np.isnan(found).any():
            found = numbers_of(np.char.replace(strings, ",", "."))
        numbers[:, column] = found
        if not np.isfinite(found).all():
            text[name] = strings
    return Table(names, numbers, text)


def _checked(path: str | os.PathLike[str], rows: Iterator[list[str]], width: int) -> Iterator[list[str]]:
    for line, row in enumerate(rows, start=2):
        if not row or (width > 1 and not any(cell.strip() for cell in row)):
            continue
        if len(row) != width:
            raise InputError(f"{os.fspath(path)}, line {line}: {len(row)} cells for {width} columns; correct the line")
        yield row
