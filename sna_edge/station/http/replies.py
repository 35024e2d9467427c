"""Whole answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Scope = MutableMapping[str, Any]
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]


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
