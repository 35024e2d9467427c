"""One control chart of a station: limits from its first points, which then stay."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from ...errors import InputError
from ...quality.charts import RULES, Chart, Hotelling, Point, restored
from ..config.charting import HOTELLING, INDIVIDUALS, SHARES, Charting
from .makers import begun, judged, needed, row, sample, sized

WINDOW = 50
NEEDED = {RULES["beyond"]: 3}
USUALLY = 8
"""Of the last WINDOW points so many signal by a rule before it is an alarm. In control single
signals are common: one part in 370 lies beyond the limits; three of 50 come once in 40,000. The
alarm is gone when no more than a third of that is left."""
RULED = frozenset(RULES.values())
DRAWN = 120
"""Points that are kept to be drawn."""
Alarming = tuple[str, bool, str]
"""Rule, whether it stands, what it means here."""
Where = tuple[int, int, str]
"""Record, ms since 1970, part."""
NOWHERE: Where = (0, 0, "")


@dataclass
class Curve:
    """`what`: the words of its signals, "value of strength"; `kind` of config.KINDS. Limits are set
    by the first points and then stay; they do not move with a drift that they are there to show.
    `begin`, `end`, `since`: of the first and the last point they are from, and when they were set;
    `first`, `until`: their records; `made`: the chart as it was then."""

    what: str
    kind: str = INDIVIDUALS
    settings: Charting = field(default_factory=Charting)
    chart: Chart | None = None
    group: list[Any] = field(default_factory=list)
    reference: list[Any] = field(default_factory=list)
    recent: dict[str, deque[int]] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)
    points: deque[list[Any]] = field(default_factory=lambda: deque(maxlen=DRAWN))
    begin: str = ""
    end: str = ""
    since: int = 0
    first: int = 0
    until: int = 0
    made: dict[str, Any] = field(default_factory=dict)
    latest: tuple[Point, ...] = ()

    def __post_init__(self) -> None:
        self.size = sized(self.kind, self.settings)

    def add(self, value: Any, where: Where = NOWHERE) -> list[str]:
        """The rules that signal with this part; `says` has what each means here. A chart of
        subgroups or samples has a point when the last part of one has come."""
        if self.chart is None:
            self.first = self.first or where[0]
        if self.size > 1:
            self.group.append(value)
            if len(self.group) < self.size:
                return []
            value, self.group = self.group, []
        return self._point(value, where)

    def alarming(self) -> list[Alarming]:
        """Rules that signal often enough to be an alarm, and those that signal no more."""
        found: list[Alarming] = []
        for rule, at in list(self.recent.items()):
            while at and self.chart and at[0] <= self.chart.count - WINDOW:
                at.popleft()
            least = NEEDED.get(rule, USUALLY)
            if len(at) >= least:
                found.append((rule, True, self.says[rule]))
            elif len(at) <= least // 3:
                found.append((rule, False, ""))
            if not at:
                del self.recent[rule]
        return found

    def again(self) -> None:
        """New limits from the next parts: another batch, another tool, another model."""
        self.chart, self.reference, self.group, self.latest = None, [], [], ()
        self.begin = self.end = ""
        self.first, self.until, self.made = 0, 0, {}
        self.recent.clear()
        self.points.clear()

    def anew(self, values: Sequence[tuple[Any, Where]], start: int) -> None:
        """As if these were the values that it was given: all there are from record `start` on. A
        chart that began before it keeps its limits, and its sums begin with these values."""
        first, old = self.first, self.chart
        drawn = sum(bool(point[-1]) for point in self.points)
        if first >= start:
            self.again()
            old = None
        elif self.made:
            first = self._from_limits()
        else:  # kept by an earlier version, which did not say how it began
            return
        self.says = {}
        for value, where in values:
            if where[0] >= first:
                self.add(value, where)
        if old is not None:
            self._counted(old, drawn)

    def _from_limits(self) -> int:
        """As it was when it got its limits; the first record of behind them."""
        self.chart = restored(deepcopy(self.made))
        self.chart.rules = judged(self.kind, self.settings)
        self.group = []
        self.recent.clear()
        self.points.clear()
        return self.until + 1

    def _counted(self, old: Chart, drawn: int) -> None:
        """Points and signals of before the values that it was made anew from."""
        assert self.chart is not None
        more = max(old.count - self.chart.count, 0)
        self.chart.count += more
        self.recent = {
            rule: deque((one + more for one in at), WINDOW) for rule, at in self.recent.items()
        }
        signals = old.signalled - drawn + sum(bool(point[-1]) for point in self.points)
        self.chart.signalled = max(signals, self.chart.signalled)

    def told(self) -> dict[str, Any]:
        """{"center", "lower", "upper", "n"} of the first statistic, or how many parts are still to
        come."""
        if self.chart is None:
            return {"wait": self._wait()}
        center, lower, upper = self.heads()[0][1:]
        return {"center": center, "lower": lower, "upper": upper, "n": self.chart.count}

    def heads(self) -> list[list[Any]]:
        """[statistic, centre line, lower, upper limit] of each statistic at the last point."""
        return [[p.statistic, p.center, p.lower, p.upper] for p in self.latest]

    def drawn(self) -> dict[str, Any]:
        """All that its picture needs: `heads` as above; `points`
        [record, ms, part, [[value, lower, upper] per statistic], rules]; rules in words with what
        the last signal of each says."""
        told: dict[str, Any] = {
            "what": self.what, "kind": self.kind, "wait": self._wait(), "heads": self.heads(),
            "points": list(self.points), "says": self.says,
            "rules": [RULES[key] for key in judged(self.kind, self.settings)],
            "size": self.size,
        }  # fmt: skip
        if self.chart is not None:
            told |= {"words": self.chart.words, "n": self.chart.count, "begin": self.begin,
                     "end": self.end, "since": self.since, "signalled": self.chart.signalled,
                     "reference": self._needed()}  # fmt: skip
        return told

    def kept(self) -> dict[str, Any]:
        """All of it as JSON holds it; `restore` goes on exactly there."""
        return {
            "settings": self._made_by(), "chart": self.chart.state() if self.chart else None,
            "group": self.group, "reference": self.reference, "says": self.says,
            "recent": {rule: list(at) for rule, at in self.recent.items()},
            "points": list(self.points), "begin": self.begin, "end": self.end,
            "since": self.since, "heads": self.heads(), "first": self.first, "until": self.until,
            "made": self.made,
        }  # fmt: skip

    def restore(self, kept: Mapping[str, Any]) -> None:
        """What was kept, where it was made by the same settings; by other rules it goes on with its
        limits. Raises InputError, KeyError, TypeError or ValueError for what is none."""
        if kept["settings"] != self._made_by():
            return
        if kept["chart"] is not None:
            self.chart = restored(kept["chart"])
            self.chart.rules = judged(self.kind, self.settings)
        self.group, self.reference = list(kept["group"]), list(kept["reference"])
        self.says = dict(kept["says"])
        self.latest = tuple(Point(name, None, *ends) for name, *ends in kept["heads"])
        self.recent = {rule: deque(at, WINDOW) for rule, at in kept["recent"].items()}
        self.points.extend(kept["points"])
        self.begin, self.end, self.since = kept["begin"], kept["end"], int(kept["since"])
        self.first, self.until = int(kept.get("first", 0)), int(kept.get("until", 0))
        self.made = dict(kept.get("made", {}))

    def _point(self, value: Any, where: Where) -> list[str]:
        if self.chart is None:
            self.reference.append(value)
            self.begin = self.begin or where[2]
            if len(self.reference) >= self._needed():
                self._begin(where)
            return []
        points = self.chart.add(self._told(value))
        if points[0].value is None:
            return []
        self.latest, drawn = points, []
        rules: list[str] = []
        for _, value, _, lower, upper, signals, _ in points:
            drawn.append([value, lower, upper])
            if signals and not rules:
                rules = self._signals(points)
        self.points.append([*where, drawn, rules])
        return [rule for rule in rules if rule in RULED] if rules else rules

    def _signals(self, points: tuple[Point, ...]) -> list[str]:
        """Rules that signal; those of a moving range by its name: they mark no part and count for
        no alarm, since one wild part moves twice."""
        assert self.chart is not None
        found: dict[str, None] = {}
        for i, point in enumerate(points):
            for signal in point.signals:
                beside = self.kind == INDIVIDUALS and i > 0
                name = f"{point.statistic}: {signal.rule}" if beside else signal.rule
                found[name] = None
                self.says[name] = f"{self.what}: {signal.says}"
                if not beside:
                    at = self.recent.setdefault(name, deque(maxlen=WINDOW))
                    if not at or at[-1] != self.chart.count:
                        at.append(self.chart.count)
        return list(found)

    def _begin(self, where: Where) -> None:
        """Limits from the reference; where none follow, the next point may differ."""
        try:
            self.chart = begun(self.kind, self.reference, self.settings)
        except InputError:
            self.reference = self.reference[1:]
            return
        self.made, self.until = self.chart.state(), where[0]
        self.latest = deepcopy(self.chart).add(self._told(self.reference[-1]))
        self.reference, self.end, self.since = [], where[2], where[1]

    def _wait(self) -> int:
        """Parts that are still to come before there are limits."""
        if self.chart is not None:
            return 0
        missing = max(self._needed() - len(self.reference), 1)
        return self.size * missing - len(self.group)

    def _needed(self) -> int:
        values = len(self.reference[0]) if self.kind == HOTELLING and self.reference else 0
        return needed(self.kind, self.settings, values)

    def _told(self, value: Any) -> Any:
        """A point as its chart takes it."""
        if isinstance(self.chart, Hotelling):
            return row(self.chart, value)
        return sample(value) if self.kind == SHARES else value

    def _made_by(self) -> dict[str, Any]:
        """Settings that limits and points go by; JSON gives them back as they are."""
        s = self.settings
        return {
            "kind": self.kind, "size": self.size, "reference": needed(self.kind, s),
            "weight": s.weight, "reach": s.reach, "slack": s.slack, "interval": s.interval,
        }  # fmt: skip
