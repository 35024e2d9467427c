"""The table [http] of the configuration."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from ...errors import InputError
from ..config import Configuration, Table
from .people import People, read_people


@dataclass(frozen=True)
class HttpSettings:
    """`host` and `port` to listen at; TLS by `certificate` and `key`; `client_ca` signs the
    certificates of clients. `people`: who may do what, from the file `tokens`; None: this machine
    alone, everything.
    `hosts`: names by which clients may call it, beside those of this machine. `body`: bytes of a
    message, `bodies` of all large ones together that are on their way; `seconds` that one may
    take, `connections` at the same time."""

    host: str
    port: int
    certificate: str = ""
    key: str = ""
    client_ca: str = ""
    people: People | None = None
    tokens: str = ""
    hosts: tuple[str, ...] = ()
    page: bool = False
    body: int = 8 << 20
    bodies: int = 16 << 20
    seconds: float = 10.0
    connections: int = 200

    @property
    def address(self) -> str:
        """For people."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}"


def read(name: str, table: Table, config: Configuration) -> HttpSettings:
    """The settings. Raises InputError, also for an address of the network without a way to know
    who calls."""
    host, port = _listen(table)
    certificate, key = table.path("tls_certificate", ""), table.path("tls_key", "")
    client_ca, tokens = table.path("client_ca", ""), table.path("tokens", "")
    if bool(certificate) != bool(key):
        raise InputError(f"{table.name} needs tls_certificate and tls_key together; give both")
    if client_ca and not certificate:
        raise InputError(f"{table.name}: client_ca is of TLS; give tls_certificate and tls_key too")
    if client_ca and not tokens:
        raise InputError(
            f"{table.name}: client_ca says who signs certificates, not what their owners may do;"
            " give tokens too, with a table [certificates.NAME]"
        )
    if not tokens and not is_loopback(host):
        raise InputError(
            f"{table.name} listens at {host}, where others can call it; give tokens (and TLS), or"
            ' write listen = "127.0.0.1:8080"'
        )
    if tokens and not certificate and not is_loopback(host) and not table.flag("plain", False):
        raise InputError(
            f"{table.name} would send tokens over the network in the clear; give tls_certificate"
            " and tls_key, or plain = true where something else encrypts"
        )
    table.flag("plain", False)
    body = table.size("body", 8 << 20)
    bodies = table.size("bodies", 2 * body)
    if bodies < body:
        raise InputError(f"{table.name} has less room in bodies than one body; give bodies more")
    return HttpSettings(
        host, port, certificate, key, client_ca,
        people=read_people(tokens) if tokens else None,
        tokens=tokens,
        hosts=table.texts("hosts", ()),
        page=table.flag("page", False),
        body=body,
        bodies=bodies,
        seconds=table.number("seconds", 10.0, least=0.1, most=600.0),
        connections=table.whole("connections", 200, least=1, most=10_000),
    )  # fmt: skip


def _listen(table: Table) -> tuple[str, int]:
    text = table.text("listen", "127.0.0.1:8080")
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    plain = port.isascii() and port.isdigit() and len(port) <= 5
    if not host or not plain or int(port) > 65535:
        raise table.wrong("listen", text, 'write "127.0.0.1:8080"')
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Whether only this machine can call it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
