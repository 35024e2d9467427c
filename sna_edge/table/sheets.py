"""Excel workbooks (openpyxl) and Parquet files (pyarrow): their cells as a CSV file would hold
them."""

from __future__ import annotations

import datetime
import math
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from ..errors import InputError
from ..values.arrow import listed
from .dialect import Dialect
from .layout import Layout, check_names, trimmed
from .numbers import OpenText, mark
from .source import BLOCK, Block, Source
from .unit_row import refuse_other, units_of

ZIP, PARQUET = b"PK\x03\x04", b"PAR1"
OTHERS = {
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls); save it as .xlsx or CSV",
    b"\x1f\x8b": "a compressed file; unpack it",
    b"BZh": "a compressed file; unpack it",
    b"\xfd7zXZ": "a compressed file; unpack it",
    b"\x28\xb5\x2f\xfd": "a compressed file; unpack it",
    b"%PDF": "a PDF document; save the table as CSV",
    b"SQLite f": "a database; save the table as CSV",
    b"\x89HDF": "an HDF5 file; save the table as CSV or Parquet",
}


class Sheet(Source):
    """A table whose cells have types: written(cell) is what a CSV file would hold."""

    typed = True

    def __init__(
        self, path: str, declared: Dialect, hint: Dialect, categorical: Collection[str]
    ) -> None:
        super().__init__(path, Layout(Dialect(), ()), declared, hint, categorical)
        self._begin()

    def _values(self) -> Iterator[tuple[int, list[Any]]]:
        """(row number, cells) of all rows, the header first."""
        raise NotImplementedError

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        for line, values in self._values():
            cells = [written(value) for value in values]
            if any(cell.strip() for cell in cells) and not (
                cells[0].startswith("#") and not any(cells[1:])
            ):
                yield line, cells

    def _begin(self) -> None:
        rows = self._rows()
        line, header = next(rows, (0, []))
        _, first = next(rows, (0, []))
        names, _ = trimmed([" ".join(name.split()) for name in header], first)
        check_names(self.path, names)
        units = (
            units_of(first[: len(names)], [name in self._categorical for name in names])
            if first
            else None
        )
        named = {name: unit for name, unit in zip(names, units or (), strict=False) if unit}
        refuse_other(self.path, named)
        self.layout = Layout(Dialect("utf-8", ",", "."), tuple(names), named, 0, line)
        self._head = 1 if units is None else 2

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """Rows in blocks of `size`; empty rows and comments left out."""
        block, width, lines = Block(), len(self.names), []  # type: Block, int, list[int]
        for number, (line, cells) in enumerate(self._rows()):
            if number < self._head:
                continue
            row = (cells + [""] * width)[:width]
            if any(cells[width:]):
                block.wrong[len(block)] = self.layout.row(cells)[1]
            block.rows.append(row)
            lines.append(line)
            if len(block) == size:
                block.lines = lines
                yield block
                block, lines = Block(), []
        if block.rows:
            block.lines = lines
            yield block


class Workbook(Sheet):
    """The first sheet of an Excel workbook."""

    def _values(self) -> Iterator[tuple[int, list[Any]]]:
        openpyxl = _library("openpyxl", self.path, "an Excel workbook")
        with open(self.path, "rb") as file:
            try:
                book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            except Exception as error:  # zip, XML and key errors of many kinds
                raise InputError(
                    f"{self.path} cannot be read as an Excel workbook ({error}); save it as .xlsx"
                    " or CSV"
                ) from None
            yield from (
                (line, list(row))
                for line, row in enumerate(book.worksheets[0].iter_rows(values_only=True), 1)
                if row
            )


class Parquet(Sheet):
    """A Parquet file."""

    def _values(self) -> Iterator[tuple[int, list[Any]]]:
        parquet = _library("pyarrow.parquet", self.path, "a Parquet file")
        try:
            file = parquet.ParquetFile(self.path)
        except Exception as error:
            raise InputError(
                f"{self.path} cannot be read as a Parquet file ({error}); write it again"
            ) from None
        with file:
            yield 1, list(file.schema_arrow.names)
            line = 1
            for batch in file.iter_batches():
                columns: Iterable[list[Any]] = [listed(column) for column in batch.columns]
                for row in zip(*columns, strict=True):
                    line += 1
                    yield line, list(row)


def written(value: Any) -> str:
    """A typed cell as text: 7.0 as '7', TRUE, 2024-05-01; '' for none."""
    if value is None:
        return ""
    if isinstance(value, str):
        return OpenText(value) if mark(value)[:1] == "?" else value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return (
            value.date().isoformat() if midnight and value.tzinfo is None else value.isoformat(" ")
        )
    return str(value)


def sheet(
    path: str, begin: bytes, declared: Dialect, hint: Dialect, categorical: Collection[str]
) -> Sheet | None:
    """The table where the file's first bytes are those of a workbook or a Parquet file. Raises
    InputError for other known kinds."""
    for magic, what in OTHERS.items():
        if begin.startswith(magic):
            raise InputError(f"{path} is {what}")
    if begin.startswith(ZIP):
        return Workbook(path, declared, hint, categorical)
    return Parquet(path, declared, hint, categorical) if begin.startswith(PARQUET) else None


def sheet_at(
    path: str, categorical: Collection[str] = (), declared: Dialect | None = None
) -> Sheet | None:
    """The workbook or Parquet file at `path`; None where it is text. Raises InputError for other
    known kinds of files."""
    with open(path, "rb") as file:
        begin = file.read(8)
    return sheet(path, begin, declared or Dialect(), Dialect(), categorical)


def _library(name: str, path: str, what: str) -> Any:
    """The module, imported when it is needed."""
    try:
        if name == "openpyxl":
            import openpyxl

            return openpyxl
        import pyarrow.parquet

        return pyarrow.parquet
    except ImportError:
        package = name.partition(".")[0]
        raise InputError(
            f"{path} is {what}, which {package} reads; pip install 'sna-edge[tables]', or save it"
            " as CSV"
        ) from None
