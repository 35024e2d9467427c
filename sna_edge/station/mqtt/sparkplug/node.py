"""The station as an edge node of Sparkplug B; each of its stations is a device.

A connection has a number `bdSeq`, in the will (NDEATH) and the birth; messages after the birth are
counted by `seq` from 0 to 255. Data are sent at QoS 0, as the specification wants it; that the
broker has them is known by its answer to a subscription that follows them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from threading import Event
from typing import Any

from .... import __version__
from ...out.destination import Away, Sent
from ..broker import Connection
from .payload import Metric, Payload, payload
from .settings import SparkplugSettings
from .told import milliseconds, told
from .types import Type, Value
from .wire import Malformed

SPACE = "spBv1.0"
REBIRTH = "Node Control/Rebirth"
STATE_WAIT = 1.0
"""Seconds in which the broker tells the kept state of the primary host."""


class EdgeNode:
    """A `Destination`."""

    def __init__(self, name: str, settings: SparkplugSettings) -> None:
        self.name, self.settings = name, settings
        self._bd_seq = int(time.time()) % 256  # another one than that of the last start
        self._seq = 0
        self._connection: Connection | None = None
        self._born, self._asked, self._host = False, Event(), Event()
        self._since = -1  # timestamp of the last word of the primary host
        self._aliases: dict[tuple[str, str], int] = {}
        self._metrics: dict[str, dict[str, tuple[Type, Value]]] = {}

    def send(self, records: Sequence[Sent]) -> int:
        """Publish them, births before where these are due. Raises Away where the broker or the
        primary host is."""
        connection = self._connection or self._opened()
        connection.check()
        if self.settings.primary_host and not self._host.is_set():
            raise Away(f"the primary host {self.settings.primary_host} is not online")
        if self._asked.is_set() or not self._born:
            self._births(connection)
        for one in records:
            self._data(connection, one)
        if records:
            connection.subscribe([(self._topic("NCMD"), 1)])
        return records[-1].number if records else 0

    def close(self) -> None:
        """Say that the node is gone, and disconnect."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._born and not connection.gone.is_set():
            connection.publish(self._topic("NDEATH"), self._death(), 1)
        self._born = False
        connection.close()

    def _opened(self) -> Connection:
        self._bd_seq = (self._bd_seq + 1) % 256
        self._born, self._since = False, -1
        self._host.clear()
        will = (self._topic("NDEATH"), self._death(), 1, False)
        connection = Connection(self.settings.broker, suffix="-node", heard=self._heard, will=will)
        connection.open()
        self._connection = connection
        filters = [(self._topic("NCMD"), 1)]
        if self.settings.primary_host:
            filters.append((f"{SPACE}/STATE/{self.settings.primary_host}", 1))
        connection.subscribe(filters)
        if self.settings.primary_host:
            self._host.wait(STATE_WAIT)
        return connection

    def _topic(self, kind: str, device: str = "") -> str:
        end = f"/{device}" if device else ""
        return f"{SPACE}/{self.settings.group}/{kind}/{self.settings.node}{end}"

    def _death(self) -> bytes:
        return Payload((Metric("bdSeq", self._bd_seq, Type.INT64),), _now()).encoded()

    def _next(self) -> int:
        seq, self._seq = self._seq, (self._seq + 1) % 256
        return seq

    def _births(self, connection: Connection) -> None:
        """NBIRTH and a DBIRTH for each device, with the last values."""
        self._asked.clear()
        self._seq = 0
        own = (
            Metric("bdSeq", self._bd_seq, Type.INT64, time=_now()),
            Metric(REBIRTH, False, Type.BOOLEAN, time=_now()),
            Metric("Properties/Software", "sna-edge", Type.STRING, time=_now()),
            Metric("Properties/Version", __version__, Type.STRING, time=_now()),
        )
        self._birth(connection, "NBIRTH", "", own)
        self._born = True
        for device in self._metrics:
            if device:
                self._birth(connection, "DBIRTH", device)

    def _birth(
        self, connection: Connection, kind: str, device: str, own: tuple[Metric, ...] = ()
    ) -> None:
        now, known = _now(), self._metrics.get(device, {})
        metrics = tuple(
            Metric(name, value, type_, self._alias(device, name), now)
            for name, (type_, value) in known.items()
        )
        born = Payload(own + metrics, now, self._next())
        connection.publish(self._topic(kind, device), born.encoded(), 0)

    def _data(self, connection: Connection, one: Sent) -> None:
        record, found = one.record, list(told(one.record))
        device = "" if record.get("kind") == "event" else str(record.get("station", ""))
        known = self._metrics.setdefault(device, {})
        new = any(name not in known for name, _, _ in found)
        known.update({name: (kind, value) for name, kind, value in found})
        if new and device:
            self._birth(connection, "DBIRTH", device)
        elif new:
            self._births(connection)
        moment = milliseconds(record)
        metrics = tuple(
            Metric("", value, kind, self._alias(device, name), moment, one.historical)
            for name, kind, value in found
        )
        data = Payload(metrics, _now(), self._next())
        kind = "DDATA" if device else "NDATA"
        connection.publish(self._topic(kind, device), data.encoded(known=True), 0)

    def _alias(self, device: str, name: str) -> int:
        return self._aliases.setdefault((device, name), len(self._aliases) + 1)

    def _heard(self, connection: Connection, message: Any) -> None:
        """A command, or the state of the primary host; from the thread of the network."""
        if message.qos:
            connection.acknowledge(message)
        if message.topic.startswith(f"{SPACE}/STATE/"):
            self._state(message.payload)
            return
        try:
            asked = payload(message.payload).metrics
        except Malformed:
            return
        if any(metric.name == REBIRTH and metric.value is True for metric in asked):
            self._asked.set()

    def _state(self, data: bytes) -> None:
        """An older word of the host than the last one counts for nothing: it is the will of an
        earlier connection."""
        found = host_state(data)
        if found is None or found[1] < self._since:
            return
        online, self._since = found
        (self._host.set if online else self._host.clear)()


def host_state(data: bytes) -> tuple[bool, int] | None:
    """(online, timestamp in ms) of a STATE message; None for what is none."""
    try:
        found = json.loads(data)
        online, moment = found["online"], found["timestamp"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    whole = isinstance(moment, int) and not isinstance(moment, bool)
    return (online, moment) if isinstance(online, bool) and whole else None


def _now() -> int:
    return round(1000.0 * time.time())
