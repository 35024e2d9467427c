"""What is to become a record: made by the judging thread and by people, numbered, chained and
written by the writer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .parts import Answer, Done

VERDICT, MEASURED, EVENT = "verdict", "measured", "event"
WRONG = "measurement wrong"
"""The event by which people say so of a measured value; `about` is its record."""
Key = tuple[str, str, int, str]
"""Station, part, sequence, mark: of verdicts and measured values at most one record has it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """`text`: one JSON object in ASCII on one line, without `record` and `previous`: the writer
    puts the number in front and the digest behind (`'{"record": %d, ' + text[1:-1] + ', "previous":
    "%s"}'`).

    `time`: seconds since 1970, the `time` of the text. `mark`: "" for verdicts, a digest of
    what was measured for measured values that come alone, so that a second measurement of a part
    counts and a repeated message does not. Events have no key: `part` "" or the part that they
    concern. `outputs`: {output: {"value": .., "lower": .., ..}} as the verdict gives them,
    `measured`: {output: number, in the unit of the model}, for columns that are searched. `wrong`:
    the record whose measured values this event takes out of these columns, 0 for none.
    """

    kind: str
    station: str
    text: str
    time: float
    part: str = ""
    sequence: int = 0
    mark: str = ""
    recipe: str = ""
    verdict: str = ""
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)
    wrong: int = 0

    @property
    def key(self) -> Key:
        """What there is one record of."""
        return self.station, self.part, self.sequence, self.mark


class Recorder(Protocol):
    """What the judging thread asks of the records; safe to call from every thread."""

    def append(self, drafts: Sequence[Draft], done: Done) -> None:
        """Take drafts at once; `done` hears of them in order when they are on the disk, or that
        they have no record. A key that has a record is answered with that one (`again`)."""

    def seen(self, keys: Iterable[Key]) -> Mapping[Key, Answer]:
        """The records, on the disk, of those keys that have one (`again`)."""

    def judged(self, station: str, part: str) -> str | None:
        """The text of the last verdict of a part; None where there is none."""

    def waiting(self) -> int:
        """Drafts that are not on the disk yet."""
