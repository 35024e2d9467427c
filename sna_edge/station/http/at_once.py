"""Parts of whole messages: judged where they are read, answered by the thread of the door when they
have their records, without a task or a change of threads of their own."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Sequence

from ..judging import JudgingDesk
from ..parts import Answer, Arrival
from .parts import LATE, RECORDED, text
from .protocol import Answered
from .replies import whole

HERE = 16
"""Parts of a message that the thread of the door judges itself; more go to the one that judges."""


class Wait:
    """Who waits for the answer to a message, and in which form; `answered` is None once it went."""

    __slots__ = ("answered", "form")

    def __init__(self, answered: Answered, form: str) -> None:
        self.answered: Answered | None = answered
        self.form = form

    def tell(self, answers: list[Answer], sentence: str) -> None:
        """Write the answer, once."""
        answered, self.answered = self.answered, None
        if answered is not None:
            answered(_said(answers, sentence, self.form))


class AtOnce:
    """Hands parts in and writes their answers; for one loop."""

    def __init__(self, desk: JudgingDesk) -> None:
        self._desk = desk
        self._heard: deque[tuple[Wait, list[Answer], str]] = deque()
        self._waits: deque[tuple[float, Wait]] = deque()
        self._woken, self._watched = False, False

    def take(self, found: Sequence[Arrival], form: str, at: int, answered: Answered) -> bool:
        """Whether the desk has taken the parts of a message that was there `at`; `answered`
        hears of it once, also when no records come."""
        loop, wait = asyncio.get_running_loop(), Wait(answered, form)

        def done(answers: list[Answer], sentence: str) -> None:
            self._heard.append((wait, answers, sentence))
            if not self._woken:  # all that a commit answers wake the loop once
                self._woken = True
                try:
                    loop.call_soon_threadsafe(self._tell)
                except RuntimeError:  # the loop has ended, and the sender with it
                    return

        if not self._desk.submit(found, done, here=len(found) <= HERE, at=at):
            return False
        self._waits.append((loop.time() + RECORDED, wait))
        if not self._watched:
            self._watched = True
            loop.call_later(RECORDED, self._watch, loop)
        return True

    def _tell(self) -> None:
        self._woken = False
        while self._heard:
            wait, answers, sentence = self._heard.popleft()
            wait.tell(answers, sentence)
        self._tidy()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tell those that it takes too long; one clock for all of them."""
        while self._waits and self._waits[0][0] <= loop.time():
            self._waits.popleft()[1].tell([], LATE)
        self._tidy()
        self._watched = bool(self._waits)
        if self._watched:
            loop.call_at(self._waits[0][0], self._watch, loop)

    def _tidy(self) -> None:
        """Away with what has its answer."""
        while self._waits and self._waits[0][1].answered is None:
            self._waits.popleft()


def _said(answers: list[Answer], sentence: str, form: str) -> bytes:
    """The bytes of an answer."""
    if sentence:
        told = json.dumps({"error": sentence}).encode() + b"\n"
        return whole(503, told, "application/json", [(b"retry-after", b"1")])
    again = str(sum([answer.again for answer in answers])).encode()
    data, kind = text(answers, form)
    return whole(200, data, kind, [(b"station-again", again)])
