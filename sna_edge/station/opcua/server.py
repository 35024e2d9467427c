"""The last verdict of each station as nodes that others read.

    Objects/sna-edge/STATION/Record, Part, Sequence, Recipe, Verdict, Status, Reason, Time
    Objects/sna-edge/STATION/Outputs/OUTPUT/value, lower, upper, LSL, USL, p_in_spec

Nobody but the station writes them. Before the first verdict texts are null and Record is 0; a
number that a verdict has none of is NaN.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ..bus import VERDICT, Bus
from .settings import ServerSettings, needs_asyncua

if TYPE_CHECKING:
    from ..plant import Plant

SPACE = "urn:sna-edge:station"
TEXTS = {"Part": "part", "Recipe": "recipe", "Verdict": "verdict", "Status": "status",
         "Reason": "reason", "Time": "time", "Clock": "clock"}  # fmt: skip
WHOLE = {"Record": "record", "Sequence": "sequence"}
OUTPUT = ("value", "lower", "upper", "LSL", "USL", "p_in_spec")
NAN = float("nan")
"""A number that there is none of: OPC UA has no null of one number."""
LONGEST, LOOK = 60.0, 0.1
"""Seconds until the server listens, and between two looks whether it does."""
LIMITS = {
    "max_connections": 50, "max_subscriptions": 100, "max_monitored_item_queue_size": 100,
    "max_pending_messages_per_connection": 50,
}  # fmt: skip
"""Of all clients together, and of each; asyncua allows many times as much by itself."""


class ServerDoor:
    """A way out; `stations`: names that have nodes."""

    name = "opcua_server"
    outward = True

    def __init__(
        self, settings: ServerSettings, stations: Sequence[str], bus: Bus,
        ending: Event | None = None,
    ) -> None:  # fmt: skip
        self.settings, self.stations, self._bus = settings, stations, bus
        self._ending = ending or Event()
        self._listener = bus.subscribe({VERDICT}, 1000)
        self._started, self._wrong = Event(), ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._nodes: dict[tuple[str, ...], Any] = {}
        self.shown = self.faults = 0
        self._fault = ""
        self._thread = Thread(target=self._run, name=self.name, daemon=True)

    def start(self) -> None:
        """Listen; returns before it does where the station is to end. Raises InputError for an
        address in use, or certificates that are none."""
        self.settings.access.password.read()
        self._thread.start()
        end = time.monotonic() + LONGEST
        while not self._started.wait(LOOK) and time.monotonic() < end:
            if self._ending.is_set():
                return
        if not self._started.is_set() or self._wrong:
            said = self._wrong or "it did not begin in time"
            raise InputError(f"[opcua_server] cannot listen at {self.settings.url}: {said}")

    def stop(self, seconds: float) -> None:
        """Close."""
        self._bus.leave(self._listener)
        loop, end = self._loop, self._end
        if loop is not None and end is not None and not loop.is_closed():
            loop.call_soon_threadsafe(end.set)
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def state(self) -> Mapping[str, Any]:
        """Whether it listens."""
        up = self._started.is_set() and not self._wrong and self._thread.is_alive()
        words = f"listens at {self.settings.url}" if up else self._wrong or "does not listen"
        told = {"up": up, "words": words, "shown": self.shown}
        return told | ({"faults": self.faults, "fault": self._fault} if self.faults else {})

    def _run(self) -> None:
        try:
            asyncio.run(self._served())
        except Exception as error:  # whoever starts it is told
            self._wrong = " ".join(str(error).split()) or type(error).__name__
        self._started.set()

    async def _served(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        some = asyncio.Event()
        server = await self._made()
        space = await server.register_namespace(SPACE)
        root = await server.nodes.objects.add_object(space, "sna-edge")
        for station in self.stations:
            await self._station(root, space, station)
        async with server:
            loop = self._loop
            self._listener.wake = partial(_set, loop, some)
            self._started.set()
            closing = asyncio.ensure_future(self._end.wait())
            while not self._end.is_set():
                waiting = asyncio.ensure_future(some.wait())
                await asyncio.wait({waiting, closing}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                some.clear()
                for record in self._last():
                    try:
                        await self._show(space, record)
                    except Exception as error:  # of one record: the server goes on
                        self.faults, self._fault = (
                            self.faults + 1,
                            f"{type(error).__name__}: {error}",
                        )
            self._listener.wake = lambda: None

    async def _made(self) -> Any:
        from asyncua import Server, ua

        access = self.settings.access
        server = Server(user_manager=_Readers(access.user, access.password.read()))
        await server.init()
        for name, most in LIMITS.items():
            setattr(server.iserver, name, most)
        await server.set_application_uri(SPACE)
        server.set_endpoint(self.settings.url)
        server.set_server_name("sna-edge station")
        if access.user:
            server.set_identity_tokens([ua.UserNameIdentityToken])
        if not access.certificate:
            server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
            return server
        server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
        await server.load_certificate(access.certificate, "pem")
        await server.load_private_key(access.key, format="pem")
        return server

    def _last(self) -> list[dict[str, Any]]:
        """The last record of each station among those that wait."""
        found: dict[str, dict[str, Any]] = {}
        for _, text in self._listener.all():
            record = json.loads(text)
            if record.get("kind") == "verdict" and record.get("station") in self.stations:
                found[record["station"]] = record
        return list(found.values())

    async def _station(self, root: Any, space: int, station: str) -> None:
        from asyncua import ua

        place = await root.add_object(_id(space, station), station)
        self._nodes[station, "Outputs"] = await place.add_object(
            _id(space, station, "Outputs"), "Outputs"
        )
        kinds: list[tuple[Mapping[str, str], Any, Any]] = [
            (TEXTS, None, ua.VariantType.String), (WHOLE, 0, ua.VariantType.Int64),
        ]  # fmt: skip
        for names, nothing, kind in kinds:
            for name in names:
                self._nodes[station, name] = await place.add_variable(
                    _id(space, station, name), name, nothing, kind
                )

    async def _show(self, space: int, record: Mapping[str, Any]) -> None:
        from asyncua import ua

        station = record["station"]
        for name, entry in TEXTS.items():
            await self._write(station, name, _text(record.get(entry)), ua.VariantType.String)
        for output, one in (record.get("outputs") or {}).items():
            if (station, output, "value") not in self._nodes:
                await self._output(space, station, output)
            for entry in OUTPUT:
                value = one.get(entry)
                value = NAN if value is None else float(value)
                await self._write(station, (output, entry), value, ua.VariantType.Double)
        for name, entry in WHOLE.items():  # Record last: who follows it reads the rest then
            await self._write(station, name, int(record.get(entry) or 0), ua.VariantType.Int64)
        self.shown += 1

    async def _output(self, space: int, station: str, output: str) -> None:
        from asyncua import ua

        parent = self._nodes[station, "Outputs"]
        place = await parent.add_object(_id(space, station, "Outputs", output), output)
        for entry in OUTPUT:
            self._nodes[station, output, entry] = await place.add_variable(
                _id(space, station, "Outputs", output, entry), entry, NAN, ua.VariantType.Double
            )

    async def _write(
        self, station: str, name: str | tuple[str, str], value: Any, kind: Any
    ) -> None:
        from asyncua import ua

        key = (station, name) if isinstance(name, str) else (station, *name)
        await self._nodes[key].write_value(ua.Variant(value, kind))


class _Readers:
    """Whoever may read: everybody, or one user with a password. Nobody administers."""

    def __init__(self, user: str, password: str) -> None:
        self._user, self._password = user, password

    def get_user(
        self, iserver: Any, username: Any = None, password: Any = None, certificate: Any = None
    ) -> Any:
        """The user, or None for somebody else; called by asyncua."""
        from asyncua.crypto.permission_rules import User, UserRole

        given = str(password or "").encode()
        same = hmac.compare_digest(given, self._password.encode())
        if self._user and not (username == self._user and same):
            return None
        return User(role=UserRole.User)


def _text(value: Any) -> str | None:
    """Text that UTF-8 can hold: half characters, which JSON can hold, written out."""
    return None if value is None else str(value).encode("utf-8", "backslashreplace").decode()


def _set(loop: asyncio.AbstractEventLoop, some: asyncio.Event) -> None:
    """From another thread; nothing where the loop has ended."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(some.set)


def _id(space: int, *names: str) -> str:
    return f"ns={space};s={'/'.join(names)}"


def make(name: str, settings: ServerSettings, plant: Plant) -> ServerDoor:
    """The door of [opcua_server], not started. Raises InputError where asyncua is missing."""
    needs_asyncua()
    return ServerDoor(settings, list(plant.config.stations), plant.bus, plant.ending)
