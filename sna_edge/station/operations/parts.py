"""What was judged: as a table, and measured values that somebody knows to be wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import tzinfo
from typing import Any, TextIO

from ...errors import InputError
from ..drafts import WRONG
from ..records import History, write_csv
from ..records.reading.export import seconds_of, zone_of
from .asked import Asked, Streamed, Unknown

FAR = 1e11
"""A second that no record has."""


def exported(asked: Asked) -> Streamed:
    """The verdicts as CSV."""
    zone, decimal = asked.text("zone", "local"), asked.text("decimal", ".")
    if zone == "local":
        zone = asked.plant.config.zone or zone
    place = zone_of(zone)
    start, end = _seconds(asked, "from", 0.0, place), _seconds(asked, "to", FAR, place)
    station = asked.text("station", "") or None
    if decimal not in (".", ","):
        raise InputError(f"decimal is {decimal[:20]!r}; give . or ,")
    if station is not None and station not in asked.plant.config.stations:
        raise Unknown(f"no station is called {station[:60]!r}")

    def write(file: TextIO) -> None:
        with closing(History(asked.plant.config.data)) as history:
            write_csv(
                history, file, station=station, start=start, end=end, zone=zone, decimal=decimal
            )

    return Streamed(write, "text/csv; charset=utf-8", "verdicts.csv")


def _seconds(asked: Asked, key: str, default: float, zone: tzinfo | None) -> float:
    """Seconds since 1970, as an address has them: as such, or as a time in the zone."""
    found = asked.said.get(key, default)
    try:
        seconds = float(found)
    except (TypeError, ValueError):
        return seconds_of(str(found), zone)
    if not abs(seconds) <= FAR:
        raise InputError(f"{key} is {str(found)[:40]}; give seconds since 1970, or a time")
    return seconds


def corrected(asked: Asked) -> Mapping[str, Any]:
    """Say of a record that what was measured in it is wrong: a record of its own, since records are
    never changed."""
    number = asked.said.get("record")
    if not isinstance(number, int) or isinstance(number, bool):
        raise InputError(
            "no record is named; give its number (RECORD of sna-edge station correct, or in a call"
            ' "record": 17)'
        )
    with closing(History(asked.plant.config.data)) as history:
        found = history.record(number)
    told = json.loads(found.text) if found else {}
    if found is None or found.station != asked.names["station"]:
        raise Unknown(f"{asked.names['station']} has no record {number}")
    measured = told.get("measured")
    if not measured:
        raise InputError(f"nothing was measured in record {number}; give one with measured values")
    made = asked.record(
        WRONG, about=number, part=found.part, recipe=found.recipe, measured=measured
    )
    return {"record": made, "about": number}
