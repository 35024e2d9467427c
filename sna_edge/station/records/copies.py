"""A backup of the records while the station writes, and what is made of one again."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from os import PathLike

from ...durable import DISK
from ...errors import InputError
from .chain import ANCHORS, HEAD, Anchors, Mark, known
from .failures import sentence
from .schema import FILE, database, to_read
from .verify import Verified, verify

PAGES = 4096
"""Pages that are copied before others may hold the disk."""


def backup(folder: str | PathLike[str], target: str | PathLike[str]) -> Verified:
    """Copy the records in `folder`, also of a station that writes, into the folder `target`, which
    may not hold any; the copy is verified and is what is said of it. Raises InputError, and nothing
    is left in `target` then."""
    return _copied(folder, target)


def restore(copy: str | PathLike[str], folder: str | PathLike[str]) -> Verified:
    """Make the data of a station in `folder`, which may not hold any, from a backup; a backup whose
    chain is broken is refused. Raises InputError, and `folder` holds no records then."""
    if (found := verify(copy)).broken is not None:
        raise InputError(
            f"the backup {os.fspath(copy)} is not whole: {found.words}; take another one, or copy"
            " the folder as it is"
        )
    return _copied(copy, folder)


def _copied(source: str | PathLike[str], target: str | PathLike[str]) -> Verified:
    there = [name for name in (FILE, ANCHORS, HEAD) if os.path.exists(os.path.join(target, name))]
    if there:
        raise InputError(f"{os.fspath(target)} holds {there[0]} already; name a new folder")
    marks = known(source)  # read before the records, which only grow
    with closing(to_read(source)) as db:
        try:
            DISK.make_folder(os.fspath(target))
            _copy(db, database(target))
            _anchor(target, marks)
            return verify(target)
        except (sqlite3.Error, OSError) as error:
            _remove(target)
            raise InputError(_cannot(error, os.fspath(source), os.fspath(target))) from error
        except BaseException:
            _remove(target)
            raise


def _cannot(error: Exception, source: str, target: str) -> str:
    """What the disk or the database said to a copy, and what to do."""
    if isinstance(error, sqlite3.Error) and "is full" not in str(error):
        return sentence(error, source)  # of what is read
    why = getattr(error, "strerror", None) or str(error)
    return (
        f"the records cannot be copied into {target} ({why}); name a new folder, on a disk that has"
        " room for them"
    )


def _copy(db: sqlite3.Connection, path: str) -> None:
    """One state of the database, in a file that is whole when it has its name."""
    half = f"{path}.half"
    with suppress(FileNotFoundError):
        os.unlink(half)
    with closing(sqlite3.connect(half)) as copy:
        db.execute("BEGIN")  # one state, whatever is written meanwhile
        db.execute("SELECT count(*) FROM names").fetchone()
        try:
            db.backup(copy, pages=PAGES)
        finally:
            db.execute("ROLLBACK")
    DISK.sync(half)
    os.replace(half, path)
    DISK.sync_folder(path)


def _anchor(target: str | PathLike[str], marks: list[Mark]) -> None:
    """Anchors of the copy: what was known of the source, which shows where records of it were
    missing, and its end."""
    with closing(to_read(target)) as db:
        query = "SELECT number, digest, time FROM records ORDER BY number DESC LIMIT 1"
        row = db.execute(query).fetchone()
    anchors = Anchors(target)
    for mark in marks[-1:]:
        anchors.set(mark, 0)
    if row is not None:
        anchors.set(Mark(row[0], row[1]), row[2])


def _remove(target: str | PathLike[str]) -> None:
    for name in (FILE, f"{FILE}.half", f"{FILE}-wal", f"{FILE}-shm", ANCHORS):
        with suppress(OSError):
            os.unlink(os.path.join(target, name))
