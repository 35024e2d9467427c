"""The door itself: a server in a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Collection, Mapping
from threading import Thread
from typing import Any

import uvicorn

from ...errors import InputError
from ..plant import Plant
from .app import App, Behind
from .protocol import protocol
from .room import Links
from .settings import HttpSettings

STARTED = 10.0
"""Seconds that a server may take to start."""


class HttpDoor:
    """Listens as the settings say."""

    name = "http"

    def __init__(self, settings: HttpSettings, plant: Plant) -> None:
        self.settings, self._plant = settings, plant
        self._server: uvicorn.Server | None = None
        self._thread: Thread | None = None
        self._socket: socket.socket | None = None
        self._failed = ""
        self._links = Links(settings.seconds)
        self._app: App | None = None
        self._feed: Any = None

    def start(self) -> None:
        """Bind, and serve in a thread. Raises InputError."""
        settings = self.settings
        app = self._app = App(self._plant, settings, *self._page())
        if self._feed is not None:
            app.people_changed(self._feed.again)
        config = uvicorn.Config(
            app,
            http=protocol(settings.seconds, app, self._links),
            ws="none",
            lifespan="off",
            interface="asgi3",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            limit_concurrency=settings.connections,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=max(int(self._plant.config.stop_seconds / 4), 1),
            ssl_certfile=settings.certificate or None,
            ssl_keyfile=settings.key or None,
            ssl_ca_certs=settings.client_ca or None,
            ssl_cert_reqs=ssl.CERT_OPTIONAL if settings.client_ca else ssl.CERT_NONE,
        )
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            raise InputError(
                f"[http]: the certificate cannot be used ({error}); check tls_certificate, tls_key"
                " and client_ca"
            ) from None
        self._socket = self._bound()
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._run, name="http", daemon=True)
        self._thread.start()
        end = time.monotonic() + STARTED
        while not (self._server.started or self._failed) and time.monotonic() < end:
            time.sleep(0.005)
        if self._failed:
            raise InputError(f"[http] does not start: {self._failed}")

    @property
    def port(self) -> int:
        """The one that it listens at, also where the settings say 0."""
        return int(self._socket.getsockname()[1]) if self._socket else self.settings.port

    def stop(self, seconds: float) -> None:
        """Take no new request, finish those that have begun."""
        if self._feed is not None:
            self._feed.stop()
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(seconds)
            if self._thread.is_alive():
                self._server.force_exit = True
                self._thread.join(1.0)
        if self._socket is not None:
            self._socket.close()

    def state(self) -> Mapping[str, Any]:
        """Whether it serves, and where; `dropped`: large messages that had no room, answers that
        nobody read."""
        up = self._thread is not None and self._thread.is_alive() and not self._failed
        address = self.settings.address
        if self.settings.port == 0:
            address = address.rpartition(":")[0] + f":{self.port}"
        words = f"listens at {address}" if up else self._failed or "closed"
        large = self._app.bodies.refused if self._app is not None else 0
        dropped = {"large messages": large, "unread answers": self._links.cut}
        return {"up": up, "words": words, "dropped": dropped}

    def _page(self) -> tuple[Behind | None, Collection[str]]:
        """The live page, where the settings ask for it, and its files."""
        if not self.settings.page:
            return None, ()
        from ..page import behind, files

        app, self._feed = behind(self._plant)
        self._feed.start()
        return app, files()

    def _bound(self) -> socket.socket:
        settings = self.settings
        try:
            family = socket.getaddrinfo(settings.host, settings.port)[0][0]
            # asyncio sends at once only over sockets that say TCP; others wait 40 ms for an ACK
            found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind((settings.host, settings.port))
        except OSError as error:
            raise InputError(
                f"[http] cannot listen at {settings.host}:{settings.port} ({error.strerror}); write"
                " another address, or stop what listens there"
            ) from None
        return found

    def _run(self) -> None:
        try:
            asyncio.run(self._served())
        except BaseException as error:
            self._failed = f"{type(error).__name__}: {error}"

    async def _served(self) -> None:
        assert self._server is not None and self._socket is not None
        await self._server.serve(sockets=[self._socket])


def make(name: str, settings: HttpSettings, plant: Plant) -> HttpDoor:
    """The door that the table [http] asks for."""
    return HttpDoor(settings, plant)
