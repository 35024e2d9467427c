"""What has happened, for whoever listens: never waits for a listener."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from threading import Condition, Lock

ROOM, LETTERS = 1000, 16 << 20
VERDICT, EVENT, STATE = "verdict", "event", "state"


class Listener:
    """The last `room` messages of some kinds, of LETTERS characters at most, the oldest first;
    `lost` had to go."""

    def __init__(self, kinds: Collection[str], room: int = ROOM) -> None:
        self.kinds, self.lost = frozenset(kinds), 0
        self._kept: deque[tuple[str, str]] = deque()
        self._room, self._letters = room, 0
        self._some = Condition(Lock())
        self.wake: Callable[[], None] = lambda: None
        """Called after every message, from the thread that publishes; must return at once."""

    def put(self, kind: str, text: str) -> None:
        """Keep a message, instead of the oldest where there is no room."""
        with self._some:
            self._kept.append((kind, text))
            self._letters += len(text)
            while len(self._kept) > self._room or (self._letters > LETTERS and len(self._kept) > 1):
                self._letters -= len(self._kept.popleft()[1])
                self.lost += 1
            self._some.notify()
        self.wake()

    def get(self, seconds: float | None = None) -> tuple[str, str] | None:
        """The next message; None where none comes within `seconds` (None: for ever)."""
        with self._some:
            if not self._some.wait_for(lambda: bool(self._kept), seconds):
                return None
            found = self._kept.popleft()
            self._letters -= len(found[1])
            return found

    def all(self) -> list[tuple[str, str]]:
        """All messages that wait."""
        with self._some:
            found = list(self._kept)
            self._kept.clear()
            self._letters = 0
        return found


class Bus:
    """Messages: `verdict`, the text of a record once it is on the disk; `event`, the same of an
    event; `state`, JSON of what changes without a record.

    >>> bus = Bus()
    >>> listener = bus.subscribe({"event"})
    >>> bus.publish("event", "{}")
    >>> listener.get()
    ('event', '{}')
    """

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()
        self._lock = Lock()

    def subscribe(self, kinds: Collection[str], room: int = ROOM) -> Listener:
        """Hear of these kinds from now on."""
        listener = Listener(kinds, room)
        with self._lock:
            self._listeners = (*self._listeners, listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Hear nothing more."""
        with self._lock:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

    def wanted(self, kind: str) -> bool:
        """Whether anybody listens."""
        return any(kind in one.kinds for one in self._listeners)

    def publish(self, kind: str, text: str) -> None:
        """Tell everybody who listens; returns at once."""
        for listener in self._listeners:
            if kind in listener.kinds:
                listener.put(kind, text)
