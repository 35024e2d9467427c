"""A table file opened as what its first bytes say it is."""

from __future__ import annotations

import os
from collections.abc import Collection

from ..errors import InputError
from .dialect import Dialect
from .sheets import sheet
from .source import Source
from .text_table import TextTable


def open_table(
    path: str | os.PathLike[str],
    hint: Dialect | None = None,
    *,
    encoding: str = "",
    separator: str = "",
    decimal: str = "",
    quote: str = "",
    categorical: Collection[str] = (),
) -> Source:
    """The table in a file: text in any dialect, an Excel workbook or a Parquet file.

    What is declared overrules what the file shows, which overrules the hint. `categorical` names
    columns that hold levels: their cells say nothing about the decimal mark. Raises InputError: no
    file, no header, repeated names, bytes that are no text.

    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "parts.csv")
    >>> with open(path, "w") as file:
    ...     _ = file.write("lot;power\\n;W\\na;180,5\\nb;1.200\\n")
    >>> table = open_table(path, categorical=["lot"])
    >>> table.names, table.units, table.dialect.separator
    (('lot', 'power'), {'power': 'W'}, ';')
    >>> marks = table.marks(["power"])  # 180,5 says that the comma is the decimal mark
    >>> [marks.column("power").numbers(b.column(1), b.lines).tolist() for b in table.blocks()]
    [[180.5, 1200.0]]
    """
    declared, name = Dialect(encoding, separator, decimal, quote), os.fspath(path)
    try:
        regular = os.path.isfile(path)
        with open(path, "rb") as file:
            begin = file.read(8) if regular else file.read()
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error.strerror}); check the path") from error
    found = sheet(name, begin, declared, hint or Dialect(), categorical)
    return found or TextTable(
        name, None if regular else begin, declared, hint or Dialect(), categorical
    )
