"""Which time zone the clock on the wall beside the station goes by."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from ..records import zone_of

LOCAL = Path("/etc/localtime")
NAME = re.compile(r"UTC|[A-Z][A-Za-z]+(/[A-Za-z_+-][A-Za-z0-9_+-]*)+")
"""Of a zone that browsers know; TZ may also hold rules of its own, as CET-1CEST."""


def station_zone(configured: str = "", local: Path = LOCAL) -> dict[str, Any]:
    """{"zone": its name, as Europe/Vienna, "" where this machine has none, "east": minutes east of
    UTC now}; of the `configured` zone, or of this machine.

    >>> sorted(station_zone())
    ['east', 'zone']
    """
    offset = datetime.now().astimezone(zone_of(configured or "local")).utcoffset()
    east = round(offset.total_seconds() / 60) if offset is not None else 0
    name = configured or os.environ.get("TZ", "").lstrip(":")
    if not name:
        name = os.path.realpath(local).partition("/zoneinfo/")[2]
    if not configured and not NAME.fullmatch(name):
        name = "" if east else "UTC"
    return {"zone": name.removeprefix("Etc/"), "east": east}
