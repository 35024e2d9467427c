"""Settings of OPC UA: [opcua_client.NAME] and [opcua_server]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ...errors import InputError
from ..config.table import Table, address_of
from ..out.secrets import NONE, Secret, secret_of

if TYPE_CHECKING:
    from ..config.configuration import Configuration

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Access:
    """`certificate` and `key` (files): messages are signed and encrypted; `server` is the
    certificate that a client expects; `user` and `password`."""

    certificate: str = ""
    key: str = ""
    server: str = ""
    user: str = ""
    password: Secret = NONE


@dataclass(frozen=True)
class ClientSettings:
    """Nodes of a controller that make up a part of `station`: a change of `trigger` makes a part,
    `part` is its id; `inputs` and `measured`: {name: node}. `every`: ms between two looks of the
    controller at the trigger."""

    url: str
    station: str
    trigger: str
    inputs: Mapping[str, str]
    measured: Mapping[str, str]
    part: str = ""
    recipe: str = ""
    sequence: str = ""
    every: float = 50.0
    timeout: float = 4.0
    access: Access = Access()


@dataclass(frozen=True)
class ServerSettings:
    """`url` that is listened at."""

    url: str
    access: Access = Access()


def read_client(name: str, table: Table, config: Configuration) -> ClientSettings:
    """Of [opcua_client.NAME]: url, station, trigger, part, recipe, sequence, inputs, measured,
    every, timeout, certificate, key, server_certificate, user, password_file or password_env.
    Raises InputError."""
    station = table.text("station")
    if station not in config.stations:
        known = ", ".join(config.stations)
        raise InputError(f"{table.name} names the station {station!r}; there are {known}")
    part = table.text("part", "")
    found = ClientSettings(
        url=_url(table, "url", table.text("url")),
        station=station,
        trigger=table.text("trigger", part),
        inputs=_nodes(table, "inputs"),
        measured=_nodes(table, "measured"),
        part=part,
        recipe=table.text("recipe", ""),
        sequence=table.text("sequence", ""),
        every=table.number("every", 50.0, least=1.0, most=60_000.0),
        timeout=table.number("timeout", 4.0, least=0.1, most=300.0),
        access=_access(table, table.path("server_certificate", "")),
    )
    if not found.trigger:
        raise InputError(f"{table.name} needs part or trigger; name the node that tells of a part")
    if not found.inputs and not found.measured:
        raise InputError(f"{table.name} has no inputs; write inputs = {{ power = 'ns=2;s=Power' }}")
    if found.access.certificate and not found.access.server:
        raise InputError(f"{table.name} has a certificate; give server_certificate too")
    return found


def read_server(name: str, table: Table, config: Configuration) -> ServerSettings:
    """Of [opcua_server]: listen, certificate, key, user, password_file or password_env. Raises
    InputError."""
    given = table.text("listen", "127.0.0.1:4840")
    url = _url(table, "listen", given if "://" in given else f"opc.tcp://{given}")
    access = _access(table, "")
    safe = access.certificate and access.password
    if urlsplit(url).hostname not in LOOPBACK and not safe and not config.insecure:
        raise InputError(
            f"{table.name} listens at {given}, which others reach; give certificate, key, user and"
            " password_file, or listen at 127.0.0.1"
        )
    return ServerSettings(url, access)


def _access(table: Table, server: str) -> Access:
    found = Access(
        certificate=table.path("certificate", ""),
        key=table.path("key", ""),
        server=server,
        user=table.text("user", ""),
        password=secret_of(table, "password"),
    )
    if bool(found.certificate) != bool(found.key):
        raise InputError(f"{table.name} needs both certificate and key; give both")
    if bool(found.user) != bool(found.password):
        raise InputError(f"{table.name} needs both user and password_file; give both")
    return found


def _url(table: Table, key: str, given: str) -> str:
    parts = address_of(given)
    try:
        right = parts.scheme == "opc.tcp" and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        right = False
    if not right or parts.password:
        raise InputError(f"{table.name} has the {key} {given!r}; write opc.tcp://host:4840")
    return given


def _nodes(table: Table, key: str) -> dict[str, str]:
    if not table.has(key):
        return {}
    inner = table.table(key)
    return {name: inner.text(name) for name in inner.entries}


def needs_asyncua() -> None:
    """Raises InputError where asyncua is missing."""
    try:
        found = find_spec("asyncua")
    except (ImportError, ValueError):
        found = None
    if found is None:
        raise InputError("this door needs the package asyncua; pip install 'sna-edge[opcua]'")
