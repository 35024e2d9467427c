"""The door of [sparkplug.NAME]: the station as an edge node, other edge nodes as a way in, or
both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...out.doors import Doors, runner
from ...parts import Door
from ..door import needs_paho
from .host import HostDoor
from .node import EdgeNode
from .settings import SparkplugSettings

if TYPE_CHECKING:
    from ...plant import Plant


def make(name: str, settings: SparkplugSettings, plant: Plant) -> Door:
    """The door, not started. Raises InputError where paho-mqtt is missing."""
    needs_paho()
    doors: list[Door] = []
    if settings.taps:
        doors.append(HostDoor(name, settings, plant.desk))
    if settings.node:
        doors.append(runner(EdgeNode(f"sparkplug.{name}", settings), plant))
    return Doors(f"sparkplug.{name}", doors)
