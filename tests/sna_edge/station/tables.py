"""Tables of a configuration, as its reader hands them to a door."""

from __future__ import annotations

from typing import Any

from sna_edge.station.config import Configuration, Table
from sna_edge.station.config.configuration import Recipe, Station

CONFIG = Configuration(
    "station.toml", "0" * 64, "data",
    {name: Station(name, {"default": Recipe("default", "limits.toml", "m.sna")})
     for name in ("press-1", "press-2")},
)  # fmt: skip


def settings(read: Any, entries: dict[str, Any], name: str = "plant", folder: str = "") -> Any:
    """What `read` makes of a table; nothing may be left in it."""
    table = Table(entries, f"section.{name}", folder)
    found = read(name, table, CONFIG)
    table.finish()
    return found
