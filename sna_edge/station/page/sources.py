"""What the page asks of the process around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ..config import Charting
from ..records import History


@dataclass(frozen=True)
class Shown:
    """One station and recipe for people: units of inputs and outputs, reaction plans by rule, the
    milliseconds there are for a part (0: unknown), the page file of its model (None: there is
    none), the levels of the outputs' intervals, how measured values are learned from."""

    station: str
    recipe: str
    units: Mapping[str, str] = field(default_factory=dict)
    plans: Mapping[str, str] = field(default_factory=dict)
    takt_ms: float = 0.0
    page: Path | None = None
    levels: Mapping[str, float] = field(default_factory=dict)
    learn: str = "none"

    def told(self) -> dict[str, Any]:
        """For JSON; of the page file only that there is one."""
        return {**asdict(self), "page": self.page is not None}

    def plan(self, rule: str) -> str:
        """What is to be done when this rule signals: its own text, else that of `other`."""
        return self.plans.get(rule, self.plans.get("other", ""))


class Sources(Protocol):
    """Safe to call from every thread; `status` is called twice a second and must be cheap."""

    def lines(self) -> Sequence[Shown]:
        """Every station and recipe of the configuration."""

    def status(self) -> Mapping[str, Any]:
        """{"version", "clock", "disk_free", "waiting", "p99_ms", "doors": {name: {"up", "words"}},
        "models": {"station/recipe": {"name", "version", "signature", "moved": sentences of what
        the learner says has moved}}, "health": "" or what is wrong, "zone": the time zone of the
        station by its name, "" for one without, "east": its minutes east of UTC now};
        what is not known is left out."""

    def busy(self) -> bool:
        """Whether a part is being judged at this moment."""

    def charting(self, station: str, recipe: str) -> Charting:
        """Which control charts a recipe has."""

    def shelf(self) -> Path | None:
        """The file that keeps limits and charts from one run to the next; None: nothing is kept."""

    def event(self, event: str, station: str, who: str, why: str, **more: Any) -> None:
        """Make an event record."""

    def recorded(self, event: str, station: str, who: str, why: str, **more: Any) -> None:
        """Return when the record of what somebody is about to do is on the disk. Raises Unrecorded,
        and nothing may be done then."""

    def past(self) -> History | None:
        """The records on the disk; None where there are none to read."""
