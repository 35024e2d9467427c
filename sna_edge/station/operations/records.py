"""The records: is every one there, a copy of them, the old ones away. What takes long runs in a
process of its own, so that no verdict waits for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from threading import Lock
from time import gmtime, strftime
from typing import Any

from ...errors import InputError
from ...values.documents import shortened
from .asked import Asked

BESIDE = 10
"""How much less urgent such a process is than the station."""
_one = Lock()


def verified(asked: Asked) -> Mapping[str, Any]:
    """Go through the chain."""
    _ = asked.why
    found = _aside("verify", asked.plant.config.data)
    return {"record": asked.record("records verified", found=found), **found}


def backed_up(asked: Asked) -> Mapping[str, Any]:
    """A copy of the records, verified, in a folder named after the time."""
    config, _ = asked.plant.config, asked.why
    folder = config.records.backups or f"{config.data.rstrip(os.sep)}-backups"
    target = os.path.join(folder, strftime("%Y%m%dT%H%M%SZ", gmtime()))
    asked.record("backup asked", folder=target)
    found = _aside("backup", config.data, target)
    return {"record": asked.record("backup made", folder=target, found=found), "folder": target,
            **found}  # fmt: skip


def cut(asked: Asked) -> Mapping[str, Any]:
    """Records that are older than `keep_days` go now; events tell which."""
    days = asked.said.get("keep_days")
    if not isinstance(days, (int, float)) or isinstance(days, bool) or not 1.0 <= days <= 1e5:
        raise InputError(
            f"{shortened(repr(days))} says not how many days are kept; give 1 or more, as 400 (DAYS"
            ' of sna-edge station retention, or "keep_days": 400 in a call)'
        )
    number = asked.record("retention asked", keep_days=days)
    asked.plant.records.cut(float(days))
    return {"record": number, "keep_days": days}


def _aside(*words: str) -> dict[str, Any]:
    """What a word of `sna-edge station` answers. Raises InputError."""
    if not _one.acquire(blocking=False):
        raise InputError("a check or a backup is running; try again when it is done")
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "sna_edge", "station", *words, "--json"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with suppress(OSError):  # a unit may forbid it
            os.setpriority(os.PRIO_PROCESS, process.pid, BESIDE)
        out, err = process.communicate()
    finally:
        _one.release()
    try:
        found = dict(json.loads(out))
    except ValueError:
        said = err.strip().splitlines()
        raise InputError(said[-1] if said else f"{words[0]} has not ended well") from None
    if found.get("status") not in ("ok", "broken"):
        raise InputError(str(found.get("message") or found.get("error") or f"{words[0]} failed"))
    return found
