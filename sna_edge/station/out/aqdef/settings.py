"""Settings of an export: [aqdef.NAME]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ....errors import InputError
from ...config.table import Table

if TYPE_CHECKING:
    from ...config.configuration import Configuration

PREDICTED, MEASURED = "predicted", "measured"
MOST = 20_000
"""Parts of a file where no number is given: they wait in memory until the file is written."""
PART = {"part_number": "K1001", "part_name": "K1002", "machine": "K1081", "operation": "K1086"}


@dataclass(frozen=True)
class AqdefSettings:
    """`folder` of the files; `starts` of shifts ((00:00) for days) and `most` parts end a file;
    `values`: what the station predicted or what was measured; `head`: K-fields of the part;
    `stations`: all where empty."""

    folder: str
    starts: tuple[time, ...] = (time(0),)
    most: int = MOST
    values: str = PREDICTED
    zone: tzinfo | None = None
    head: Mapping[str, str] = field(default_factory=dict)
    stations: tuple[str, ...] = ()


def read(name: str, table: Table, config: Configuration) -> AqdefSettings:
    """Of [aqdef.NAME]: path, per ("day", "shift" or a number of parts), shifts, values, time_zone,
    stations, part_number, part_name, machine, operation. Raises InputError."""
    starts, most = _period(table)
    stations = tuple(table.texts("stations", ()))
    for station in stations:
        if station not in config.stations:
            raise InputError(f"{table.name} names the station {station!r}; there is no such one")
    head = {key: table.text(entry, "") for entry, key in PART.items()}
    return AqdefSettings(
        folder=table.path("path"),
        starts=starts,
        most=most,
        values=table.choice("values", (PREDICTED, MEASURED), PREDICTED),
        zone=_zone(table.zone("time_zone", config.zone)),
        head={key: text for key, text in head.items() if text},
        stations=stations,
    )


def _period(table: Table) -> tuple[tuple[time, ...], int]:
    per: Any = table.entries.get("per", "day")
    if isinstance(per, int) and not isinstance(per, bool):
        return (time(0),), table.whole("per", least=1, most=1_000_000)
    table.choice("per", ("day", "shift"), "day")
    texts = table.texts("shifts", ())
    if per == "day":
        if texts:
            raise InputError(f'{table.name} has shifts; write per = "shift" too')
        return (time(0),), MOST
    try:
        starts = sorted(time.fromisoformat(text) for text in texts)
    except ValueError:
        starts = []
    if not starts or len(set(starts)) < len(starts):
        raise InputError(
            f'{table.name} needs the starts of its shifts; write shifts = ["06:00", "14:00"]'
        )
    return tuple(starts), MOST


def _zone(name: str) -> tzinfo | None:
    return ZoneInfo(name) if name else None
