"""Settings of a broker that is spoken to in JSON: [mqtt.NAME]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...errors import InputError
from ..config.table import Table
from .broker import Broker, broker_of, topic_of

if TYPE_CHECKING:
    from ..config.configuration import Configuration

KINDS = ("verdict", "measured", "event")
PLACE = re.compile(r"\{(.*?)\}")


@dataclass(frozen=True)
class MqttSettings:
    """`take`: {topic filter: station}; `records`: topic of records with {station} and {kind} in
    it, "" where none are sent; `kinds` of these."""

    broker: Broker
    take: Mapping[str, str] = field(default_factory=dict)
    records: str = ""
    kinds: tuple[str, ...] = KINDS


def read(name: str, table: Table, config: Configuration) -> MqttSettings:
    """Of [mqtt.NAME]: broker and what belongs to it, take, records, kinds. Raises InputError."""
    take: dict[str, str] = {}
    if table.has("take"):
        inner = table.table("take")
        for filter_ in inner.entries:
            station = inner.text(filter_)
            known_station(inner, station, config)
            take[topic_of(table, "take", filter_, wildcards=True)] = station
    records = topic_of(table, "records", table.text("records", ""))
    if wrong := [word for word in PLACE.findall(records) if word not in ("station", "kind")]:
        raise InputError(
            f"{table.name} has {{{wrong[0]}}} in records; use {{station}} and {{kind}}"
        )
    if not take and not records:
        raise InputError(f"{table.name} neither takes nor sends; give take, records, or both")
    kinds = tuple(table.texts("kinds", KINDS))
    if wrong := [kind for kind in kinds if kind not in KINDS]:
        raise InputError(
            f"{table.name} has the kind {wrong[0]!r}; write some of {', '.join(KINDS)}"
        )
    return MqttSettings(broker_of(table, name), take, records, kinds)


def known_station(table: Table, station: str, config: Configuration) -> str:
    """A station of the configuration. Raises InputError."""
    if station not in config.stations:
        known = ", ".join(config.stations)
        raise InputError(f"{table.name} names the station {station!r}; there are {known}")
    return station
