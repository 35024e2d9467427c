"""Parts from nodes of a controller: when the trigger changes, all nodes of a part are read at once.

A connection that is lost is not mended: a fresh client is made after a pause. The trigger is also
read every second, so that a change whose notification was lost, or that came while the link was
away, makes a part too. Nothing is written to a controller.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

from ...learning.measured import KEY
from ..messages import of_object
from ..mqtt.taken import Offered, Taken
from ..parts import Arrival, Desk
from .settings import ClientSettings, needs_asyncua

if TYPE_CHECKING:
    from ..plant import Plant

FIRST, LONGEST_PAUSE = 0.5, 30.0
"""Seconds between two tries to connect."""
LOOK = 1.0
"""Seconds between two looks at the trigger where no notification comes."""
QUEUE = 1000
"""Changes of the trigger that the controller keeps for us."""


class ClientDoor:
    """A way in."""

    def __init__(self, name: str, settings: ClientSettings, desk: Desk) -> None:
        self.name, self.settings = f"opcua_client.{name}", settings
        self.offered = Offered(self.name, desk)
        self.parts = self.missed = self.connections = 0
        self._last: Any = None
        self._before: dict[str, Any] | None = None
        self._settled = False
        self._words, self._up = "has not begun", False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._thread = Thread(target=self._run, name=self.name, daemon=True)

    def start(self) -> None:
        """Begin to connect. Raises InputError for a password that cannot be read."""
        self.settings.access.password.read()
        self.offered.start()
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Disconnect, have what was read recorded."""
        loop, end = self._loop, self._end
        if loop is not None and end is not None and not loop.is_closed():
            loop.call_soon_threadsafe(end.set)
        if self._thread.ident is not None:
            self._thread.join(seconds)
        self.offered.stop(seconds)

    def state(self) -> Mapping[str, Any]:
        """Whether the controller is there; parts that came, and changes of a counting trigger that
        were not seen."""
        up = self._up and not self.offered.words
        return {
            "up": up, "words": self.offered.words or self._words, "messages": self.parts,
            "missed": self.missed, "waiting_in": self.offered.waiting,
            "connections": self.connections,
        }  # fmt: skip

    def _run(self) -> None:
        asyncio.run(self._kept_up())

    async def _kept_up(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        pause = FIRST
        while not self._end.is_set():
            before = self.connections
            try:
                await self._followed(self._end)
            except Exception as error:  # of a link; the next try may go well
                said = " ".join(str(error).split()) or type(error).__name__
                self._words = f"{self.settings.url} cannot be followed: {said}"
            self._up = False
            pause = FIRST if self.connections > before else min(2.0 * pause, LONGEST_PAUSE)
            try:
                await asyncio.wait_for(self._end.wait(), pause)
            except asyncio.TimeoutError:
                continue

    async def _followed(self, end: asyncio.Event) -> None:
        """Follow the trigger with a fresh client until it fails or the door closes."""
        client = await self._client()
        async with client:
            changed: asyncio.Queue[Any] = asyncio.Queue(1)  # a look reads what is there by then
            names = self._nodes()
            nodes = [client.get_node(node) for node in names.values()]
            watched = client.get_node(self.settings.trigger)
            subscription = await client.create_subscription(self.settings.every, _Told(changed))
            await subscription.subscribe_data_change(
                watched, queuesize=QUEUE, sampling_interval=self.settings.every
            )
            self._up, self._words = True, "takes parts"
            self._before, self._settled = None, False
            self.connections += 1
            closing = asyncio.ensure_future(end.wait())
            while not end.is_set():
                await _next(changed, closing)
                if not end.is_set():
                    await self._looked(client, list(names), nodes)

    async def _looked(self, client: Any, names: list[str], nodes: list[Any]) -> None:
        """Read all nodes; a part where the trigger is another one than that of the last part."""
        read = client.uaclient.read_attributes([n.nodeid for n in nodes], _VALUE)
        found = await asyncio.wait_for(read, self.settings.timeout)
        values = {name: _plain(one) for name, one in zip(names, found, strict=True)}
        trigger = values[TRIGGER]
        if trigger is None or not self._sure(values) or trigger == self._last:
            return
        before, self._last = self._last, trigger
        if self.settings.part and values[PART] in (None, ""):
            return
        if isinstance(trigger, int) and isinstance(before, int) and trigger > before + 1:
            self.missed += trigger - before - 1
        self.parts += 1
        arrival = self._arrival(values)
        await asyncio.get_running_loop().run_in_executor(None, self.offered.put, Taken([arrival]))

    def _sure(self, values: Mapping[str, Any]) -> bool:
        """Whether trigger and values belong together. After a connection the controller may be
        about to write the next part, before it changes the trigger: the same is seen twice then, or
        the trigger changes. Without ids the part of the first look may have had its verdict."""
        if self._settled:
            return True
        now = {what: values.get(what) for what in (TRIGGER, PART, RECIPE, SEQUENCE)}
        before, self._before = self._before, now
        if before is None:
            if self._last is None and not self.settings.part:
                self._last = now[TRIGGER]
            self._settled = now[TRIGGER] == self._last
        else:
            self._settled = before == now or before[TRIGGER] != now[TRIGGER]
        return self._settled

    def _nodes(self) -> dict[str, str]:
        """{what it is: node}."""
        own = {PART: self.settings.part, RECIPE: self.settings.recipe,
               SEQUENCE: self.settings.sequence}  # fmt: skip
        return {
            TRIGGER: self.settings.trigger,
            **{what: node for what, node in own.items() if node},
            **{f"inputs.{name}": node for name, node in self.settings.inputs.items()},
            **{f"measured.{name}": node for name, node in self.settings.measured.items()},
        }

    def _arrival(self, values: Mapping[str, Any]) -> Arrival:
        measured = {name: values[f"measured.{name}"] for name in self.settings.measured}
        message = {
            "reading": {name: values[f"inputs.{name}"] for name in self.settings.inputs},
            KEY: {name: v for name, v in measured.items() if v is not None} or None,
        }
        for what in (PART, RECIPE, SEQUENCE):
            if values.get(what) is not None:
                message[what] = values[what]
        return of_object(message, self.settings.station, self.name)

    async def _client(self) -> Any:
        from asyncua import Client
        from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
        from asyncua.crypto.uacrypto import CertProperties

        access = self.settings.access
        client = Client(self.settings.url, timeout=self.settings.timeout)
        client.application_uri = "urn:sna-edge:station"
        if access.user:
            client.set_user(access.user)
            client.set_password(access.password.read())
        if access.certificate:
            await client.set_security(
                SecurityPolicyBasic256Sha256, CertProperties(access.certificate, "pem"),
                CertProperties(access.key, "pem"),
                server_certificate=CertProperties(access.server, "pem"),
            )  # fmt: skip
        return client


TRIGGER, PART, RECIPE, SEQUENCE = "trigger", "part", "recipe", "sequence"
_VALUE: Any = 13
"""The attribute Value (OPC 10000-6, annex A)."""


class _Told:
    """Notifications of a subscription."""

    def __init__(self, changed: asyncio.Queue[Any]) -> None:
        self._changed = changed

    def datachange_notification(self, node: Any, value: Any, data: Any) -> None:
        self.status_change_notification(value)

    def status_change_notification(self, status: Any) -> None:
        with suppress(asyncio.QueueFull):
            self._changed.put_nowait(None)


async def _next(changed: asyncio.Queue[Any], closing: asyncio.Future[Any]) -> None:
    """Until the trigger has changed, it is time to look, or the door closes."""
    waiting = asyncio.ensure_future(changed.get())
    await asyncio.wait({waiting, closing}, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


def _plain(found: Any) -> Any:
    """A value that is good; None where it is bad, uncertain, no number and no text. An uncertain
    one is an old or a replaced value: no part is accepted on it."""
    status = found.StatusCode
    if found.Value is None or (status is not None and not status.is_good()):
        return None
    value = found.Value.Value
    if value != value:  # NaN is never twice the same, and would be a new part at every look
        return None
    return value if isinstance(value, (bool, int, float, str)) else None


def make(name: str, settings: ClientSettings, plant: Plant) -> ClientDoor:
    """The door of [opcua_client.NAME], not started. Raises InputError where asyncua is missing."""
    needs_asyncua()
    return ClientDoor(name, settings, plant.desk)
