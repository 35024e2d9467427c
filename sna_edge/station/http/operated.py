"""Operations by HTTP: JSON in, JSON (or a table) out, each in a thread of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from io import StringIO, TextIOBase
from threading import Event, Thread
from typing import Any, TextIO, TypeVar, cast
from urllib.parse import parse_qsl

from ...errors import SnaError
from ..operations import OPERATIONS, Asked, Operation, Streamed, Unknown, Unrecorded, found
from ..plant import Plant
from .guard import Guard, Refused
from .parts import Receive, body
from .people import ANYBODY, ROLES
from .replies import HEADERS, Scope, Send, reply
from .room import Bodies, Held
from .settings import HttpSettings

JSON = "application/json"
RAW = ("application/toml", "application/octet-stream")
"""Bodies that are no JSON; a form of another page can send none of these."""
PIECE = 1 << 15
"""Characters of a table that go out together."""
T = TypeVar("T")


class Operated:
    """Answers at the addresses of OPERATIONS, and lists them at /operations."""

    def __init__(self, plant: Plant, settings: HttpSettings, guard: Guard, bodies: Bodies) -> None:
        self._plant, self._settings, self._guard, self._bodies = plant, settings, guard, bodies

    def takes(self, path: str) -> bool:
        """Whether the address is one of these."""
        return path == "/operations" or bool(found(path))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer. Raises Refused."""
        if scope["path"] == "/operations":
            await reply(send, 200, _encoded(self._listed(scope)))
            return
        there = found(scope["path"])
        chosen = [one for one in there if one[0].method == scope["method"]]
        if not chosen:
            raise Refused(405, f"here is {' and '.join(one.method for one, _ in there)}")
        operation, names = chosen[0]
        person = self._guard.person(scope, operation.role)
        with self._bodies.begun() as held:
            said, data = await self._said(scope, receive, held)
            name = "" if person is ANYBODY else person.name
            asked = Asked(self._plant, name, names, said, data, self._guard.roster)
            answer = await _answered(operation, asked)
        if isinstance(answer, Streamed):
            await _streamed(answer, receive, send)
        else:
            await reply(send, 200, _encoded(answer))

    def _listed(self, scope: Scope) -> Mapping[str, Any]:
        """What who calls may do."""
        person = self._guard.person(scope, "operator")
        may = [one for one in OPERATIONS if person.may(one.role)]
        return {
            "person": person.name, "role": person.role, "roles": ROLES,
            "people": self._guard.roster is not None,
            "operations": [
                {"words": one.words, "method": one.method, "address": one.address} for one in may
            ],
        }  # fmt: skip

    async def _said(
        self, scope: Scope, receive: Receive, held: Held
    ) -> tuple[dict[str, Any], bytes]:
        said: dict[str, Any] = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))
        if scope["method"] == "GET":
            return said, b""
        data = await body(receive, self._settings.body, self._settings.seconds, held)
        kind = dict(scope["headers"]).get(b"content-type", b"").split(b";")[0].strip().lower()
        if not data:
            return said, b""
        if kind.decode("latin-1") in RAW:
            return said, data
        if kind.decode("latin-1") != JSON:
            raise Refused(415, f"send {JSON}, or {' or '.join(RAW)} with the rest in the address")
        try:
            more = json.loads(data)
        except (ValueError, RecursionError):
            more = None
        if not isinstance(more, dict):
            raise Refused(400, "that is no JSON object")
        return said | more, b""


async def _answered(operation: Operation, asked: Asked) -> Any:
    try:
        return await aside(lambda: operation.act(asked))
    except Unknown as error:
        raise Refused(404, _line(error)) from None
    except Unrecorded as error:
        raise Refused(503, _line(error)) from None
    except (SnaError, OSError) as error:
        raise Refused(409, _line(error)) from None


async def aside(do: Callable[[], T]) -> T:
    """What `do` gives, from a thread of its own that nobody waits for at the end."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def told(value: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(value)  # type: ignore[arg-type]

    def run() -> None:
        value, error = None, None
        try:
            value = do()
        except BaseException as raised:
            error = raised
        try:
            loop.call_soon_threadsafe(told, value, error)
        except RuntimeError:  # the loop has ended
            return

    Thread(target=run, name="operation", daemon=True).start()
    return await future


class _Pieces(TextIOBase):
    """A file whose text goes out as it is written, no faster than the client takes it."""

    def __init__(self, give: Callable[[bytes], None]) -> None:
        self._give, self._kept = give, StringIO()

    def write(self, text: str) -> int:
        self._kept.write(text)
        if self._kept.tell() >= PIECE:
            self.flush()
        return len(text)

    def flush(self) -> None:
        if text := self._kept.getvalue():
            self._kept = StringIO()
            self._give(text.encode())


async def _streamed(answer: Streamed, receive: Receive, send: Send) -> None:
    """A table of any length, in little memory; it ends where the client goes."""
    loop, gone = asyncio.get_running_loop(), Event()

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()

    def give(piece: bytes) -> None:
        if gone.is_set():
            raise BrokenPipeError("the client has gone")
        message = {"type": "http.response.body", "body": piece, "more_body": True}
        asyncio.run_coroutine_threadsafe(_sent(send, message), loop).result(60.0)

    def write() -> None:
        file = _Pieces(give)
        answer.write(cast(TextIO, file))
        file.flush()

    named = f'attachment; filename="{answer.name}"'.encode()
    head = [(b"content-type", answer.kind.encode()), (b"content-disposition", named), *HEADERS]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    watching = asyncio.ensure_future(watch())
    try:
        await aside(write)
        await send({"type": "http.response.body", "body": b""})
    except BrokenPipeError:
        return
    finally:
        watching.cancel()


async def _sent(send: Send, message: dict[str, Any]) -> None:
    await send(message)


def _encoded(told: Any) -> bytes:
    return json.dumps(told).encode() + b"\n"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
