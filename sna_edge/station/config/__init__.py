"""The configuration of a station: a TOML file, read strictly; nothing listens or connects that it
does not name."""

from .charting import KINDS, Charting
from .configuration import (
    DEFAULT,
    Configuration,
    DoorSettings,
    Recipe,
    RecordSettings,
    Station,
    read_configuration,
)
from .table import Table

__all__ = [
    "DEFAULT",
    "KINDS",
    "Charting",
    "Configuration",
    "DoorSettings",
    "Recipe",
    "RecordSettings",
    "Station",
    "Table",
    "read_configuration",
]
