"""Whole answers: by ASGI, and as the bytes of HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from http import HTTPStatus
from typing import Any

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Scope = MutableMapping[str, Any]
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
FIXED = b"".join(b"%b: %b\r\n" % header for header in HEADERS)


async def reply(
    send: Send, status: int, data: bytes, *, kind: str = "application/json",
    more: list[tuple[bytes, bytes]] | None = None,
) -> None:  # fmt: skip
    """One whole answer."""
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(data)).encode()),
        *HEADERS,
        *(more or []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": data})


def whole(status: int, data: bytes, kind: str, more: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
    """The same answer as bytes, for who writes it in one piece."""
    first = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: {kind}\r\n"
    length = f"content-length: {len(data)}\r\n"
    rest = b"".join([b"%b: %b\r\n" % header for header in more])
    return b"".join([first.encode(), length.encode(), FIXED, rest, b"\r\n", data])
