"""Records of a table that grows, is rotated, truncated or replaced; each is given once."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Collection, Container, Iterator
from functools import partial

from ..errors import InputError
from ..table import Dialect, Record, Stream
from .note import LARGEST, Note, Notes, digest
from .tail import PAUSE, Event, Tail

HOLE = b"\0" * 4


class Growing:
    """Batches of whole records of the table at `path` ("-": standard input), until its end or, with
    `follow`, for ever.

    With `note`, a file, what was answered is noted when the next batch is asked for, and a new
    start goes on there: a record comes twice only where the process ended between its answer and
    the note, never not at all. After a rotation or truncation the header may come again, or rows
    without one; the last record of a file renamed away counts without its line end.

    `needed` are the columns of numbers, `categorical` those of levels; `pause`: seconds that a look
    without news takes. Raises InputError where a later header differs.

    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "parts.csv")
    >>> with open(path, "w") as file:
    ...     _ = file.write("id,power\\n1,180\\n2,200\\n")
    >>> growing = Growing(path, needed=["power"])
    >>> for records in growing:
    ...     print(growing.names, [record.cells for record in records])
    ('id', 'power') [['1', '180'], ['2', '200']]
    """

    def __init__(
        self,
        path: str,
        *,
        follow: bool = False,
        note: str | None = None,
        declared: Dialect | None = None,
        hint: Dialect | None = None,
        categorical: Collection[str] = (),
        needed: Container[str] | None = None,
        pause: float = PAUSE,
    ) -> None:
        self.path, self.note_path = path, note
        self._notes: Notes | None = None
        self.count = 0  # records answered before the present batch
        self._declared, self._needed, self._categorical = declared, needed, categorical
        self._new = partial(
            Stream, path, hint=hint, categorical=categorical, needed=needed, lenient=True
        )
        self._stream = self._new(declared)
        self._tail = Tail(path, follow, pause)
        self._head, self._begins, self._names, self._written = (
            b"",
            0,
            (),
            {},
        )  # type: bytes, int, tuple[str, ...], dict[str, str]
        self._first: bytes | None = b""  # bytes of this file that may be its head

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, known with the first batch."""
        return self._names

    @property
    def units(self) -> dict[str, str]:
        """Of the columns to which a row below the header gives one."""
        return self._stream.units

    @property
    def number(self) -> Callable[[str], float]:
        """A cell of the present batch as a number, NaN where it is none. Raises InputError for one
        with the other decimal mark."""
        return self._stream.number

    def __iter__(self) -> Iterator[list[Record]]:
        yield from (records for records in self.looks() if records)

    def looks(self) -> Iterator[list[Record]]:
        """The same, and an empty batch after each look that found nothing whole."""
        self._start()
        try:
            event = Event.NOTHING
            while event is not Event.END:
                self._tail.header = self._head[: self._begins]
                event, data = self._tail.read(
                    self._stream.pending if self._first is None else len(self._first)
                )
                records = self._taken(event, data)
                yield records
                if records:
                    self.count += len(records)
                    self._noted()
        finally:
            self._tail.close()

    def _start(self) -> None:
        if self.note_path:
            self._notes = Notes(self.note_path, os.path.abspath(self.path))
        note = self._notes.note if self._notes else None
        if note is None:
            self._tail.open()
        else:
            self.count, self._head, self._begins, self._written = (
                note.count,
                note.head,
                note.begins,
                note.dialect,
            )
            self._stream = self._resumed()
            self._names = self._stream.names
            self._first = (
                None
                if self._tail.resume(note.inode, note.position, note.tail) is Event.DATA
                else b""
            )
        if self.note_path and not self._tail.regular:
            raise InputError(
                f"{self.path} is not a regular file, so there is no position to resume from; leave"
                " --state out"
            )

    def _resumed(self) -> Stream:
        """A stream that knows header and dialect and waits for a record."""
        stream = self._new(Dialect(**self._written))
        stream.feed(self._head)
        return stream

    def _noted(self) -> None:
        """Note what is answered, once the head is known."""
        if not self._notes or self._first is not None:
            return
        self._written = self._stream.dialect.declared()
        pending, recent = self._stream.pending, self._tail.recent
        before = recent[: len(recent) - pending]
        self._notes.write(
            Note(
                os.path.abspath(self.path),
                self._tail.inode,
                self._tail.offset - pending,
                self.count,
                self._head,
                self._begins,
                digest(before),
                self._written,
            ),
        )

    def _taken(self, event: Event, data: bytes) -> list[Record]:
        """The records that are whole after an event."""
        if event is Event.ANEW:
            self._first = b""
            self._written = self._stream.dialect.declared() if self._names else {}
        if event in (Event.CLOSED, Event.END):
            records = self._closed()
            if event is Event.END and not self._names:
                raise InputError(f"{self.path} is empty; give a table with a header line")
            return records
        if event is not Event.DATA:
            return []
        if self._first is None:
            return self._rows(self._stream.feed(data))
        self._first += data
        if self._first.startswith(
            HOLE
        ):  # left by a writer that went on at its old place after the file was truncated
            self._first = self._first.lstrip(b"\0")
        if len(self._first) > LARGEST:
            raise InputError(
                f"{self.path} has no header and row in its first {LARGEST >> 20} MiB; give a table"
            )
        return self._begun(final=False)

    def _closed(self) -> list[Record]:
        """The last record, where its line end is missing."""
        begun = self._begun(final=True) if self._first is not None else []
        return begun + self._rows(self._stream.close())

    def _rows(self, records: list[Record]) -> list[Record]:
        """Without the header that a new writer of a pipe sends again."""
        return (
            records
            if self._tail.regular
            else [r for r in records if tuple(_bare(r.cells)) != self._names]
        )

    # The head of a file

    def _begun(self, final: bool) -> list[Record]:
        """The records of the bytes that have come of a file, once its head is clear."""
        data = self._first or b""
        if not self._names:
            return self._headed(data, final)
        header = self._head[: self._begins]
        if header and data.startswith(header):
            return self._known(data[len(header) :])
        if not data or (not final and header.startswith(data)):
            return []
        stream = self._resumed()
        records = stream.feed(data) + (stream.close() if final else [])
        if not records:
            return []
        return (
            self._known(data)
            if self._is_row(stream, records[0])
            else self._same_header(data, final)
        )

    def _known(self, data: bytes) -> list[Record]:
        """Rows under the header that is known."""
        self._stream, self._first = self._resumed(), None
        return self._rows(self._stream.feed(data))

    def _is_row(self, stream: Stream, first: Record) -> bool:
        """Whether the first record of a file is a row: no name stands in it, a number where one is
        needed."""
        if first.wrong:
            return False
        cells = dict(zip(self._names, _bare(first.cells), strict=False))
        numbers = [
            cell
            for name, cell in cells.items()
            if name not in self._categorical and (self._needed is None or name in self._needed)
        ]
        return all(name != cell for name, cell in cells.items()) and any(
            _is_number(stream, cell) for cell in numbers
        )

    def _same_header(self, data: bytes, final: bool) -> list[Record]:
        """A header that is written otherwise, but names the same columns."""
        names, self._names = self._names, ()
        records = self._headed(data, final)
        if self._names and self._names != names:
            here = f"delete the state file {self.note_path}" if self.note_path else "start again"
            changed = (
                f"{self.path}: the header has changed from {', '.join(names)} to"
                f" {', '.join(self._names)}"
            )
            raise InputError(f"{changed}; fix the table, or {here} to start over")
        self._names = names
        return records

    def _headed(self, data: bytes, final: bool) -> list[Record]:
        """The first record of a file and those after it; the head is kept for later files and
        starts."""
        stream, fed, records = self._new(self._declared), 0, []  # type: Stream, int, list[Record]
        for line in data.splitlines(keepends=True):
            records = stream.feed(line)
            fed += len(line)
            if records:
                break
        if not records and final and data.strip():
            records = stream.close()
        if not records and not (final and stream.names):
            return []
        self._stream, self._names, self._first = stream, stream.names, None
        self._head = data[: fed - stream.pending]
        self._begins = (
            _before(self._head, stream.dialect.encoding, records[0].line)
            if records
            else len(self._head)
        )
        return self._rows(records + stream.feed(data[fed:]))


def _before(head: bytes, encoding: str, line: int) -> int:
    """Bytes before line `line`, counted from 1."""
    name = "utf-8-sig" if encoding in ("", "utf-8") else encoding
    lines = list(io.StringIO(head.decode(name, "surrogateescape"), newline=""))[line - 1 :]
    plain = f"{name}-le" if name in ("utf-16", "utf-32") else name.removesuffix("-sig")
    return len(head) - len("".join(lines).encode(plain, "surrogateescape"))


def _bare(cells: list[str]) -> list[str]:
    return [" ".join(cell.split()) for cell in cells]


def _is_number(stream: Stream, cell: str) -> bool:
    try:
        found = stream.number(cell)
    except InputError:
        return True  # with the other decimal mark
    return found == found
