"""The application behind the door: what each address needs, and who answers it."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from urllib.parse import unquote

from ..messages import BROKEN
from ..parts import Arrival
from ..plant import Plant
from .at_once import AtOnce
from .guard import COOKIE, Guard, Refused
from .metrics import exposition, registry
from .operated import Operated, aside
from .parts import Receive, arrivals, body, recorded, text
from .protocol import Answered
from .replies import Scope, Send, reply
from .room import SMALL, Bodies
from .settings import HttpSettings

Behind = Callable[[Scope, Receive, Send], Awaitable[None]]
KEPT = 30 * 86400
"""Seconds that a browser keeps a token."""
PLAIN = "text/plain; version=0.0.4; charset=utf-8"


class App:
    """POST /stations/NAME/parts, GET /metrics, GET /health, GET /status, the operations; everything
    else goes to `behind`, where the configuration asks for the page; its `files` tell nothing and
    are for everybody. `scope["person"]` is the name of who calls, `scope["role"]` the role.
    `bodies`: large messages on their way."""

    def __init__(
        self, plant: Plant, settings: HttpSettings, behind: Behind | None = None,
        files: Collection[str] = (),
    ) -> None:  # fmt: skip
        self._plant, self._settings, self._behind = plant, settings, behind
        self._files = frozenset(files)
        self._guard, self._registry = Guard(settings, plant.desk.note), registry(plant)
        self.bodies = Bodies(settings.bodies)
        self._operated = Operated(plant, settings, self._guard, self.bodies)
        self._soon = AtOnce(plant.desk)

    def people_changed(self, call: Callable[[], object]) -> None:
        """Call this whenever somebody was added, revoked or given another role."""
        if self._guard.roster is not None:
            self._guard.roster.changed = call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            await self._answer(scope, receive, send)
        except Refused as refused:
            more = [(b"retry-after", b"1")] if refused.status == 503 else []
            if refused.status == 401:
                more = [(b"www-authenticate", b"Bearer")]
            if refused.status in (408, 413):
                more = [(b"connection", b"close")]
            told = json.dumps({"error": str(refused)}).encode() + b"\n"
            await reply(send, refused.status, told, more=more)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        if path.startswith("/stations/") and path.endswith("/parts"):
            await self._parts(scope, receive, send)
        elif path == "/health" and method in ("GET", "HEAD"):
            why = self._plant.health()
            told = {"status": "ok"} if not why else {"status": "no records", "why": why}
            await reply(send, 503 if why else 200, json.dumps(told).encode() + b"\n")
        elif path == "/metrics" and method == "GET":
            self._known(scope, "line")
            await reply(send, 200, exposition(self._registry), kind=PLAIN)
        elif path == "/status" and method == "GET":
            self._known(scope, "operator")
            await reply(send, 200, json.dumps(self._plant.status()).encode() + b"\n")
        elif self._operated.takes(path):
            await self._operated(scope, receive, send)
        elif self._behind is not None and path == "/page/login" and method == "POST":
            await self._enter(scope, receive, send)
        elif self._behind is not None and path == "/page/me" and not self._is_known(scope):
            await reply(send, 200, b'{"person": ""}\n')
        elif self._behind is not None:
            if path not in self._files:
                self._known(scope, "operator")
            await self._behind(scope, receive, send)
        else:
            raise Refused(404, "nothing is here; parts go to POST /stations/NAME/parts")

    def _known(self, scope: Scope, role: str) -> None:
        person = self._guard.person(scope, role)
        scope["person"], scope["role"] = person.name, person.role

    def _is_known(self, scope: Scope) -> bool:
        try:
            self._known(scope, "operator")
        except Refused as refused:
            if refused.status == 401:
                return False
            raise
        return True

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The token that a person has typed in becomes a cookie that no script reads."""
        with self.bodies.begun() as held:
            data = await body(receive, 4096, self._settings.seconds, held)
        try:
            token = str(json.loads(data)["token"]).strip()
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Refused(400, 'send {"token": ..}') from None
        person = self._guard.entered(scope, token)
        kept = f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={KEPT}"
        kept += "; Secure" if self._settings.certificate else ""
        told = json.dumps({"person": person.name, "role": person.role}).encode() + b"\n"
        await reply(send, 200, told, more=[(b"set-cookie", kept.encode())])

    async def _parts(self, scope: Scope, receive: Receive, send: Send) -> None:
        station = self._station(scope)
        with self.bodies.begun() as held:
            data = await body(receive, self._settings.body, self._settings.seconds, held)
            found, form = await self._read(scope, data, station)
            del data
            answers = await recorded(self._plant.desk, found)
        if form == BROKEN:  # nobody knows how many parts were in it: none is acknowledged
            raise Refused(400, str(found[0].reading))
        again = str(sum(answer.again for answer in answers)).encode()
        told, kind = text(answers, form)
        await reply(send, 200, told, kind=kind, more=[(b"station-again", again)])

    async def _read(self, scope: Scope, data: bytes, station: str) -> tuple[list[Arrival], str]:
        """The parts of a message; a large one is read in a thread of its own: others have their
        verdicts meanwhile. Raises Refused."""
        if len(data) <= SMALL:
            return self._arrivals(scope, data, station)
        async with self.bodies.reading:
            return await aside(lambda: self._arrivals(scope, data, station))

    def is_parts(self, scope: Scope) -> bool:
        """Whether a request may be answered by `at_once`."""
        path = scope["path"]
        parts = path.startswith("/stations/") and path.endswith("/parts")
        return bool(parts and scope["method"] == "POST")

    def at_once(self, scope: Scope, data: bytes, answered: Answered) -> bool:
        """Take the parts of a whole message, as POST /stations/NAME/parts does, without a task;
        False where they have to be refused, which is done in the ordinary way."""
        if len(data) > min(self._settings.body, SMALL):
            return False
        at = time.perf_counter_ns()
        try:
            found, form = self._arrivals(scope, data, self._station(scope))
        except Refused:
            return False
        return form != BROKEN and self._soon.take(found, form, at, answered)

    def _station(self, scope: Scope) -> str:
        """Which station a message is for. Raises Refused."""
        self._known(scope, "line")
        station = unquote(scope["path"][len("/stations/") : -len("/parts")])
        if station not in self._plant.config.stations:
            names = ", ".join(self._plant.config.stations)
            raise Refused(404, f"no station is called {station[:60]!r}; stations are {names}")
        if scope["method"] != "POST":
            raise Refused(405, "parts are sent by POST")
        return station

    def _arrivals(self, scope: Scope, data: bytes, station: str) -> tuple[list[Arrival], str]:
        """The parts of a message, at least one, and the type of its answer. Raises Refused."""
        headers: Mapping[bytes, bytes] = dict(scope["headers"])
        kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower().decode("latin-1")
        found, form = arrivals(data, kind, station)
        if not found:
            raise Refused(400, "the message holds no part; send a JSON object for each")
        return found, form
