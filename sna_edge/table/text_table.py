"""A table in a text file: its head read once, its rows in blocks as often as wanted."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import BinaryIO, TextIO

from ..errors import InputError
from .dialect import Dialect
from .encoding import Decoder
from .layout import Layout, find_layout
from .records import unfinished
from .source import BLOCK, Block, Source

PIECE = 1 << 22  # bytes read at once
HEAD = 1 << 16  # bytes of the first piece
TWICE = re.compile(r"[0-9]\.[0-9]{3}\.[0-9]{3}")
"""Points that group thousands."""


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
                        f"{path}, line {line}: a NUL byte; fix the file or declare its --encoding"
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
                    " fix it"
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
