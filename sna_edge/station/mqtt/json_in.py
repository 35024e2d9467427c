"""Parts by MQTT as JSON: acknowledged to the broker when their record is on the disk.

The session at the broker outlives the connection: what is published at QoS 1 meanwhile waits there,
and what was not acknowledged comes again. A message is one JSON object, a list of them, or one on
each line. Retained messages are passed over: they are no part that was just made.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from threading import Event, Thread
from typing import Any

from ..messages import of_line, of_lines, of_list
from ..out.destination import Away
from ..parts import Arrival, Desk
from .broker import Connection
from .settings import MqttSettings
from .taken import Offered, Taken

LARGEST = 1 << 20
"""Bytes of a message that is read."""
FIRST, LONGEST_PAUSE = 0.5, 30.0
"""Seconds between two tries to connect."""


class JsonDoor:
    """A way in: `settings.take` says which topic is of which station."""

    def __init__(self, name: str, settings: MqttSettings, desk: Desk) -> None:
        self.name, self.settings = name, settings
        self._offered = Offered(name, desk)
        self._stop, self._quiet = Event(), Event()
        self._connection: Connection | None = None
        self._words, self._messages, self._retained = "has not begun", 0, 0
        self._thread = Thread(target=self._run, name=f"mqtt {name}", daemon=True)

    def start(self) -> None:
        """Begin to connect. Raises InputError for certificates that are none."""
        Connection(self.settings.broker)
        self._offered.start()
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Read nothing new, have what was read recorded and acknowledged, disconnect."""
        self._quiet.set()
        self._offered.stop(seconds)
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def state(self) -> Mapping[str, Any]:
        """Whether the broker is there, how many messages came and wait."""
        up = self._connection is not None
        return {
            "up": up and not self._offered.words, "words": self._offered.words or self._words,
            "messages": self._messages, "waiting_in": self._offered.waiting,
            "retained": self._retained,
        }  # fmt: skip

    def _run(self) -> None:
        pause = FIRST
        while not self._stop.is_set():
            connection = None
            try:
                connection = Connection(self.settings.broker, clean=False, heard=self._heard)
                connection.open()
                connection.subscribe([(topic, 1) for topic in self.settings.take])
                self._connection, self._words, pause = connection, "takes parts", FIRST
                while not connection.gone.wait(0.1) and not self._stop.is_set():
                    pass
                self._words = f"{self.settings.broker.words} {connection.reason}"
            except Exception as error:  # of a link; the next try may go well
                known = isinstance(error, Away)
                self._words = str(error) if known else f"{type(error).__name__}: {error}"
            self._connection = None
            if connection is not None:
                connection.close()
            self._stop.wait(pause)
            pause = min(2.0 * pause, LONGEST_PAUSE)

    def _heard(self, connection: Connection, message: Any) -> None:
        """From the thread of the network: it waits here where there is no room."""
        if self._quiet.is_set():
            return
        if message.retain:
            self._retained += 1
            if message.qos:
                connection.acknowledge(message)
            return
        self._messages += 1
        acknowledge = partial(connection.acknowledge, message) if message.qos else lambda: None
        self._offered.put(Taken(self._arrivals(message), acknowledge, connection.gone.is_set))

    def _arrivals(self, message: Any) -> list[Arrival]:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        station = self._station(topic)
        return arrivals(message.payload, station, f"mqtt.{self.name}")

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
    text = bytes(payload).strip()
    if text.startswith(b"["):
        found = of_list(text, station, door)
        return found or [Arrival(station, "the message is an empty list", door=door)]
    one = of_line(text, station, door)
    if isinstance(one.reading, str) and b"\n" in text:
        return of_lines(text, station, door)
    return [one]
