"""What happened to a store: each event holds the whole state after it, so that the last one is the
state and all of them are the history."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from ..values.documents import once

FORMAT = 1
INSTALLED, ROLLED_BACK, RECOVERED, REFUSED = "installed", "rolled back", "recovered", "refused"


@dataclass(frozen=True)
class Slot:
    """A model in the store: SHA-256 of its bytes, its version (0: unsigned), what the keys said of
    it when it was installed, and the id of the key that signed it."""

    sha256: str
    version: int = 0
    signature: str = "unsigned"
    key: str = ""

    @property
    def file(self) -> str:
        """Its name in the folder."""
        return f"{self.sha256}.sna"


@dataclass(frozen=True)
class Event:
    """`number` counts from 1; `time` is what the clock of the device said, in UTC. `counter`: no
    signed model older than that is installed; it never falls. `sha256` of what was refused."""

    number: int
    time: str
    event: str
    active: Slot | None
    previous: Slot | None
    counter: int = 0
    reason: str = ""
    sha256: str = ""

    def encoded(self) -> bytes:
        """As a record of the log."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True).encode()


def decoded(record: bytes) -> Event:
    """The event of a record. Raises ValueError for what was not written here."""
    try:
        found = json.loads(record, object_pairs_hook=once)
        if found.pop("format") != FORMAT:
            raise ValueError("format")
        active, previous = _slot(found.pop("active")), _slot(found.pop("previous"))
        event = Event(active=active, previous=previous, **found)
        if not isinstance(event.counter, int) or not isinstance(event.number, int):
            raise ValueError("number")
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return event


def _slot(found: Any) -> Slot | None:
    if found is None:
        return None
    slot = Slot(**found)
    if len(slot.sha256) != 64 or not set(slot.sha256) <= set("0123456789abcdef"):
        raise ValueError("sha256")
    return slot
