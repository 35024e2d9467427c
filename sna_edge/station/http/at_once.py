"""Parts of whole messages: judged where they are read, answered by the thread of the door when they
have their records, without a task or a change of threads of their own."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Sequence

from ..judging import JudgingDesk
from ..parts import Answer, Arrival
from .parts import LATE, RECORDED, text
from .protocol import Answered
from .replies import whole

HERE = 16
"""Parts of a message that the thread of the door judges itself; more go to the one that judges."""
Told = Callable[[list[Answer], str], None]


class AtOnce:
    """Hands parts in and writes their answers; for one loop."""

    def __init__(self, desk: JudgingDesk) -> None:
        self._desk = desk
        self._heard: deque[tuple[Told, list[Answer], str]] = deque()
        self._woken = False

    def take(self, found: Sequence[Arrival], form: str, at: int, answered: Answered) -> bool:
        """Whether the desk has taken the parts of a message that was there `at`; `answered`
        hears of it once, also when no records come."""
        loop = asyncio.get_running_loop()
        waits: asyncio.TimerHandle | None = None

        def told(answers: list[Answer], sentence: str) -> None:
            nonlocal waits
            if waits is not None:
                waits.cancel()
                waits = None
                answered(_said(answers, sentence, form))

        def done(answers: list[Answer], sentence: str) -> None:
            self._heard.append((told, answers, sentence))
            if not self._woken:  # all that a commit answers wake the loop once
                self._woken = True
                try:
                    loop.call_soon_threadsafe(self._tell)
                except RuntimeError:  # the loop has ended, and the sender with it
                    return

        waits = loop.call_later(RECORDED, told, [], LATE)
        if self._desk.submit(found, done, here=len(found) <= HERE, at=at):
            return True
        waits.cancel()
        return False

    def _tell(self) -> None:
        self._woken = False
        while self._heard:
            told, answers, sentence = self._heard.popleft()
            told(answers, sentence)


def _said(answers: list[Answer], sentence: str, form: str) -> bytes:
    """The bytes of an answer."""
    if sentence:
        told = json.dumps({"error": sentence}).encode() + b"\n"
        return whole(503, told, "application/json", [(b"retry-after", b"1")])
    again = str(sum([answer.again for answer in answers])).encode()
    data, kind = text(answers, form)
    return whole(200, data, kind, [(b"station-again", again)])
