"""A graceful end: ways in take nothing new, what waits is judged and recorded, ways out send it,
the records close; each stage may use what those before it have left, and has a share that they
cannot take."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from threading import Thread
from typing import Protocol

from .parts import Door

TAKEN, JUDGED, RECORDED, SENT = 0.35, 0.6, 0.7, 0.9
"""Shares of the seconds at whose end a stage is over; the rest is for closing the records."""
LEAST = 0.1
"""Seconds that every stage has in any case."""


class Closed(Protocol):
    """What can be closed within some seconds."""

    def stop(self, seconds: float) -> object:
        """Take nothing new, finish what was begun, close."""


class Shares:
    """`seconds` from now on, for all stages together.

    >>> shares = Shares(10.0)
    >>> 3.0 < shares.left(TAKEN) <= 3.5
    True
    """

    def __init__(self, seconds: float) -> None:
        self._began, self._seconds = time.monotonic(), seconds

    def left(self, share: float) -> float:
        """Seconds until the stage that ends with this share is over."""
        end = self._began + share * self._seconds
        return max(end - time.monotonic(), LEAST)


def ways(doors: Iterable[Door]) -> tuple[list[Door], list[Door]]:
    """Ways in and ways out of doors; those behind one name are told apart."""
    single = [one for door in doors for one in getattr(door, "doors", (door,))]
    return (
        [door for door in single if not getattr(door, "outward", False)],
        [door for door in single if getattr(door, "outward", False)],
    )


def closed(some: Sequence[Closed], seconds: float) -> None:
    """Close them side by side, so that one that hangs costs the others nothing."""
    end = time.monotonic() + seconds
    threads = [Thread(target=_stop, args=(one, seconds), daemon=True) for one in some]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(end - time.monotonic(), 0.0) + LEAST)


def _stop(one: Closed, seconds: float) -> None:
    with suppress(Exception):  # of one; the others are closed all the same
        one.stop(seconds)
