"""Records of a station: are they whole, a copy of them, a table of their verdicts."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ..console import ANSWERED, FAULT, emit
from ..stationing.action import Action

if TYPE_CHECKING:
    from ...station.records import History

FAR = 1e11
"""A second that no record has."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `station export`."""
    parser.add_argument(
        "--zone",
        default="UTC",
        help="time zone of the times: UTC, local, or a name as Europe/Vienna (default UTC)",
    )
    parser.add_argument("--decimal", default=".", help="decimal point, or comma with columns by ;")
    parser.add_argument("--of", metavar="STATION", help="one station (default all)")
    for option, what in (("--from", "first"), ("--to", "end of the")):
        parser.add_argument(
            option,
            dest=option[2:] + "_time",
            metavar="TIME",
            help=f"{what} time, as 2026-03-01 or 2026-03-01T06:00, in the time zone",
        )


def verify(args: argparse.Namespace, folder: str) -> int:
    """Go through the chain."""
    from ...station.records import verify as gone_through

    found = gone_through(folder)
    whole = found.broken is None
    told = {
        "status": "ok" if whole else "broken", "records": found.records, "first": found.first,
        "last": found.last, "digest": found.digest, "broken": found.broken, "words": found.words,
    }  # fmt: skip
    lines = [_counted(folder, found) + (", whole" if whole else f"; {found.words}")]
    emit(args, told, [*lines, f"digest of the last one: {found.digest}"])
    return ANSWERED if whole else FAULT


def backup(args: argparse.Namespace, folder: str, target: str) -> int:
    """Copy the records, also of a station that runs."""
    from ...station.records import backup as copied

    return _copied(args, target, copied(folder, target))


def restore(args: argparse.Namespace, copy: str, folder: str) -> int:
    """Make a data folder of a backup."""
    from ...station.records import restore as made

    return _copied(args, folder, made(copy, folder))


def export(args: argparse.Namespace, folder: str) -> int:
    """Write verdicts as CSV to standard output."""
    from ...station.records import History, write_csv
    from ...station.records.reading.export import seconds_of, zone_of

    zone = zone_of(args.zone)
    start = seconds_of(args.from_time, zone) if args.from_time else 0.0
    end = seconds_of(args.to_time, zone) if args.to_time else FAR
    options: dict[str, Any] = {"zone": args.zone, "decimal": args.decimal, "station": args.of}
    with closing(History(folder)) as history:
        _known(history, args.of)
        write_csv(history, sys.stdout, start=start, end=end, **options)
    return ANSWERED


def _copied(args: argparse.Namespace, target: str, found: Any) -> int:
    whole = found.broken is None
    told = {"status": "ok" if whole else "broken", "records": found.records, "last": found.last}
    line = _counted(target, found) + ("" if whole else f"; {found.words}")
    emit(args, {**told, "digest": found.digest, "words": found.words}, [line])
    return ANSWERED if whole else FAULT


def _counted(folder: str, found: Any) -> str:
    return f"{folder}: {found.records} records, {found.first} to {found.last}"


def _known(history: History, station: str | None) -> None:
    """Raises InputError for a station that no record is of."""
    names = history.stations()
    if station is not None and station not in names:
        raise InputError(f"no record is of station {station!r}; stations are {', '.join(names)}")


ACTIONS: dict[str, Action] = {
    "verify": Action(
        ("DATA",), "go through the chain of all records of a data folder, and name what breaks it",
        verify,
    ),
    "backup": Action(("DATA", "COPY"), "copy the records, also while the station runs", backup),
    "restore": Action(("COPY", "DATA"), "make a new data folder of a copy", restore),
    "export": Action(
        ("DATA",), "write the verdicts as CSV to standard output, in a time zone", export,
        configure,
    ),
}  # fmt: skip
"""What is done with the records."""
