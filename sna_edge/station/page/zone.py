"""Which time zone the clock on the wall beside the station goes by."""

from __future__ import annotations

import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

LOCAL = Path("/etc/localtime")
NAME = re.compile(r"UTC|[A-Z][A-Za-z]+(/[A-Za-z_+-][A-Za-z0-9_+-]*)+")
"""Of a zone that browsers know; TZ may also hold rules of its own, as CET-1CEST."""


def station_zone(local: Path = LOCAL) -> dict[str, Any]:
    """{"zone": its name, as Europe/Vienna, "" where this machine has none, "east": minutes east of
    UTC now}.

    >>> sorted(station_zone())
    ['east', 'zone']
    """
    offset = datetime.now().astimezone().utcoffset()
    east = round(offset.total_seconds() / 60) if offset is not None else 0
    name = os.environ.get("TZ", "").lstrip(":")
    if not name:
        name = os.path.realpath(local).partition("/zoneinfo/")[2]
    if not NAME.fullmatch(name):
        name = "" if east else "UTC"
    return {"zone": name.removeprefix("Etc/"), "east": east}
