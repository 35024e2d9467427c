"""The tables of a database of records, and how a connection to it is set up."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from os import PathLike
from pathlib import Path

from ...errors import InputError

FILE = "records.sqlite"
VERSION = 1
"""Of the tables (`PRAGMA user_version`)."""
APPLICATION = 0x534E4152
"""`PRAGMA application_id`: SNAR."""
PAGE = 4096
KINDS = ("verdict", "measured", "event")
VERDICTS = ("", "ACCEPT", "REJECT", "NO VERDICT")
"""A kind or a verdict stands in the tables as its place here."""
EVENT = KINDS.index("event")
WAL_PAGES, WAL_BYTES = 1000, 16 << 20
"""Pages after which the log is brought into the database; the bytes its file is cut to then."""

TABLES = """
CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE records (
    number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, station INTEGER NOT NULL,
    recipe INTEGER NOT NULL, part TEXT NOT NULL, sequence INTEGER NOT NULL, mark TEXT,
    verdict INTEGER NOT NULL, time INTEGER NOT NULL, text TEXT NOT NULL, digest BLOB NOT NULL);
CREATE UNIQUE INDEX once ON records (station, part, sequence, mark);
CREATE INDEX events ON records (number) WHERE kind = 2;
CREATE TABLE counts (
    station INTEGER, recipe INTEGER, minute INTEGER, accept INTEGER, reject INTEGER, none INTEGER,
    measured INTEGER, events INTEGER, first INTEGER, last INTEGER,
    PRIMARY KEY (station, recipe, minute)) WITHOUT ROWID;
CREATE TABLE places (
    station INTEGER, recipe INTEGER, last INTEGER, PRIMARY KEY (station, recipe)) WITHOUT ROWID;
CREATE TABLE series (
    id INTEGER PRIMARY KEY, station INTEGER, recipe INTEGER, output TEXT,
    UNIQUE (station, recipe, output));
CREATE TABLE minutes (
    series INTEGER, minute INTEGER, n INTEGER, mean REAL, spread REAL, low REAL, high REAL,
    off_n INTEGER, off_mean REAL, off_spread REAL, PRIMARY KEY (series, minute)) WITHOUT ROWID;
CREATE TABLE points (
    series INTEGER, record INTEGER, time INTEGER, verdict INTEGER, value REAL, lower REAL,
    upper REAL, measured REAL, chance REAL, PRIMARY KEY (series, record)) WITHOUT ROWID;
CREATE TABLE destinations (
    name TEXT PRIMARY KEY, sent INTEGER NOT NULL, dropped INTEGER NOT NULL) WITHOUT ROWID;
"""
"""records: a NULL `mark` is equal to no other, so that events have no key. places: where records
came from, and the last one. counts and minutes: what the records of a minute (since 1970) come to;
`spread` is the sum of squares about the mean, `off` is measured less predicted. points: what the
chart of an output shows of a record."""

MIGRATIONS: dict[int, Callable[[sqlite3.Connection], object]] = {}
"""Version -> what makes a database of it one of the next version; run in one transaction."""


def database(folder: str | PathLike[str]) -> str:
    """The path of the database in a folder of station data."""
    return os.path.join(os.fspath(folder), FILE)


def to_write(folder: str | PathLike[str], busy: float) -> sqlite3.Connection:
    """A connection that writes, its tables made or brought to this version; `busy`: seconds to wait
    for others. Raises InputError for a file that is none of this program or of a newer one,
    sqlite3.Error and OSError for what the disk says."""
    path = database(folder)
    db = sqlite3.connect(path, timeout=busy, isolation_level=None, check_same_thread=False)
    try:
        checked(db, path, fresh=True)
        if not db.execute("PRAGMA page_count").fetchone()[0]:
            db.execute(f"PRAGMA page_size = {PAGE}")
            db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        db.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        db.execute("PRAGMA cache_size = -8000")
        _brought_up(db)
    except BaseException:
        db.close()
        raise
    return db


def to_read(folder: str | PathLike[str], busy: float = 5.0) -> sqlite3.Connection:
    """A connection that only reads, for any thread. Raises InputError where there are no records,
    or none that this version reads."""
    path = database(folder)
    if not os.path.isfile(path):
        raise InputError(f"{os.fspath(folder)} holds no records; name the data folder of a station")
    uri = f"{Path(path).absolute().as_uri()}?mode=ro"
    db = sqlite3.connect(uri, uri=True, timeout=busy, isolation_level=None, check_same_thread=False)
    try:
        checked(db, path)
        db.execute("PRAGMA cache_size = -4000")
    except BaseException:
        db.close()
        raise
    return db


def checked(db: sqlite3.Connection, path: str, *, fresh: bool = False) -> None:
    """Raises InputError unless the database holds records of this version or an older one; an empty
    one passes where it may be `fresh`."""
    try:
        application = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
        tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if "not a database" not in str(error):
            raise
        raise InputError(f"{path} is no database; restore a backup, or move it away") from error
    if fresh and not tables and not application:
        return
    if application != APPLICATION:
        raise InputError(f"{path} holds no records of a station; name another folder")
    if version > VERSION:
        raise InputError(
            f"{path} has tables of version {version} and this program knows {VERSION}; use the"
            " newer sna-edge that wrote it"
        )


def _brought_up(db: sqlite3.Connection) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == VERSION:
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        if not version:
            for statement in TABLES.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION}")
        for old in range(version or VERSION, VERSION):
            MIGRATIONS[old](db)
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
