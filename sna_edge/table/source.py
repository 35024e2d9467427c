"""A table in a file: its head read once, its rows in blocks as often as wanted."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import BinaryIO, TextIO

from ..errors import InputError
from .decimal_mark import Marks, proof, undecided
from .dialect import Dialect
from .encoding import Decoder
from .layout import Layout, find_layout
from .records import unfinished

BLOCK = 65536  # rows held in memory
PIECE = 1 << 22
HEAD = 1 << 16  # bytes of the first piece
FIRST = 1024  # rows that decide most decimal marks
TWICE = re.compile(r"[0-9]\.[0-9]{3}\.[0-9]{3}")
"""Points that part thousands."""


@dataclass
class Block:
    """rows [N] of as many cells as there are columns; `wrong[i]` says why row i is none (its cells
    are then filled up or cut, and quoted there); lines [N] of the file."""

    rows: list[list[str]] = field(default_factory=list)
    lines: Sequence[int] = ()
    wrong: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, i: int) -> list[str]:
        return [row[i] for row in self.rows]


class Source:
    """What all tables have: names, units, blocks of rows and the decimal mark."""

    typed = False
    """Numbers are stored as numbers, so that only text cells could have another mark."""
    has_marks = True
    """Whether any cell can have a decimal mark."""
    is_plain = False
    """Text with neither quotes nor # nor spare cells: a line is a row, its cells parted by the
    separator."""
    encoding = "utf-8"
    line_count = 0
    """Lines of a text file, the last one also without its end."""

    def __init__(
        self,
        path: str,
        layout: Layout,
        declared: Dialect,
        hint: Dialect,
        categorical: Collection[str],
    ) -> None:
        self.path, self.layout, self._declared, self._hint, self._categorical = (
            path,
            layout,
            declared,
            hint,
            categorical,
        )
        self._found: dict[frozenset[str] | None, Marks] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return self.layout.names

    @property
    def units(self) -> dict[str, str]:
        return self.layout.units

    @property
    def declared(self) -> dict[str, str]:
        """What the caller said about the dialect, for the metadata of a model."""
        return self._declared.declared()

    @property
    def dialect(self) -> Dialect:
        return self.layout.dialect

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        raise NotImplementedError

    def marks(self, needed: Collection[str] | None = None) -> Marks:
        """The decimal mark of the file, from the columns `needed` as numbers (default: all that
        hold numbers only) and, where their cells leave it open, from the others. Raises InputError
        where it stays open."""
        key = None if needed is None else frozenset(needed)
        if key not in self._found:
            self._found[key] = self._marks(key)
        return self._found[key]

    def settle(self, needed: Collection[str]) -> Marks:
        """`marks` once the whole file has been looked through. Raises InputError where a column
        looks like thousands."""
        marks = self.marks(needed)
        columns = {
            self.names.index(name): marks.column(name) for name in needed if name in self.names
        }
        for block in self.blocks(FIRST) if self.has_marks else ():
            for i, column in columns.items():
                column.look(block.column(i), block.lines)
            if all(column.settled for column in columns.values()):
                break
        for column in columns.values():
            column.finish()
        return marks

    def _marks(self, needed: frozenset[str] | None) -> Marks:
        if self._declared.decimal or self.typed:
            return Marks(
                self.path,
                self._declared.decimal or ".",
                trusted=True,
                typed=not self._declared.decimal,
            )
        numeric = [name for name in self.names if name not in self._categorical]
        chosen = numeric if needed is None else [name for name in self.names if name in needed]
        others = [name for name in numeric if needed is not None and name not in needed]
        found, doubtful = proof(self.path, self._cells(chosen, first=True), clean=needed is None)
        if found is None and self._hint.decimal != "," and self._points_only():
            return Marks(self.path)
        if found is None:
            found, doubtful = proof(self.path, self._cells(chosen), clean=needed is None)
        if found is None and (doubtful or needed is None):
            found, more = proof(self.path, self._cells(others or chosen), clean=needed is not None)
            doubtful = doubtful or more
        return found or undecided(self.path, self.dialect.separator, doubtful, self._hint.decimal)

    def _points_only(self) -> bool:
        """Whether every cell with a mark has one point, so that the decimal mark is not in
        doubt."""
        return False

    def _cells(
        self, names: Sequence[str], first: bool = False
    ) -> Iterator[tuple[str, list[str], list[int]]]:
        """Columns with their cells and lines, block after block; `first`: only the first rows."""
        if not names or not self.has_marks:
            return
        places = [(self.names.index(name), name) for name in names]
        for block in self.blocks(FIRST if first else BLOCK):
            right = (
                [i for i in range(len(block)) if i not in block.wrong]
                if block.wrong
                else range(len(block))
            )
            for i, name in places:
                yield name, [block.rows[r][i] for r in right], [block.lines[r] for r in right]
            if first:
                return


class TextTable(Source):
    """A text file (or its bytes, where it cannot be read twice)."""

    def __init__(
        self,
        path: str,
        data: bytes | None,
        declared: Dialect,
        hint: Dialect,
        categorical: Collection[str],
    ) -> None:
        self._data = data
        self._quotes = self._hashes = self._points = self._commas = self._returns = False
        layout, self.encoding = self._scan(path, declared, hint, categorical)
        super().__init__(path, layout, declared, hint, categorical)
        self.is_plain = self._data is None and not (
            self._quotes or self._hashes or self._returns or self.layout.spare
        )
        self.has_marks = self._points or (
            self._commas and (self.dialect.separator != "," or self._quotes)
        )

    def _open(self) -> BinaryIO:
        return io.BytesIO(self._data) if self._data is not None else open(self.path, "rb")

    def _scan(
        self, path: str, declared: Dialect, hint: Dialect, categorical: Collection[str]
    ) -> tuple[Layout, str]:
        """Layout and encoding; the whole file is looked through for bytes that are no text."""
        self.path = path
        decoder, head = Decoder(declared.encoding, hint.encoding, path), ""
        layout: Layout | None = None
        ended = True
        with self._open() as file:
            while True:
                piece = file.read(PIECE if layout else HEAD)
                text = decoder.feed(piece, not piece)
                if "\0" in text:
                    line = decoder.line - text[text.index("\0") :].count("\n")
                    raise InputError(
                        f"{path}, line {line}: a NUL byte; mend the file or declare its --encoding"
                    )
                self._returns = self._returns or (
                    "\r" in text and text.count("\r") != text.count("\r\n")
                )
                self._quotes = self._quotes or (declared.quote or '"') in text
                self._hashes = self._hashes or "#" in text
                self._points, self._commas = (
                    self._points or "." in text,
                    self._commas or "," in text,
                )
                if layout is None:
                    head += text
                    layout = find_layout(head, not piece, path, declared, hint, categorical)
                if not piece:
                    break
                ended = text.endswith("\n")
        assert layout is not None
        self.line_count = decoder.line - ended
        encoding = "utf-8-sig" if decoder.encoding in ("", "utf-8") else decoder.encoding
        return replace(layout, dialect=replace(layout.dialect, encoding=encoding)), encoding

    def _points_only(self) -> bool:
        if not self.is_plain or self.dialect.separator != ",":
            return False
        with open(self.path, encoding=self.encoding, newline="") as file:
            tail = ""
            while piece := file.read(PIECE):
                if TWICE.search(tail + piece):
                    return False
                tail = piece[-8:]
        return True

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """Rows in blocks of `size`; blank lines and comments left out. Raises InputError for a
        quote that is never closed."""
        with io.TextIOWrapper(self._open(), encoding=self.encoding, newline="") as file:
            for _ in islice(file, self.layout.after):
                pass
            try:
                yield from self._blocks(file, size)
            except csv.Error as error:
                raise InputError(
                    f"{self.path}: a row cannot be read ({error}), perhaps a quote is not closed;"
                    " mend it"
                ) from None

    def _blocks(self, file: TextIO, size: int) -> Iterator[Block]:
        tail = _Tail(file) if self._quotes else None
        rows = csv.reader(
            tail or file, delimiter=self.dialect.separator, quotechar=self.dialect.quote
        )
        line = self.layout.after
        if not tail:
            while read := list(islice(rows, size)):
                if block := self._block(read, range(line + 1, line + 1 + len(read))):
                    yield block
                line += len(read)
            return
        read, lines, begin = [], [], 0
        for row in rows:
            tail.next()
            read.append(row)
            lines.append(line + begin + 1)
            begin = rows.line_num
            if len(read) == size:
                if block := self._block(read, lines):
                    yield block
                read, lines = [], []
        if unfinished(tail.last(), self.dialect.separator, self.dialect.quote):
            raise InputError(
                f"{self.path}, line {lines[-1]}: a quote is opened and never closed; close it or"
                " double it"
            )
        if block := self._block(read, lines):
            yield block

    def _block(self, read: list[list[str]], lines: Sequence[int]) -> Block:
        """The rows among the records that were read."""
        width = len(self.names)
        plain = not self._hashes and not self.layout.spare and set(map(len, read)) == {width}
        if plain and all(map(str.strip, [row[0] for row in read])):
            return Block(read, lines)
        block = Block()
        kept: list[int] = []
        for row, line in zip(read, lines, strict=True):
            if not row or self.layout.skips(row):
                continue
            cells, reason = self.layout.row(row)
            if reason:
                block.wrong[len(kept)] = reason
                cells = (cells + [""] * width)[:width]
            block.rows.append(cells)
            kept.append(line)
        block.lines = kept
        return block


class _Tail:
    """Lines of a file, remembering those of the record that is read."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines, self._now, self._before = (
            iter(lines),
            [],
            [],
        )  # type: Iterator[str], list[str], list[str]

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._now.append(line)
        return line

    def next(self) -> None:
        """A record has been read."""
        self._before, self._now = self._now, []

    def last(self) -> str:
        return "".join(self._before)


def open_table(
    path: str | os.PathLike[str], hint: Dialect | None = None,
    *, encoding: str = "", separator: str = "", decimal: str = "", quote: str = "", categorical: Collection[str] = (),
) -> Source:  # fmt: skip
    """The table in a file: text in any dialect, an Excel workbook or a Parquet file.

    What is declared overrules what the file shows, which overrules the hint. `categorical` names
    columns that hold levels: their cells say nothing about the decimal mark. Raises InputError: no
    file, no header, repeated names, bytes that are no text.
    """
    from .sheets import sheet

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
