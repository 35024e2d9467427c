"""Messages between their arrival and their record: acknowledged when every part of them has one.

The desk may have no room, or no disk: then they wait here, are offered again, and nothing is
acknowledged meanwhile, so that the broker keeps them too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from threading import Condition, Event, Thread

from ..messages import in_turns
from ..parts import Answer, Arrival, Desk

ROOM, BYTES = 1000, 8 << 20
"""Messages without a record, or pieces of long ones, and their bytes; more are not read."""
TURN = 500
"""Parts that are handed in at once."""
RETRY = 0.5
"""Seconds until what has no record is offered again; a full desk is asked after a tenth of it."""


class Taken:
    """Parts of one message; `acknowledge` is called once, when all have a record. `stale()`: it
    will come again by another connection, and is not offered any more; `size`: its bytes."""

    def __init__(
        self,
        arrivals: Sequence[Arrival],
        acknowledge: Callable[[], None] = lambda: None,
        stale: Callable[[], bool] = lambda: False,
        size: int = 0,
    ) -> None:
        self.turns = list(in_turns(arrivals, TURN))
        self.acknowledge, self.stale, self.size = acknowledge, stale, size
        self.left = len(self.turns)


Turn = tuple[Taken, Sequence[Arrival]]


class Offered:
    """Hands messages to the desk in their order, from a thread of its own."""

    def __init__(self, name: str, desk: Desk) -> None:
        self._desk, self._ended = desk, Event()
        self._queue: deque[Turn] = deque()
        self._failed: deque[Turn] = deque()
        self._changed = Condition()
        self._with_desk = self._size = 0
        self.parts, self.words = 0, ""
        self._thread = Thread(target=self._run, name=f"in {name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(self, taken: Taken, seconds: float | None = None) -> bool:
        """Offer a message; waits while there is no room, and so stops who reads. False where there
        was none within `seconds`: it is not taken."""
        with self._changed:
            if not self._changed.wait_for(
                lambda: self._has_room() or self._ended.is_set(), seconds
            ):
                return False
            self._size += taken.size
            self._queue += [(taken, turn) for turn in taken.turns]
            self._changed.notify_all()
            return True

    def stop(self, seconds: float) -> None:
        """Offer what waits until then; the rest is not acknowledged and comes again."""
        with self._changed:
            self._changed.wait_for(lambda: not self.waiting, seconds)
            self._ended.set()
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(2.0)

    @property
    def waiting(self) -> int:
        """Messages, or pieces of long ones, without a record."""
        return len(self._queue) + len(self._failed) + self._with_desk

    def _has_room(self) -> bool:
        return self.waiting < ROOM and self._size < BYTES

    def _run(self) -> None:
        while not self._ended.is_set():
            with self._changed:
                some = self._changed.wait_for(lambda: self._queue or self._ended.is_set(), RETRY)
                again, failed = list(self._failed), bool(self._failed)
                self._failed.clear()
            if failed:
                self._ended.wait(RETRY)
                self._queue.extendleft(reversed(again))
            elif some and not self._ended.is_set() and not self._offered(self._queue[0]):
                self._ended.wait(RETRY / 10)

    def _offered(self, turn: Turn) -> bool:
        """Whether the desk has taken it, or it needs not any more."""
        taken, arrivals = turn
        with self._changed:
            self._with_desk += 1
        stale = taken.stale()
        if not stale and not self._desk.submit(arrivals, partial(self._done, turn)):
            self._left()
            return False
        with self._changed:
            self._queue.popleft()
        if stale:
            self._recorded(taken)
            self._left()
        return True

    def _recorded(self, taken: Taken) -> bool:
        """A piece of a message waits no longer; whether that was the last one."""
        with self._changed:
            taken.left -= 1
            if not taken.left:
                self._size -= taken.size
            return not taken.left

    def _done(self, turn: Turn, answers: list[Answer], sentence: str) -> None:
        taken, arrivals = turn
        self.words = sentence
        if sentence:
            self._failed.append(turn)
        else:
            self.parts += len(arrivals)
            if self._recorded(taken):
                taken.acknowledge()
        self._left()

    def _left(self) -> None:
        with self._changed:
            self._with_desk -= 1
            self._changed.notify_all()
