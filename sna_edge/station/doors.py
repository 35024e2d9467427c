"""Which doors there are: the sections of the configuration that name them, what reads their
settings, what makes them. Nothing of a door is imported before the configuration names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ..errors import InputError
from .config import Configuration, Table
from .config.configuration import DoorSettings, Reader
from .parts import Door
from .plant import Plant


@dataclass(frozen=True)
class Plug:
    """`many`: a table for each name ([mqtt.plant]), else one ([http]). `settings` and `door` are
    'module:function' below `sna_edge.station`. `settings` is called with name, table and
    configuration, needs no extra and raises InputError; `door` with name, what `settings` gave and
    the plant, and makes the `Door`. `extra`: what has to be installed for it."""

    many: bool
    settings: str
    door: str
    extra: str = ""

    def read(self, name: str, table: Table, config: Configuration) -> Any:
        """The settings in a table of the configuration."""
        return _found(self.settings, self)(name, table, config)

    def make(self, name: str, settings: Any, plant: Plant) -> Door:
        """The door, not started. Raises InputError where its extra is missing."""
        door: Door = _found(self.door, self)(name, settings, plant)
        return door


PLUGS: Mapping[str, Plug] = {
    "http": Plug(False, "http.settings:read", "http.door:make", "station"),
    "folder": Plug(True, "folder.settings:read", "folder.door:make"),
    "mqtt": Plug(True, "mqtt.settings:read", "mqtt.door:make", "mqtt"),
    "sparkplug": Plug(True, "mqtt.sparkplug.settings:read", "mqtt.sparkplug.door:make", "mqtt"),
    "opcua_client": Plug(True, "opcua.settings:read_client", "opcua.client:make", "opcua"),
    "opcua_server": Plug(False, "opcua.settings:read_server", "opcua.server:make", "opcua"),
    "webhook": Plug(True, "out.webhook:read", "out.made:webhook"),
    "aqdef": Plug(True, "out.aqdef.settings:read", "out.made:aqdef"),
}


def readers() -> dict[str, tuple[bool, Reader]]:
    """What reads the sections of doors."""
    return {section: (plug.many, plug.read) for section, plug in PLUGS.items()}


def full_name(settings: DoorSettings) -> str:
    """'http', 'mqtt.plant'."""
    return f"{settings.section}.{settings.name}".rstrip(".")


def made(settings: DoorSettings, plant: Plant) -> Door:
    """The door that a table asks for. Raises InputError."""
    return PLUGS[settings.section].make(settings.name, settings.settings, plant)


def _found(place: str, plug: Plug) -> Any:
    module, _, function = place.partition(":")
    try:
        return getattr(import_module(f"{__package__}.{module}"), function)
    except ModuleNotFoundError as error:
        if str(error.name).startswith("sna_edge") or not plug.extra:
            raise
        raise InputError(
            f"this door needs the package {error.name}; pip install 'sna-edge[{plug.extra}]'"
        ) from None
