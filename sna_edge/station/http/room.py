"""Room for what clients send and do not read: bytes of large messages on their way, answers that
nobody takes, requests that were sent before the first was answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

SMALL = 1 << 16
"""Bytes of a message that always have room."""
PIPELINED = 2000
"""Requests of all connections that wait for the one before them on their connection."""
UNREAD = 64 << 20
"""Bytes of all answers that wait for a client to read them."""
LOOK = 1.0
"""Seconds between two looks at them."""


class Held:
    """What one request holds."""

    def __init__(self, room: Bodies) -> None:
        self._room, self._size = room, 0

    def take(self, size: int) -> bool:
        """Whether a message of this size, all that has come of it, has room."""
        more = max(size - SMALL, self._size) - self._size
        if self._room.held + more > self._room.most:
            self._room.refused += 1
            return False
        self._size += more
        self._room.held += more
        return True

    def give(self) -> None:
        """It is answered."""
        self._room.held -= self._size
        self._size = 0


class Bodies:
    """At most `most` bytes of large messages at a time, of all connections together: from the
    first byte of one until it is answered. `held` of them now, `refused` messages. Of each message
    SMALL bytes do not count: whoever fills the room keeps no part of others out. For one loop.

    >>> bodies = Bodies(1000)
    >>> with bodies.begun() as one, bodies.begun() as other:
    ...     one.take(SMALL), one.take(SMALL + 900), other.take(SMALL + 200), other.take(SMALL)
    (True, True, False, True)
    >>> bodies.held, bodies.refused
    (0, 1)
    """

    def __init__(self, most: int) -> None:
        self.most, self.held, self.refused = most, 0, 0
        self.reading = asyncio.Lock()
        """One large message at a time is taken apart: what it becomes has many times its bytes."""

    @contextmanager
    def begun(self) -> Iterator[Held]:
        """Of one request, until it is answered."""
        held = Held(self)
        try:
            yield held
        finally:
            held.give()


class Written(Protocol):
    """A connection that something was written to."""

    def unread(self) -> int:
        """Bytes that its client has not taken yet."""

    def cut(self) -> None:
        """End it at once."""


class Links:
    """All connections. Those whose clients do not read what they have asked for: in `seconds` one
    has to take SMALL bytes, and all together hold at most `most`; who has held longest is `cut`
    off. `pipelined`: requests that wait for the one before them. For one loop."""

    def __init__(self, seconds: float, most: int = UNREAD) -> None:
        self.cut = self.pipelined = 0
        self._seconds, self._most = seconds, most
        self._slow: dict[Written, tuple[float, int]] = {}
        self._clock: asyncio.TimerHandle | None = None

    def waits(self, link: Written) -> None:
        """Its client is slower than what is written."""
        loop = asyncio.get_running_loop()
        self._slow.setdefault(link, (loop.time(), link.unread()))
        if self._clock is None:
            self._clock = loop.call_later(LOOK, self.look)

    def leave(self, link: Written) -> None:
        """It has taken everything, or has ended."""
        self._slow.pop(link, None)

    def look(self) -> None:
        """Cut off those that take nothing, and the first ones where all hold too much."""
        loop = asyncio.get_running_loop()
        now, total = loop.time(), sum(link.unread() for link in self._slow)
        for link, (since, before) in list(self._slow.items()):
            size = link.unread()
            if total <= self._most and size <= before - SMALL:
                self._slow[link] = now, size
            elif total > self._most or now - since >= self._seconds:
                total -= size
                self.cut += 1
                del self._slow[link]
                link.cut()
        self._clock = loop.call_later(LOOK, self.look) if self._slow else None
