"""The note beside a table that is followed: how far it was answered, in which file, so that a
restart goes on there."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import Any

from ..durable import DISK, Log
from ..errors import InputError
from ..values.documents import once

LARGEST = 1 << 24
TAIL = 4096  # bytes before the position that must be found again
LARGE = 1 << 16  # bytes of notes after which only the last one is kept
VERSION = 2


@dataclass(frozen=True)
class Note:
    """`position`: bytes of the file `inode` of `table` that are answered, `count`: records answered
    in all.

    `head`: the first bytes of the table up to a whole record, of which `begins` come before the
    first record; `tail`: digest of the last bytes before the position; `dialect`: how the table is
    written, as far as it is known.
    """

    table: str
    inode: int
    position: int
    count: int
    head: bytes
    begins: int
    tail: str
    dialect: dict[str, str]


def digest(data: bytes) -> str:
    """Of the last TAIL bytes."""
    return sha256(data[-TAIL:]).hexdigest()[:32]


class Notes:
    """The file of the note at `path`: notes are appended, the last one counts, and where they take
    more than LARGE bytes only that one is left. A power cut leaves the one before.

    Raises InputError where the file cannot be read, where no note in it is whole, and where it is
    about another table than `table`.
    """

    def __init__(self, path: str, table: str) -> None:
        self.path = path
        try:
            self._log = Log(path)
        except OSError as error:
            raise self._failed("read", error) from None
        self.note = self._read()
        if self.note and self.note.table != table:
            raise InputError(
                f"the state file {path} belongs to {self.note.table}, not to {table}; give another"
                " with --state FILE, or delete it"
            )

    def write(self, note: Note) -> None:
        """The note is on the disk when this returns. Raises InputError where it cannot be
        written."""
        entries = {**asdict(note), "head": base64.b64encode(note.head).decode(), "version": VERSION}
        try:
            self._log.append(json.dumps(entries).encode())
            if self._log.size > LARGE or self._log.skipped:
                self._log.keep(1)
        except OSError as error:
            raise self._failed("write", error) from None
        self.note = note

    def _read(self) -> Note | None:
        version = VERSION if self._log.records else 1
        texts = self._log.records[-1:] or self._of_version_1()
        if not self._log.there:
            return None
        try:
            return _note(json.loads(texts[0], object_pairs_hook=once), version)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
            raise InputError(
                f"the state file {self.path} is damaged; delete it to start again from the first"
                " row, or give another with --state FILE"
            ) from None

    def _of_version_1(self) -> list[bytes]:
        """The file of a library that kept one note as JSON."""
        data = DISK.read(self.path) or b""
        return [data] if data.startswith(b"{") else []

    def _failed(self, what: str, error: OSError) -> InputError:
        return InputError(
            f"cannot {what} the state file {self.path} ({error.strerror}); give another path with"
            " --state FILE"
        )


def _note(found: Mapping[str, Any], version: int) -> Note:
    """Raises ValueError, KeyError or TypeError for what was not written here."""
    entries = {key: value for key, value in found.items() if key != "check"}
    head = base64.b64decode(entries["head"], validate=True)
    note = Note(**{f.name: entries[f.name] for f in fields(Note) if f.name != "head"}, head=head)
    if entries["version"] != version or (version == 1 and found["check"] != _check(entries)):
        raise ValueError("version or check")
    if not 0 <= note.begins <= len(note.head) or min(note.position, note.count, note.inode) < 0:
        raise ValueError("range")
    return note


def _check(entries: Mapping[str, Any]) -> str:
    return sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()
