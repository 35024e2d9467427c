"""What passes through a door of the station: an arrival in, an answer out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message of the line: the inputs of a part, what was measured of it (`measured`), or both.

    `station`: a name of the configuration. `reading`: {name: number or text}, or one sentence that
    says why the message could not be read (it gets a record and no verdict too). `part`: its id, ""
    where the line gives none, and the station numbers it. `sequence`: counts judgements of one part
    that are made on purpose; station, part and sequence together are judged once. `recipe`: of the
    product, "" for the one that the configuration gives. `door`: what it came through. `sent`:
    seconds since 1970 as the sender says, None where it does not.
    """

    station: str
    reading: Mapping[str, Any] | str
    part: str = ""
    sequence: int = 0
    recipe: str = ""
    door: str = ""
    sent: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an arrival whose record is on the disk: `number` of the record, `text`, the
    record as one line of JSON, `verdict` ("" for measured values alone); `again`: it was judged
    before, and this is the record of then."""

    number: int
    text: str
    verdict: str = ""
    again: bool = False


Done = Callable[[list[Answer], str], None]
"""Called once for arrivals that were taken: with their answers in order and "", or with none and
the sentence that says why they have no record (the disk is full): nothing is acknowledged then. It
is called from the thread that writes; it hands over and returns at once."""


class Desk(Protocol):
    """Where doors hand arrivals in. Safe to call from every thread."""

    def submit(self, arrivals: Sequence[Arrival], done: Done) -> bool:
        """Take arrivals, all or none; False where there is no room now, and the door holds them
        back, says so to the sender, and tries again."""


class Door(Protocol):
    """A way in or out. It is named in the configuration, or it does not exist. A way out has
    `outward = True`: it is closed when the last record is on the disk, ways in before."""

    name: str

    def start(self) -> None:
        """Begin to listen or to connect; returns at once. Raises InputError for what can never
        work (an address in use, a certificate that is none)."""

    def stop(self, seconds: float) -> None:
        """Take nothing new, finish what was begun within these seconds, close."""

    def state(self) -> Mapping[str, Any]:
        """{"up": bool, "words": one sentence, ..}: for the page and the metrics."""
