"""Alarms that stand: raised once however often their cause is seen, acknowledged by a person, gone
when the cause is gone and somebody has seen them (the states of ISA-18.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from ...errors import InputError

MOST = 200
"""Alarms kept at once; of more, the oldest that somebody has seen goes first."""
NEEDED = {"name", "rule", "words", "since", "last"}
"""Without which an event record tells of no alarm."""


@dataclass
class Alarm:
    """`name` tells alarms apart, `rule` finds its reaction plan, `words` are one sentence.
    `since`, `last`: when the cause was first and last seen, ms since 1970; `count`: how often.
    `stands`: the cause is still there. `seen`: {"who", "at", "why"} of the person who acknowledged
    it, None before."""

    name: str
    rule: str
    words: str
    since: int
    last: int
    station: str = ""
    recipe: str = ""
    output: str = ""
    plan: str = ""
    count: int = 1
    stands: bool = True
    seen: dict[str, Any] | None = None

    def told(self) -> dict[str, Any]:
        """For JSON."""
        return {key: value for key, value in asdict(self).items() if value != ""}


@dataclass
class Alarms:
    """All of them by name. `changed` is called with "alarm" or "gone" and the alarm: what becomes
    an event record."""

    changed: Callable[[str, Alarm], None] = lambda what, alarm: None
    plan: Callable[[str, str], str] = lambda station, rule: ""
    standing: dict[str, Alarm] = field(default_factory=dict)
    version: int = 0
    """Goes up with every change that people see."""

    def rise(self, name: str, rule: str, words: str, at: int, **where: Any) -> None:
        """The cause is seen at `at`. A new alarm, or one whose cause was gone, is told."""
        known = self.standing.get(name)
        if known is not None and known.stands:
            known.count, known.last, known.words = known.count + 1, at, words
            return
        plan = self.plan(where.get("station", ""), rule)
        alarm = Alarm(name, rule, words, at, at, plan=plan, **where)
        if known is not None:
            alarm.count = known.count + 1
        self.standing[name] = alarm
        self._bounded()
        self._tell("alarm", alarm)

    def note(self, name: str, rule: str, words: str, at: int, **where: Any) -> None:
        """Something happened that has a record already; it waits for somebody to see it."""
        known = self.standing.get(name)
        plan = self.plan(where.get("station", ""), rule)
        alarm = Alarm(name, rule, words, at, at, plan=plan, stands=False, **where)
        if known is not None:
            alarm.count, alarm.since = known.count + 1, known.since
        self.standing[name] = alarm
        self._bounded()
        self.version += 1

    def fall(self, name: str) -> None:
        """The cause is gone; an alarm that nobody has seen stays in the list until somebody has."""
        alarm = self.standing.get(name)
        if alarm is None or not alarm.stands:
            return
        alarm.stands = False
        if alarm.seen is not None:
            del self.standing[name]
        self._tell("gone", alarm)

    def seen(self, name: str, who: str, at: int, why: str = "") -> Alarm:
        """The alarm as it is once somebody has seen it; nothing has changed yet. Raises InputError
        for an alarm that does not exist, or no name."""
        alarm = self.standing.get(name)
        if alarm is None:
            raise InputError("this alarm no longer stands; look at the list again")
        if not who.strip():
            raise InputError("an alarm is acknowledged by somebody: give your name")
        return replace(alarm, seen={"who": who.strip(), "at": at, "why": why.strip()})

    def acknowledge(self, name: str, seen: Mapping[str, Any]) -> None:
        """Somebody has seen it, as the record says already."""
        alarm = self.standing.get(name)
        if alarm is None:
            return
        alarm.seen = dict(seen)
        if not alarm.stands:
            del self.standing[name]
        self.version += 1

    def told(self) -> list[dict[str, Any]]:
        """What somebody has to see first, then what stands, the newest first."""
        order = sorted(self.standing.values(), key=lambda a: (a.seen is not None, -a.since))
        return [alarm.told() for alarm in order]

    def recall(self, event: Mapping[str, Any]) -> None:
        """Take over what an event record of an earlier run says; nobody is told again."""
        told = event.get("alarm")
        if not isinstance(told, Mapping) or not told.keys() >= NEEDED:
            return
        alarm = Alarm(**{f.name: told[f.name] for f in fields(Alarm) if f.name in told})
        if alarm.seen is not None and not alarm.stands:
            self.standing.pop(alarm.name, None)
        else:
            self.standing[alarm.name] = alarm

    def _tell(self, what: str, alarm: Alarm) -> None:
        self.version += 1
        self.changed(what, alarm)

    def _bounded(self) -> None:
        """Drop the oldest of too many."""
        while len(self.standing) > MOST:
            order = sorted(self.standing.values(), key=lambda a: (a.seen is None, a.last))
            del self.standing[order[0].name]
