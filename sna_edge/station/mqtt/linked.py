"""A way in that keeps a connection to a broker: a fresh one after a pause where it is lost."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event, Thread
from typing import Any

from ..out.destination import Away
from ..parts import Desk
from .broker import Broker, Connection
from .taken import Offered

FIRST, LONGEST_PAUSE = 0.5, 30.0
"""Seconds between two tries to connect."""


class Linked:
    """What both ways in by MQTT have in common; `connected` and `heard` are what they differ in."""

    def __init__(self, name: str, broker: Broker, desk: Desk) -> None:
        self.name, self.broker, self.offered = name, broker, Offered(name, desk)
        self.messages = self.faults = 0
        self._fault = ""
        self._stop, self._quiet = Event(), Event()
        self._connection: Connection | None = None
        self._words = "has not begun"
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def connection(self) -> Connection:
        """A connection, not opened."""
        raise NotImplementedError

    def connected(self, connection: Connection) -> None:
        """It is open: subscribe. Raises Away."""
        raise NotImplementedError

    def heard(self, connection: Connection, message: Any) -> None:
        """A message came, in the thread of the network."""
        raise NotImplementedError

    def ended(self, connection: Connection) -> None:
        """It is about to be closed."""

    def start(self) -> None:
        """Begin to connect. Raises InputError for certificates that are none."""
        self.connection()
        self.offered.start()
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Read nothing new, have what was read recorded and acknowledged, disconnect."""
        self._quiet.set()
        self.offered.stop(seconds)
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def state(self) -> Mapping[str, Any]:
        """Whether the broker is there, how many messages came and wait."""
        up = self._connection is not None and not self.offered.words
        words = self.offered.words or self._words
        waiting = self.offered.waiting
        told = {"up": up, "words": words, "messages": self.messages, "waiting_in": waiting}
        return told | ({"faults": self.faults, "fault": self._fault} if self.faults else {})

    def quietly(self, connection: Connection, message: Any) -> None:
        """Hear a message unless the door is closing: then it comes again."""
        if self._quiet.is_set():
            return
        self.messages += 1
        try:
            self.heard(connection, message)
        except Exception as error:  # of one message: the thread of the network goes on
            self.faults += 1
            self._fault = f"a message could not be read: {type(error).__name__}: {error}"

    def _run(self) -> None:
        pause = FIRST
        while not self._stop.is_set():
            connection = None
            try:
                connection = self.connection()
                connection.open()
                self.connected(connection)
                self._connection, self._words, pause = connection, "takes parts", FIRST
                while not connection.gone.wait(0.1) and not self._stop.is_set():
                    pass
                self._words = f"{self.broker.words} {connection.reason}"
            except Exception as error:  # of a link; the next try may go well
                known = isinstance(error, Away)
                self._words = str(error) if known else f"{type(error).__name__}: {error}"
            self._connection = None
            if connection is not None:
                self.ended(connection)
                connection.close()
            self._stop.wait(pause)
            pause = min(2.0 * pause, LONGEST_PAUSE)
