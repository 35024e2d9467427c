"""One connection of HTTP: closed where no whole head of a request comes in time, and told whose
certificate it has shown."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

PEER = "peer_certificate"


def protocol(seconds: float) -> type[asyncio.Protocol]:
    """The class of connections whose requests have `seconds` for their head."""

    class Connection(H11Protocol):  # type: ignore[misc,unused-ignore]
        _clock: asyncio.TimerHandle | None = None
        app_state: dict[str, Any]

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            found = transport.get_extra_info("ssl_object")
            if found is not None:
                self.app_state = {**self.app_state, PEER: found.getpeercert()}
            self._clock = self.loop.call_later(seconds, self._late)

        def data_received(self, data: bytes) -> None:
            if self._clock is None and self._idle():
                self._clock = self.loop.call_later(seconds, self._late)
            super().data_received(data)
            if self._clock is not None and not self._idle():
                self._clock.cancel()
                self._clock = None

        def connection_lost(self, exc: Exception | None) -> None:
            if self._clock is not None:
                self._clock.cancel()
            super().connection_lost(exc)

        def _idle(self) -> bool:
            return self.cycle is None or self.cycle.response_complete

        def _late(self) -> None:
            self._clock = None
            if self._idle():
                self.transport.abort()

    return Connection
