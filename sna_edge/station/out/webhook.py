"""Alarms to a web address: one signed POST for each record that is wanted.

The body is the record. Headers follow Standard Webhooks: `webhook-id` (the record's number: the
receiver knows a second delivery by it), `webhook-timestamp`, `webhook-signature` "v1," + base64 of
HMAC-SHA256(secret, id.timestamp.body).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Timer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ...errors import InputError
from ...values.documents import on_a_line
from ..config.table import Table, address_of
from .destination import Away, Sent
from .secrets import Secret, secret_of
from .tls import PLAIN, Tls, tls_of

if TYPE_CHECKING:
    from ..config.configuration import Configuration

LONGEST = 1 << 16
"""Bytes of an answer that are read."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
VERDICTS = ("ACCEPT", "REJECT", "NO VERDICT")


@dataclass(frozen=True)
class WebhookSettings:
    """`events` that are sent (all where empty) and `verdicts`; `secret` signs."""

    url: str
    secret: Secret
    events: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    timeout: float = 10.0
    tls: Tls = PLAIN


def read(name: str, table: Table, config: Configuration) -> WebhookSettings:
    """Of [webhook.NAME]: url, secret_file or secret_env, events, verdicts, timeout, ca,
    certificate, key. Raises InputError."""
    found = WebhookSettings(
        url=table.text("url"),
        secret=secret_of(table, "secret"),
        events=tuple(table.texts("events", ())),
        verdicts=tuple(table.texts("verdicts", ())),
        timeout=table.number("timeout", 10.0, least=0.1, most=300.0),
        tls=tls_of(table),
    )
    parts = address_of(found.url)
    plain = parts.scheme == "http" and parts.hostname in LOOPBACK
    if parts.hostname is None or not (parts.scheme == "https" or plain):
        raise InputError(f"{table.name} has the url {found.url!r}; give one with https://")
    if parts.username or parts.password:
        raise InputError(f"{table.name} holds a password in its url; take it out")
    if not found.secret:
        raise InputError(f"{table.name} has no secret to sign with; give secret_file or secret_env")
    if wrong := [verdict for verdict in found.verdicts if verdict not in VERDICTS]:
        raise InputError(
            f"{table.name} names the verdict {wrong[0]!r}; write some of {', '.join(VERDICTS)}"
        )
    return found


def signature(secret: str, number: str, moment: str, body: bytes) -> str:
    """The header `webhook-signature`; a secret "whsec_.." is base64, any other is taken as text."""
    marked = secret.removeprefix("whsec_")
    key = base64.b64decode(marked) if marked != secret else secret.encode()
    signed = hmac.new(key, f"{number}.{moment}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(signed.digest()).decode()


class Webhook:
    """A `Destination`: an address that answers 2xx has the record."""

    def __init__(
        self, name: str, settings: WebhookSettings, now: Callable[[], float] = time.time
    ) -> None:
        self.name, self.settings, self._now = name, settings, now
        self._link: http.client.HTTPConnection | None = None

    def send(self, records: Sequence[Sent]) -> int:
        """Post those that are wanted, each after the one before. Raises Away where it is not
        taken."""
        for one in records:
            if self._wanted(one):
                self._post(one)
        return records[-1].number if records else 0

    def close(self) -> None:
        """Close the connection."""
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _wanted(self, one: Sent) -> bool:
        record = one.record
        if record.get("kind") == "event":
            return not self.settings.events or record.get("event") in self.settings.events
        return record.get("verdict") in self.settings.verdicts

    def _post(self, one: Sent) -> None:
        body, moment = one.text.encode(), str(int(self._now()))
        headers = {
            "content-type": "application/json",
            "user-agent": "sna-edge",
            "webhook-id": str(one.number),
            "webhook-timestamp": moment,
            "webhook-signature": signature(
                self.settings.secret.read(), str(one.number), moment, body
            ),
        }
        parts = urlsplit(self.settings.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        status = self._asked(target, body, headers)
        if not 200 <= status < 300:
            raise Away(f"{parts.hostname} answers {status} to record {one.number}")

    def _asked(self, target: str, body: bytes, headers: Mapping[str, str]) -> int:
        late = Event()
        try:
            link = self._link = self._link or self._connected()
            if link.sock is None:
                link.connect()
            ends = Timer(self.settings.timeout, _cut, [link.sock, late])
            ends.daemon = True
            ends.start()
            try:
                link.request("POST", target, body, dict(headers))
                answer = link.getresponse()
                answer.read(LONGEST)
            finally:
                ends.cancel()
        except (OSError, ValueError, http.client.HTTPException) as error:
            host = urlsplit(self.settings.url).hostname
            why = "no whole answer came in time" if late.is_set() else str(error)
            raise Away(
                f"{host} cannot be reached: {on_a_line(why) or type(error).__name__}"
            ) from None
        if not answer.isclosed():  # more than an answer is: what is left would be the next one
            self.close()
        return answer.status

    def _connected(self) -> http.client.HTTPConnection:
        parts, timeout = urlsplit(self.settings.url), self.settings.timeout
        host = parts.hostname or ""
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, parts.port, timeout=timeout)
        context = self.settings.tls.context()
        return http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=context)


def _cut(sock: socket.socket, late: Event) -> None:
    """End a connection whose answer comes too slowly: each byte of it would be in time."""
    late.set()
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
