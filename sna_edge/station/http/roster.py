"""The people of the file of tokens while the station runs: added and revoked here, and changed by
hand; what the file says counts a second later."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from threading import Lock
from time import monotonic
from typing import Any, Protocol

from ...durable import write_whole
from ...errors import InputError
from ...serving import mark_of
from ...values.documents import document_bytes
from ..config.table import plain_name
from .people import ROLES, People, new_token, people_in, read_people

LOOK = 1.0
"""Seconds between two looks at the file."""
Record = Callable[[], object]
"""Writes what is done as a record before it is done; raises InputError where it cannot."""


class Tell(Protocol):
    """Write an event."""

    def __call__(self, event: str, **told: Any) -> None: ...


class Roster:
    """Who may call now. `changed` is called after every change."""

    def __init__(self, path: str, people: People, tell: Tell) -> None:
        self._path, self._people, self._tell = path, people, tell
        self._mark, self._looked, self._lock = mark_of(""), 0.0, Lock()
        self.changed: Callable[[], object] = lambda: None

    def now(self) -> People:
        """The people in the file, as it was a second ago."""
        if monotonic() - self._looked >= LOOK and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._people

    def add(self, name: str, role: str, record: Record) -> str:
        """A new token of somebody, shown once. Raises InputError."""
        if role not in ROLES:
            raise InputError(f"role is {role!r}; give one of {', '.join(ROLES)}")
        with self._lock:
            before = self._bytes()
            if ("token", plain_name(name, repr(name))) in people_in(before, self._path).roles:
                raise InputError(f"{name} has a token; revoke it first, or give another name")
            token, table = new_token(name, role)
            self._write(before.rstrip(b"\n") + b"\n\n" + table.encode(), record)
        return token

    def revoke(self, name: str, record: Record) -> None:
        """Let somebody in no more, neither by token nor by certificate. Raises InputError."""
        with self._lock:
            before = self._bytes()
            roles = people_in(before, self._path).roles
            if name not in (known for _, known in roles):
                raise InputError(f"nobody is called {name!r}; people are {_names(roles)}")
            left = {key: role for key, role in roles.items() if key[1] != name}
            if ROLES[-1] not in left.values():
                raise InputError(f"{name} is the last {ROLES[-1]}; add another one first")
            data = _without(before.decode(), name).encode()
            if people_in(data, self._path).roles != left:
                raise InputError(
                    f"{self._path} is written in another form; take {name} out by hand"
                )
            self._write(data, record)

    def _bytes(self) -> bytes:
        if self._path.lower().endswith(".json"):
            raise InputError(f"{self._path} is JSON; people are changed in a TOML file only")
        try:
            return document_bytes(self._path)
        except OSError as error:
            raise InputError(f"cannot read {self._path}: {error.strerror}") from None

    def _write(self, data: bytes, record: Record) -> None:
        found = people_in(data, self._path)
        if not os.access(os.path.dirname(self._path) or ".", os.W_OK):
            raise InputError(f"the station may not write {self._path}; let it, or do it by hand")
        record()
        try:
            mode = stat.S_IMODE(os.stat(self._path).st_mode)
            write_whole(self._path, data, mode=mode)
        except OSError as error:
            why = f"{self._path} could not be written ({error.strerror}); nothing has changed"
            self._tell("alarm", why=f"{why}, though a record says so", source="people")
            raise InputError(why) from None
        self._people, self._mark = found, mark_of(self._path)
        self.changed()

    def _look(self) -> None:
        self._looked, mark = monotonic(), mark_of(self._path)
        if mark == self._mark:
            return
        self._mark = mark
        try:
            found = read_people(self._path)
        except InputError as error:
            why = f"{self._path} was changed and cannot be used, all stays as it was: {error}"
            self._tell("alarm", who="file", why=why, source="people")
            return
        was, self._people = self._people, found
        if was == found:
            return
        told = {"added": sorted(_said(found, was)), "revoked": sorted(_said(was, found))}
        self._tell("people changed", who="file", why=f"{self._path} was changed", **told)
        self.changed()


def _said(one: People, other: People) -> set[str]:
    """People of `one` that are not so in `other`: 'maria (engineer)'; another token counts."""
    known = set(other.tokens)
    found = {f"{p.name} ({p.role})" for digest, p in one.tokens if (digest, p) not in known}
    certificates = other.certificates.items()
    return found | {
        f"{p.name} ({p.role}, certificate)"
        for key, p in one.certificates.items()
        if (key, p) not in certificates
    }


def _names(roles: Mapping[tuple[str, str], str]) -> str:
    return ", ".join(dict.fromkeys(name for _, name in roles))


def _without(text: str, name: str) -> str:
    """A file of tokens without the tables of somebody."""
    quoted = re.escape(name)
    header = re.compile(
        rf"\s*\[\s*(tokens|certificates)\s*\.\s*(\"{quoted}\"|'{quoted}'|{quoted})\s*\]"
    )
    kept, inside = [], False
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith("["):
            inside = header.match(line) is not None
        if not inside:
            kept.append(line)
    return "".join(kept)
