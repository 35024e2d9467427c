"""A table that arrives in pieces: bytes in, whole records out."""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence
from dataclasses import replace

from ..errors import InputError
from .decimal_mark import Marks
from .dialect import Dialect
from .encoding import Decoder
from .layout import Layout, find_layout
from .numbers import mark, number
from .records import RawRecord, Record, Splitter, cells_of


class Stream:
    """Records of a table from bytes cut anywhere; a record is given once it is whole.

    `names` is empty until the header and the first row have arrived. `categorical` names columns of
    levels, `needed` those read as numbers (default: all others): the first of their cells that says
    which mark is the decimal mark decides for the file. `lenient`: bytes that are no text come as
    lone surrogates in their cells, where they would raise otherwise.
    """

    def __init__(
        self,
        source: str = "the table",
        declared: Dialect | None = None,
        hint: Dialect | None = None,
        *,
        categorical: Collection[str] = (),
        needed: Container[str] | None = None,
        longest: int = 1 << 20,
        lenient: bool = False,
    ) -> None:
        self._source, self._declared, self._hint = source, declared or Dialect(), hint or Dialect()
        self._categorical, self._needed, self._longest = categorical, needed, longest
        self._decoder = Decoder(self._declared.encoding, self._hint.encoding, source, lenient)
        self._head, self._layout = "", None  # type: tuple[str, Layout | None]
        self._splitter = Splitter(self._declared.separator)
        self._marks = (
            Marks(source, self._declared.decimal, trusted=True) if self._declared.decimal else None
        )
        self._plain = Marks(source)  # until a cell decides
        self._read: list[int] = []  # columns whose cells may decide the decimal mark

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, () until they are known."""
        return self._layout.names if self._layout else ()

    @property
    def units(self) -> dict[str, str]:
        """Units of the columns that a row below the header gives one."""
        return self._layout.units if self._layout else {}

    @property
    def dialect(self) -> Dialect:
        """What is known of how the table is written by now; empty fields are not decided yet."""
        found = self._layout.dialect if self._layout else self._declared
        return replace(
            found,
            encoding=self._decoder.encoding,
            decimal=self._marks.decimal if self._marks else "",
        )

    @property
    def pending(self) -> int:
        """Bytes that were fed and are part of no record given out: those of a record that is not
        whole yet."""
        return self._decoder.size(self._head if self._layout is None else self._splitter.pending)

    def feed(self, data: bytes) -> list[Record]:
        """The records that are whole now. Raises InputError for bytes that are no text and for a
        header that cannot be read."""
        return self._records(self._decoder.feed(data), False)

    def close(self) -> list[Record]:
        """The last record, where its line end is missing."""
        return self._records(self._decoder.feed(b"", True), True)

    def number(self, cell: str) -> float:
        """The cell as a number, NaN where it is none. Raises InputError for one with the other
        decimal mark."""
        marks = self._marks or self._plain
        found = number(cell, marks.decimal)
        if found != found and (reason := marks.contradiction(cell)):
            raise InputError(reason)
        return found

    def _records(self, text: str, final: bool) -> list[Record]:
        if self._layout is None:
            self._head += text
            text = self._begin(final)
            if self._layout is None:
                return []
        raws = self._splitter.feed(text) + (self._splitter.close() if final else [])
        after = self._layout.after
        records = [
            record
            for raw in raws
            if raw.line > after and (record := self._record(self._layout, raw))
        ]
        self._decide(self._layout, records)
        return records

    def _begin(self, final: bool) -> str:
        """The text of the head once the layout is known."""
        self._layout = find_layout(
            self._head, final, self._source, self._declared, self._hint, self._categorical
        )
        if self._layout is None:
            return ""
        text, self._head = self._head, ""
        dialect = self._layout.dialect
        self._splitter = Splitter(dialect.separator, dialect.quote, longest=self._longest)
        chosen = self._layout.names if self._needed is None else self._needed
        self._read = [
            i
            for i, name in enumerate(self._layout.names)
            if name in chosen and name not in self._categorical
        ]
        return text

    def _record(self, layout: Layout, raw: RawRecord) -> Record | None:
        """None for blank lines and comments."""
        if not raw.text.strip():
            return None
        if raw.wrong or "\0" in raw.text:
            return Record(raw.line, [raw.text], raw.wrong or "the row holds a NUL byte")
        try:
            cells = cells_of(raw.text, layout.dialect.separator, layout.dialect.quote)
        except InputError as error:
            return Record(raw.line, [raw.text], str(error))
        return None if layout.skips(cells) else Record(raw.line, *layout.row(cells))

    def _decide(self, layout: Layout, records: Sequence[Record]) -> None:
        """The decimal mark: from the first cell that proves one, else from the first that has
        one."""
        doubtful = ""
        for record in records if self._marks is None else ():
            for i in self._read if not record.wrong else ():
                said = mark(record.cells[i])
                if said in (".", ","):
                    self._marks = Marks(
                        self._source, said, (layout.names[i], record.line, record.cells[i].strip())
                    )
                    return
                doubtful = doubtful or said
        if doubtful and self._marks is None:
            comma = doubtful == "?," and layout.dialect.separator != ","
            self._marks = Marks(self._source, self._hint.decimal or ("," if comma else "."))
