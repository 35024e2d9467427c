"""Parts by MQTT as JSON: acknowledged to the broker when their record is on the disk.

The session at the broker outlives the connection: what is published at QoS 1 meanwhile waits there,
and what was not acknowledged comes again. A message is one JSON object, a list of them, or one on
each line. Retained messages are passed over: they are no part that was just made.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..messages import of_message
from ..parts import Arrival, Desk
from .broker import Connection
from .linked import Linked
from .settings import MqttSettings
from .taken import Taken

LARGEST = 1 << 20
"""Bytes of a message that is read."""


class JsonDoor(Linked):
    """A way in: `settings.take` says which topic is of which station."""

    def __init__(self, name: str, settings: MqttSettings, desk: Desk) -> None:
        super().__init__(f"mqtt.{name}", settings.broker, desk)
        self.settings, self._retained = settings, 0

    def connection(self) -> Connection:
        """With a session that outlives it."""
        return Connection(self.broker, clean=False, heard=self.quietly)

    def connected(self, connection: Connection) -> None:
        """Subscribe at QoS 1."""
        connection.subscribe([(topic, 1) for topic in self.settings.take])

    def state(self) -> Mapping[str, Any]:
        """With the number of retained messages."""
        return {**super().state(), "retained": self._retained}

    def heard(self, connection: Connection, message: Any) -> None:
        """Waits here where there is no room."""
        if message.retain:
            self._retained += 1
            if message.qos:
                connection.acknowledge(message)
            return
        acknowledge = partial(connection.acknowledge, message) if message.qos else lambda: None
        found, size = self._arrivals(message), len(message.payload)
        self.offered.put(Taken(found, acknowledge, connection.gone.is_set, size))

    def _arrivals(self, message: Any) -> list[Arrival]:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        station = self._station(topic)
        return arrivals(message.payload, station, self.name)

    def _station(self, topic: str) -> str:
        from paho.mqtt.client import topic_matches_sub

        take = self.settings.take
        found = (one for filter_, one in take.items() if topic_matches_sub(filter_, topic))
        return next(found, next(iter(take.values())))


def arrivals(payload: bytes, station: str, door: str) -> list[Arrival]:
    """The parts in a message: one at least, which says what is wrong where nothing can be read."""
    if len(payload) > LARGEST:
        said = f"the message has {len(payload)} bytes; at most {LARGEST} are read"
        return [Arrival(station, said, door=door)]
    found, _ = of_message(bytes(payload), station, door)
    return found or [Arrival(station, "the message is an empty list", door=door)]
