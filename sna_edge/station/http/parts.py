"""POST /stations/NAME/parts: one JSON object, a list of them, or one a line; answered when every
part has its record on the disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from ..messages import LINES, LIST, MANY, of_message
from ..parts import Answer, Arrival, Desk
from .guard import Refused
from .room import Held

RECORDED = 30.0
"""Seconds that records may take until the sender is told to try again."""
LATE = "no record yet; send it again, it counts once"
FULL = "too many large messages are on their way; send it again in a second, or fewer parts in one"
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
NDJSON = ("application/x-ndjson", "application/jsonl", "application/ndjson")


async def body(receive: Receive, most: int, seconds: float, held: Held) -> bytes:
    """The body of a request, as far as it has room. Raises Refused where it is too long, comes too
    slowly, or had no room: then it was read to its end, so that its sender hears that."""

    async def whole() -> bytes:
        pieces, size, room = [], 0, True
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, "the client has gone")
            piece = message.get("body", b"")
            size += len(piece)
            if size > most:
                raise Refused(413, f"the message is longer than {most} bytes; send fewer parts")
            if room and held.take(size):
                pieces.append(piece)
            elif room:
                room = False
                pieces.clear()
                held.give()
            if not message.get("more_body"):
                break
        if not room:
            raise Refused(503, FULL)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    try:
        return await asyncio.wait_for(whole(), seconds)
    except asyncio.TimeoutError:
        raise Refused(408, f"the message did not come within {seconds:g} s") from None


def arrivals(data: bytes, kind: str, station: str) -> tuple[list[Arrival], str]:
    """The parts of a message, and what it is. Raises Refused."""
    found, form = of_message(data, station, "http", lines=kind in NDJSON)
    if form == MANY:
        raise Refused(413, str(found[0].reading))
    return found, form


async def recorded(desk: Desk, found: Sequence[Arrival]) -> list[Answer]:
    """Their answers, once they are on the disk. Raises Refused where there is no room now."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[tuple[list[Answer], str]] = loop.create_future()

    def told(answers: list[Answer], sentence: str) -> None:
        if not future.done():
            future.set_result((answers, sentence))

    def done(answers: list[Answer], sentence: str) -> None:
        try:
            loop.call_soon_threadsafe(told, answers, sentence)
        except RuntimeError:  # the loop has ended, and the sender with it
            return

    if not desk.submit(found, done):
        raise Refused(503, "too many parts wait; send it again in a second")
    time.sleep(0)  # the thread that judges goes first
    try:
        answers, sentence = await asyncio.wait_for(future, RECORDED)
    except asyncio.TimeoutError:
        raise Refused(503, LATE) from None
    if sentence:
        raise Refused(503, sentence)
    return answers


def text(answers: Sequence[Answer], form: str) -> tuple[bytes, str]:
    """The body of the answer, and its type."""
    if form == LINES:
        return "".join([f"{a.text}\n" for a in answers]).encode(), NDJSON[0]
    if form != LIST:
        return f"{answers[0].text}\n".encode(), "application/json"
    joined = ",\n".join([a.text for a in answers])
    return f"[{joined}]\n".encode(), "application/json"
