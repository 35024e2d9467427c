"""Logs as lines, and tables of measured rows as the same."""

from __future__ import annotations

import gzip
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...learning.measured import COLUMN, KEY
from ...logs import files_of, line_blocks
from ...table import hint_of
from ...values.naming import bracketed, column_of
from .asked import Asked

if TYPE_CHECKING:
    from sna_export.table import Table

TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".parquet")
LOCK = ".lock"


def sources(asked: Asked, paths: Sequence[str], folder: str) -> tuple[list[str], Callable[[], Any]]:
    """Files of the logs in the order in which they were written, standard input copied into
    `folder`; and what gives their blocks, each time from the start. Raises InputError."""
    files = [*([asked.held] if asked.held else []), *files_of(paths)]
    files = [_copied(f, folder) if f == "-" else f for f in files if not f.endswith(LOCK)]
    for path in files:
        if os.path.isdir(path):
            raise InputError(f"{path} is a folder; name the logs in it")
        open(path, "rb").close()
    return files, lambda: _blocks(asked, files)


def _copied(path: str, folder: str) -> str:
    copy = os.path.join(folder, "standard input")
    with open(copy, "wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return copy


def _blocks(asked: Asked, files: Sequence[str]) -> Iterator[tuple[str, Sequence[Any]]]:
    for path in files:
        for block in [_rows(asked, path)] if _is_table(path) else line_blocks([path]):
            yield path, block


def _is_table(path: str) -> bool:
    """Whether a file is a table by its name, or else by how it begins."""
    if path.lower().endswith(TABLES):
        return True
    opened = gzip.open if path.endswith(".gz") else open
    try:
        with opened(path, "rb") as file:
            begin = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    except (OSError, EOFError):
        return False  # said where its lines are read
    return bool(begin) and not begin.startswith((b"{", b"["))


def _rows(asked: Asked, path: str) -> list[dict[str, Any]]:
    """Rows of a table as parts with what was measured of them. Raises InputError for columns of no
    input and no target alone."""
    from sna_export.table import read

    hint = hint_of(asked.model.metadata.get("dialect"))
    table = read(path, decimal=hint.decimal if path != asked.held else "")
    needs = asked.needs
    targets = {n: found for n in needs.targets if (found := column_of(n, table.names, COLUMN))}
    if not targets:
        raise InputError(
            f"{path} has no column of a target ({', '.join(needs.targets)}, or with {COLUMN} before"
            f" it); its columns are {', '.join(table.names)}"
        )
    others = [n for n in needs.names if n not in needs.targets]
    given = {n: found for n in others if (found := column_of(n, table.names))}
    numeric = [
        n for n in (*given, *targets) if n not in (*needs.levels, *needs.labels, *needs.text)
    ]
    table = table.decided([{**given, **targets}[n] for n in numeric])
    cells = {
        n: _values(table, column, n in numeric, (needs.units or {}).get(n, ""))
        for n, column in (*given.items(), *targets.items())
    }
    rest = [n for n in table.names if n not in (*given.values(), *targets.values())]
    cells |= {n: list(table.written(n)) for n in rest if not n.startswith(COLUMN)}
    entries = list[dict[str, Any]]()
    for row in zip(*cells.values(), strict=True):
        one = dict(zip(cells, row, strict=True))
        measured = {n: one.pop(n) for n in targets}
        entry = {n: v for n, v in one.items() if v != ""}
        entries.append(entry | {KEY: {n: v for n, v in measured.items() if v != ""}})
    return entries


def _values(table: Table, column: str, numeric: bool, unit: str) -> list[Any]:
    """Cells of a column: numbers, with their unit where it is not `unit`; others as written."""
    written = table.written(column)
    if not numeric:
        return list(written)
    own = table.units.get(column) or bracketed(column)
    ends = f" {own}" if own and own != unit and unit else ""
    return [
        cell if x != x else f"{x!r}{ends}" if ends else x
        for x, cell in zip(table.column(column).tolist(), written, strict=True)
    ]
