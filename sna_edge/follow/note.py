"""The note beside a table that is followed: how far it was answered, in which file, so that a
restart goes on there."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import Any

from ..errors import InputError
from ..values.documents import once

LARGEST = 1 << 24
TAIL = 4096  # bytes before the position that must be found again
VERSION = 1


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


def write_note(path: str, note: Note) -> None:
    """Written whole or not at all, also when the power fails. Raises InputError where it cannot be
    written."""
    entries = {**asdict(note), "head": base64.b64encode(note.head).decode(), "version": VERSION}
    text = json.dumps({**entries, "check": _check(entries)}).encode()
    try:
        handle, temporary = tempfile.mkstemp(
            dir=os.path.dirname(os.path.abspath(path)), prefix=".sna-"
        )
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise InputError(
            f"cannot write the state file {path} ({error.strerror}); give another path with --state"
            " FILE"
        ) from None


def read_note(path: str, table: str) -> Note | None:
    """The note about `table`; None where there is no file. Raises InputError for a damaged one and
    for that of another table."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(
            f"cannot read the state file {path} ({error.strerror}); give another path with --state"
            " FILE"
        ) from None
    try:
        note = _note(json.loads(data, object_pairs_hook=once))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(
            f"the state file {path} is damaged; delete it to start again from the first row, or"
            " give another with --state FILE"
        ) from None
    if note.table != table:
        raise InputError(
            f"the state file {path} belongs to {note.table}, not to {table}; give another with"
            " --state FILE, or delete it"
        )
    return note


def _note(found: Mapping[str, Any]) -> Note:
    """Raises ValueError, KeyError or TypeError for what was not written here."""
    entries = {key: value for key, value in found.items() if key != "check"}
    head = base64.b64decode(entries["head"], validate=True)
    note = Note(**{f.name: entries[f.name] for f in fields(Note) if f.name != "head"}, head=head)
    if entries["version"] != VERSION or found["check"] != _check(entries):
        raise ValueError("check")
    if not 0 <= note.begins <= len(note.head) or min(note.position, note.count, note.inode) < 0:
        raise ValueError("range")
    return note


def _check(entries: Mapping[str, Any]) -> str:
    return sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()
