"""Can this configuration run? Everything that it names is read, and nothing is started or made."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..durable import DISK
from ..errors import InputError
from .bus import Bus
from .config import Configuration
from .doors import full_name, made
from .judging import Clock, JudgingDesk, Served
from .plant import Plant
from .process import loaded
from .records.schema import FILE, to_read

ANY = ("0.0.0.0", "::")


@dataclass(frozen=True)
class Checked:
    """`recipes`: {'station/recipe': what judges}; `doors`: their names; `remarks`: what does not
    keep it from running and somebody should know."""

    recipes: Mapping[str, Served]
    doors: list[str]
    remarks: list[str]


def checked(config: Configuration) -> Checked:
    """What would run. Raises InputError for the first thing that can never work: a model, limits,
    a page or a secret that cannot be read, a package that is missing, two doors at one address, a
    data folder that cannot be written."""
    cells = loaded(config)
    for station in config.stations.values():
        for recipe in station.recipes.values():
            if recipe.page and not os.path.isfile(recipe.page):
                raise InputError(
                    f"[stations.{station.name}.recipes.{recipe.name}]: there is no page"
                    f" {recipe.page}; write it with sna-edge export .. --to page, or leave page out"
                )
    one_door_an_address(config)
    _doors(config, cells)
    remarks = [*_data(config), *(said for _, at in listeners(config) if (said := _used(*at)))]
    return Checked(
        {"/".join(cell): one for cell, one in cells.items()},
        [full_name(door) for door in config.doors],
        remarks,
    )


def listeners(config: Configuration) -> Iterator[tuple[str, tuple[str, int]]]:
    """(door, address) of every door at which others call."""
    for door in config.doors:
        if door.section == "http":
            yield full_name(door), (door.settings.host, door.settings.port)
        if door.section == "opcua_server":
            parts = urlsplit(door.settings.url)
            yield full_name(door), (parts.hostname or "", parts.port or 0)


def one_door_an_address(config: Configuration) -> None:
    """Raises InputError where two doors would listen at one address, or read one folder."""
    seen: dict[int, tuple[str, str]] = {}
    for name, (host, port) in listeners(config):
        other, at = seen.setdefault(port, (name, host))
        if port and other != name and (at == host or at in ANY or host in ANY):
            raise InputError(f"[{other}] and [{name}] both listen at port {port}; give one another")
    folders: dict[str, str] = {}
    for door in config.doors:
        if door.section in ("folder", "aqdef"):
            path = os.path.realpath(getattr(door.settings, "path", None) or door.settings.folder)
            name = folders.setdefault(path, full_name(door))
            if name != full_name(door):
                raise InputError(f"[{name}] and [{full_name(door)}] both use {path}; give one"
                                 " another folder")  # fmt: skip


class _NoOutbox:
    """What destinations join before anything has started."""

    def join(self, name: str) -> None:
        return None


class _NoRecords:
    """What doors ask of the records before anything has started."""

    outbox = _NoOutbox()

    def waiting(self) -> int:
        return 0

    def judged(self, station: str, part: str) -> None:
        return None


def _doors(config: Configuration, cells: Mapping[tuple[str, str], Served]) -> None:
    """Make every door, start none."""
    bus, clock, records = Bus(), Clock(), _NoRecords()
    nothing: Any = records
    desk = JudgingDesk(config, cells, nothing, bus, clock)
    plant = Plant(config, desk, bus, nothing, clock)
    for door in config.doors:
        settings = door.settings
        if door.section == "aqdef":  # it would make its folder
            _can_be_written(settings.folder, f"[{full_name(door)}]")
        else:
            made(door, plant)
        if door.section == "folder":
            _can_be_written(settings.path, f"[{full_name(door)}]")
        try:
            _secrets(settings)
        except InputError as error:
            raise InputError(f"[{full_name(door)}]: {error}") from None


def _secrets(settings: Any) -> None:
    """Passwords and certificates of a door can be read. Raises InputError."""
    for one in (settings, getattr(settings, "broker", None), getattr(settings, "access", None)):
        for name in ("password", "secret"):
            if (secret := getattr(one, name, None)) is not None:
                secret.read()
        if (tls := getattr(one, "tls", None)) is not None:
            tls.context()
        certificate, key = getattr(one, "certificate", ""), getattr(one, "key", "")
        if certificate:
            _certificate(certificate, key)


def _certificate(certificate: str, key: str) -> None:
    try:
        ssl.create_default_context().load_cert_chain(certificate, key or None)
    except (OSError, ssl.SSLError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"the certificate {certificate} with the key {key} cannot be used ({said}); give PEM"
            " files that belong together"
        ) from None


def _data(config: Configuration) -> Iterator[str]:
    """Remarks on the data folder. Raises InputError where no records can be written there."""
    _can_be_written(config.data, "data")
    if not os.path.exists(os.path.join(config.data, FILE)):
        return
    with closing(to_read(config.data)):
        pass
    with suppress(OSError), DISK.locked(os.path.join(config.data, "lock")) as free:
        if not free:
            yield f"a station runs on {config.data}"


def _can_be_written(path: str, what: str) -> None:
    """Raises InputError where a folder is no folder, cannot be made or cannot be written."""
    found = os.path.abspath(path)
    while not os.path.lexists(found):
        found = os.path.dirname(found)
    if not os.path.isdir(found):
        raise InputError(f"{what}: {found} is no folder; name another one than {path}")
    if not os.access(found, os.W_OK | os.X_OK):
        raise InputError(
            f"{what}: {found} cannot be written by this user; give it to the user that runs the"
            " station, or name another folder"
        )


def _used(host: str, port: int) -> str:
    """A remark where somebody listens at an address already."""
    with suppress(OSError), socket.create_connection((_near(host), port), 0.5):
        return f"something listens at port {port} already, this station or another program"
    return ""


def _near(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
