"""One connection of HTTP: closed where no whole head of a request comes in time or in size, or
nobody reads its answers, told whose certificate it has shown, and parts whose message came in one
piece are answered at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .room import PIPELINED, Links

PEER = "peer_certificate"
HEAD = 65536
"""Bytes of the head of a request."""
Answered = Callable[[bytes], None]
"""Called in the loop with a whole answer."""


class AtOnce(Protocol):
    """What answers whole messages without a task of their own."""

    def is_parts(self, scope: Any) -> bool:
        """Whether a request brings parts."""

    def at_once(self, scope: Any, data: bytes, answered: Answered) -> bool:
        """Take the parts of a message; False where it has to be answered in the ordinary way."""


class TooMany(Exception):
    """Requests were sent before the first was answered, more than wait at a time."""


class Connection(HttpToolsProtocol):  # type: ignore[misc,unused-ignore]
    """One client. Of all connections of a door: `seconds` that a request has for its head, the
    `parts` that are answered at once, `links`."""

    seconds: float
    parts: AtOnce
    links: Links
    app_state: dict[str, Any]
    _clock: asyncio.TimerHandle | None = None
    _held: Any = None
    _reads = False
    _head = 0

    def connection_made(self, transport: Any) -> None:
        """Keep whose certificate it shows; the time for its first head runs."""
        super().connection_made(transport)
        found = transport.get_extra_info("ssl_object")
        if found is not None:
            self.app_state = {**self.app_state, PEER: found.getpeercert()}
        self._clock = self.loop.call_later(self.seconds, self._late)

    def data_received(self, data: bytes) -> None:
        """Read on; cut off whose head is too long, and time those whose head is not whole."""
        self._head += len(data)
        self._reads = True
        super().data_received(data)
        self._reads = False
        if self._held is not None:  # the rest of it has still to come
            held, self._held = self._held, None
            super()._start_asgi_task(held, self.app)
        if not self._idle():
            self._stop_clock()
        elif self._clock is None and self._head:  # its head is not whole yet
            self._clock = self.loop.call_later(self.seconds, self._late)
        if self._head > HEAD:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing of it waits any more."""
        self._stop_clock()
        self.links.leave(self)
        self.links.pipelined -= len(self.pipeline)
        self.pipeline.clear()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Its client is slower than what is written."""
        super().pause_writing()
        self.links.waits(self)

    def resume_writing(self) -> None:
        """Its client has taken everything."""
        super().resume_writing()
        self.links.leave(self)

    def unread(self) -> int:
        """Bytes that the client has not taken yet."""
        return int(self.transport.get_write_buffer_size())

    def cut(self) -> None:
        """End it at once."""
        self.transport.abort()

    def on_message_begin(self) -> None:
        """A request begins. Raises TooMany."""
        if self.pipeline and self.links.pipelined >= PIPELINED:
            raise TooMany  # the parser stops, and the connection is closed
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is whole: the request is begun, or waits for the one before it."""
        self._head, before = 0, len(self.pipeline)
        super().on_headers_complete()
        self.links.pipelined += len(self.pipeline) - before

    def on_response_complete(self) -> None:
        """A request is answered; the next one that waits begins."""
        before = len(self.pipeline)
        super().on_response_complete()
        self.links.pipelined += len(self.pipeline) - before

    def on_body(self, body: bytes) -> None:
        """A piece of a message; it counts for no head."""
        self._head = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A message is whole: its parts are judged here where they can be."""
        super().on_message_complete()
        held, self._held = self._held, None
        if held is not None and not self._answers(held):
            super()._start_asgi_task(held, self.app)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """Parts need no task where their message ends in what is being read."""
        plain = self._reads and app is self.app and not self.flow.write_paused
        if plain and not cycle.waiting_for_100_continue and self.parts.is_parts(cycle.scope):
            self._held = cycle
        else:
            super()._start_asgi_task(cycle, app)

    def _answers(self, cycle: Any) -> bool:
        """Whether the message of a request, which is whole, was taken."""

        def answered(data: bytes) -> None:
            if cycle.disconnected or self.transport.is_closing():
                return
            cycle.response_started = cycle.response_complete = True
            self.transport.write(data if cycle.keep_alive else _last(data))
            if not cycle.keep_alive:
                self.transport.close()
            self.on_response_complete()

        return self.parts.at_once(cycle.scope, bytes(cycle.body), answered)

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _late(self) -> None:
        self._clock = None
        if self._idle():
            self.transport.abort()


def protocol(seconds: float, parts: AtOnce, links: Links) -> type[Connection]:
    """The class of the connections of one door."""
    shared = {"seconds": seconds, "parts": parts, "links": links}
    return type("Connection", (Connection,), shared)


def _last(data: bytes) -> bytes:
    """An answer after which the connection is closed."""
    return data.replace(b"\r\n", b"\r\nconnection: close\r\n", 1)
