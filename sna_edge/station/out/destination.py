"""What receives records, and where a runner gets them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol


class Away(Exception):
    """The receiver cannot be reached, or takes nothing now; the text says why, in one sentence."""


@dataclass(frozen=True)
class Sent:
    """A record on its way: its `number`, its `text` (one line of JSON), and whether it is of a time
    when the receiver was away (`historical`)."""

    number: int
    text: str
    historical: bool = False

    @cached_property
    def record(self) -> dict[str, Any]:
        """The record, read."""
        found: dict[str, Any] = json.loads(self.text)
        return found


class Destination(Protocol):
    """Receives records in order, each at least once; the number of a record says which it is."""

    name: str

    def send(self, records: Sequence[Sent]) -> int:
        """Hand these over; the number up to which the receiver has them for good (0: nothing new).
        An empty list asks whether anything has become final since. Raises Away: what is not final
        comes again, after a pause, with `historical`."""

    def close(self) -> None:
        """Let go of the receiver; `send` begins anew."""


class Parcel(Protocol):
    """A record on its way, as the outbox gives it."""

    number: int
    text: str
    is_historical: bool


class Outbox(Protocol):
    """The records as what has not been sent yet (`records.Records.outbox`)."""

    def join(self, name: str) -> None:
        """Remember for this destination what it has; a new one begins with records from now on."""

    def connected(self, name: str) -> None:
        """It is there: what was written until now is historical for it."""

    def unsent(self, name: str, most: int = 500, after: int = 0) -> Sequence[Parcel]:
        """Records that it does not have and that follow `after`, in order."""

    def sent(self, name: str, number: int) -> None:
        """It has all records up to this one."""

    def waiting(self, name: str) -> int:
        """How many records it does not have."""
