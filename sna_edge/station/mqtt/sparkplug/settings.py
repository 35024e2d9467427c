"""Settings of Sparkplug: [sparkplug.NAME]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ....errors import InputError
from ...config.table import Table
from ..broker import Broker, broker_of
from ..settings import known_station

if TYPE_CHECKING:
    from ...config.configuration import Configuration

Node = tuple[str, str, str]
"""Group, edge node, device ("" for the edge node itself)."""


@dataclass(frozen=True)
class Tap:
    """Metrics of `node` that make up a part of `station`: `trigger` (its coming makes a part),
    `part` (its id), `recipe`, `sequence`; `inputs` and `measured`: {name: metric}."""

    node: Node
    station: str
    trigger: str
    part: str = ""
    recipe: str = ""
    sequence: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    measured: Mapping[str, str] = field(default_factory=dict)

    @property
    def metrics(self) -> frozenset[str]:
        """All that it needs of the node."""
        own = (self.trigger, self.part, self.recipe, self.sequence)
        return frozenset((*own, *self.inputs.values(), *self.measured.values()))


@dataclass(frozen=True)
class SparkplugSettings:
    """The station is edge node `node` of `group`, where these are given; it publishes only while
    the host application `primary_host` is online. `taps`: parts of other edge nodes; towards them
    it is the host application `host_id`, where that is given."""

    broker: Broker
    group: str = ""
    node: str = ""
    primary_host: str = ""
    host_id: str = ""
    taps: tuple[Tap, ...] = ()


def read(name: str, table: Table, config: Configuration) -> SparkplugSettings:
    """Of [sparkplug.NAME]: broker and what belongs to it, group, node, primary_host, host_id, and a
    table take.NAME for each tap. Raises InputError."""
    words = {
        key: id_of(table, key, table.text(key, ""))
        for key in ("group", "node", "primary_host", "host_id")
    }
    if bool(words["group"]) != bool(words["node"]):
        raise InputError(f"{table.name} needs both group and node to be an edge node; give both")
    taps = []
    if table.has("take"):
        taps = [_tap(inner, config) for _, inner in table.named("take")]
    if not taps and not words["node"]:
        raise InputError(f"{table.name} neither takes nor sends; give group and node, or take")
    return SparkplugSettings(broker_of(table, name), taps=tuple(taps), **words)


def id_of(table: Table, key: str, text: str) -> str:
    """An id as it stands in topics. Raises InputError."""
    if set(text) & set("+/#\0"):
        raise InputError(f"{table.name} has the {key} {text!r}; an id has no + / #")
    return text


def _tap(table: Table, config: Configuration) -> Tap:
    levels = table.text("node").split("/")
    if len(levels) not in (2, 3) or not all(levels):
        raise InputError(f"{table.name} has the node {table.entries['node']!r}; write group/node or"
                         " group/node/device")  # fmt: skip
    group, node, device = (id_of(table, "node", level) for level in [*levels, ""][:3])
    part = table.text("part", "")
    tap = Tap(
        node=(group, node, device),
        station=known_station(table, table.text("station"), config),
        trigger=table.text("trigger", part),
        part=part,
        recipe=table.text("recipe", ""),
        sequence=table.text("sequence", ""),
        inputs=_names(table, "inputs"),
        measured=_names(table, "measured"),
    )
    if not tap.trigger:
        raise InputError(
            f"{table.name} needs part or trigger; name the metric that tells of a part"
        )
    if not tap.inputs and not tap.measured:
        raise InputError(f"{table.name} has no inputs; write inputs = {{ power = 'Laser/Power' }}")
    table.finish()
    return tap


def _names(table: Table, key: str) -> dict[str, str]:
    if not table.has(key):
        return {}
    inner = table.table(key)
    return {name: inner.text(name) for name in inner.entries}
