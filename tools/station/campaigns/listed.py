"""The campaigns by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import clocks, crowds, disks, kills, links, models
from .outcome import Campaign


def nothing() -> str:
    """Everything that it needs is here."""
    return ""


@dataclass(frozen=True)
class Listed:
    """`lives`: how often one station is broken; `missing()` says why it cannot run here."""

    name: str
    words: str
    run: Campaign
    lives: int = 10
    missing: Callable[[], str] = nothing


ALL = (
    Listed("killed", "kill -9 at a drawn moment: start, load, swap, retention, backup",
           kills.killed),
    Listed("ended", "SIGTERM under load and while it starts", kills.ended),
    Listed("away", "the broker ends and comes back; cap: none, drop_oldest, stop", links.away, 5,
           links.no_broker),
    Listed("full", "the disk is full to a drawn byte (tmpfs)", disks.full, 10, disks.no_mount),
    Listed("limited", "files may grow no more (EFBIG)", disks.limited, 50),
    Listed("read-only", "the data folder may not be written", disks.read_only, 20,
           disks.no_permissions),
    Listed("locked", "another program holds the database, up to 4.5 s", disks.locked, 20),
    Listed("torn", "files of a killed station cut, garbled, zeroed, gone", disks.torn, 20),
    Listed("clock", "the clock is set by 2 s to 900 days", clocks.jumping, 50),
    Listed("swapped", "models and limits change under load, half of the models are bad",
           models.swapped, 50),
    Listed("disordered", "parts twice, in no order, measured values before them",
           crowds.disordered, 100),
    Listed("flooded", "six clients send 1,500 parts at once and hang up", crowds.flooded, 20),
    Listed("silent", "clients that never read, or say half a word", crowds.silent, 200),
)  # fmt: skip
CAMPAIGNS = {one.name: one for one in ALL}
