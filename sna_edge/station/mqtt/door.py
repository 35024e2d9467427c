"""The door of [mqtt.NAME]: parts in, records out, or both."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from ...errors import InputError
from ..out.doors import Doors, runner
from ..parts import Door
from .json_in import JsonDoor
from .json_out import JsonOut
from .settings import MqttSettings

if TYPE_CHECKING:
    from ..plant import Plant


def make(name: str, settings: MqttSettings, plant: Plant) -> Door:
    """The door, not started. Raises InputError where paho-mqtt is missing."""
    needs_paho()
    doors: list[Door] = []
    if settings.take:
        doors.append(JsonDoor(name, settings, plant.desk))
    if settings.records:
        doors.append(runner(JsonOut(f"mqtt.{name}", settings), plant))
    return Doors(f"mqtt.{name}", doors)


def needs_paho() -> None:
    """Raises InputError where paho-mqtt is missing."""
    try:
        found = find_spec("paho.mqtt")
    except (ImportError, ValueError):
        found = None
    if found is None:
        raise InputError("this door needs the package paho-mqtt; pip install 'sna-edge[mqtt]'")
