"""Text to lines, lines to records: line breaks inside quotes stay in their cell."""

from __future__ import annotations

import csv
import io
import re
from functools import lru_cache
from typing import NamedTuple

from ..errors import InputError

QUOTE = '"'


class RawRecord(NamedTuple):
    """A record as text, without the line break that ends it, and the number of its first line;
    `wrong` says why it is none."""

    line: int
    text: str
    wrong: str = ""


class Record(NamedTuple):
    """The cells of a record as written; `wrong` says why it is none of the table's rows ('' where
    it is one)."""

    line: int
    cells: list[str]
    wrong: str = ""


@lru_cache(maxsize=16)
def _after(separators: str) -> re.Pattern[str]:
    return re.compile("[" + re.escape(separators) + "]")


def unfinished(text: str, separators: str, quote: str = QUOTE) -> bool:
    """Whether a quote that begins a cell is still open at the end of `text`."""
    if quote not in text:
        return False
    at, search = 0, _after(separators).search
    while True:
        if text.startswith(quote, at):
            at = _closed(text, at + 1, quote)
            if at < 0:
                return True
        found = search(text, at)
        if not found:
            return False
        at = found.end()


def _closed(text: str, at: int, quote: str) -> int:
    """The place after the quote that closes the cell; -1 where none does. Doubled quotes are part
    of the cell."""
    while True:
        at = text.find(quote, at)
        if at < 0:
            return -1
        if not text.startswith(quote, at + 1):
            return at + 1
        at += 2


def cells_of(text: str, separator: str, quote: str = QUOTE) -> list[str]:
    """The cells of one record."""
    if quote not in text:
        return text.split(separator)
    try:
        return next(
            csv.reader(io.StringIO(text, newline=""), delimiter=separator, quotechar=quote), []
        )
    except csv.Error as error:
        raise InputError(
            f"a row cannot be read ({error}), perhaps a quote is not closed; fix it"
        ) from None


def outside_quotes(text: str, separators: str, quote: str = QUOTE) -> str:
    """The text without its quoted cells."""
    kept, at, search = [], 0, _after(separators).search
    while at <= len(text):
        if text.startswith(quote, at):
            at = _closed(text, at + 1, quote)
            if at < 0:
                break
        found = search(text, at)
        if not found:
            kept.append(text[at:])
            break
        kept.append(text[at : found.end()])
        at = found.end()
    return "".join(kept)


class Splitter:
    """Records from text that arrives in pieces; lines end in LF, CR LF or CR.

    A quote still open after `longest` characters does not swallow what follows: its line is a wrong
    record, the next one begins anew.
    """

    def __init__(
        self, separators: str, quote: str = QUOTE, line: int = 1, longest: int = 1 << 20
    ) -> None:
        self.separators, self.quote, self.longest = separators, quote, longest
        self._line = line
        self._open: list[str] = []  # the lines of a record whose quote is not closed yet
        self._length = 0  # of those lines
        self._rest, self._returned = "", False

    @property
    def pending(self) -> str:
        """The text of a record that is not whole yet."""
        return "".join(self._open) + self._rest

    def feed(self, text: str) -> list[RawRecord]:
        """The records that are complete now."""
        if not text:
            return []
        if self._returned:  # a line feed that belongs to the carriage return before it
            text = text.removeprefix("\n")
        text = self._rest + text
        self._rest, found = "", []
        for piece in io.StringIO(text, newline=""):
            if piece[-1] not in "\r\n":
                self._rest = piece[: self.longest + 1]
                break
            found += self._take(piece)
        self._returned = text.endswith("\r") and not self._open
        return found

    def close(self) -> list[RawRecord]:
        """The last record where its line end is missing; a quote that is never closed makes its
        line a wrong record."""
        found = self._take(self._rest) if self._rest else []
        self._rest = ""
        while self._open:
            found += self._give_up()
        return found

    def _take(self, piece: str) -> list[RawRecord]:
        if not self._open and self.quote not in piece:
            self._line += 1
            return [RawRecord(self._line - 1, piece.rstrip("\r\n"))]
        if self._open and piece == "\n" and self._open[-1].endswith("\r"):
            self._open[-1] += piece
            return []
        self._open.append(piece)
        self._length += len(piece)
        if len(self._open) == 1 or self.quote in piece:
            text = "".join(self._open)
            if not unfinished(text, self.separators, self.quote):
                line, self._line = self._line, self._line + len(self._open)
                self._open, self._length = [], 0
                return [RawRecord(line, text.rstrip("\r\n"))]
        return self._give_up() if self._length > self.longest else []

    def _give_up(self) -> list[RawRecord]:
        """The first line of an endless record as a wrong one; the others are read again."""
        first, *others = self._open
        self._open, self._length = [], 0
        self._line += 1
        found = [
            RawRecord(
                self._line - 1,
                first.rstrip("\r\n"),
                "a quote is opened and never closed; close it or double it",
            )
        ]
        for piece in others:
            found += self._take(piece)
        return found
