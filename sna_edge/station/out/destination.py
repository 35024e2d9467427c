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


class Outbox(Protocol):
    """The records as what has not been sent yet (`records.Records.outbox`)."""

    def join(self, destination: str) -> None:
        """Remember for this destination what it has; a new one begins with records from now on."""

    def unsent(self, destination: str, most: int, after: int = 0) -> Sequence[tuple[int, str]]:
        """(number, text) of records that it does not have and that follow `after`, in order."""

    def sent(self, destination: str, number: int) -> None:
        """It has all records up to this one."""

    def newest(self) -> int:
        """Number of the last record on the disk; 0 where there is none."""
