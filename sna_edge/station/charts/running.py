"""One station and recipe as its records come: counts, the last parts, charts, capability."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...quality.verdict import REJECT
from ..config.charting import HOTELLING, INDIVIDUALS, Charting
from .alarms import Alarms
from .curve import Curve, Where
from .curves import INPUTS, MEASURED, PREDICTED, REJECTS, RESIDUAL, RESIDUALS, Curves
from .histogram import spread
from .patterns import Patterns
from .shown import Kept, Shown, number

POINTS = 240
"""Parts that the charts of the page show."""
KEPT = (
    "part", "record", "time", "clock", "status", "verdict", "reason", "remark", "advice",
    "contributions", "reading", "model", "correction", "p_in_spec", "accept", "config", "version",
)  # fmt: skip
"""Of the last record, beside its outputs."""


class Running:
    """Fed with the records of one station and recipe in their order."""

    def __init__(
        self, station: str, recipe: str, alarms: Alarms, settings: Charting | None = None
    ) -> None:
        self.station, self.recipe, self.alarms = station, recipe, alarms
        self.curves = Curves(settings or Charting())
        self.counts: dict[str, int] = {}
        self.points: deque[Shown] = deque(maxlen=POINTS)
        self.by_part: dict[str, Shown] = {}
        self.outputs: dict[str, Kept] = {}
        self.patterns = Patterns()
        self.last: dict[str, Any] = {}
        self.rejected: dict[str, Any] = {}
        self.rejected_at = -1
        self.model = ""
        self.tick = 0

    def verdict(self, record: Mapping[str, Any], tick: int) -> None:
        """A part was judged."""
        self.tick = tick
        verdict, at = str(record.get("verdict", "")), milliseconds(record.get("time"))
        self._model(record, at)
        self.counts[verdict] = self.counts.get(verdict, 0) + 1
        outputs: dict[str, list[Any]] = {}
        reading = record.get("reading")
        reading = reading if isinstance(reading, Mapping) else {}
        where = int(record["record"]), at, str(record.get("part", ""))
        shown = Shown(*where, verdict, outputs, tick, reading)
        for name, told in (record.get("outputs") or {}).items():
            outputs[name] = [told.get("value"), told.get("lower"), told.get("upper"), None, []]
            kept = self._kept(name, told)
            if number(told.get("value")):
                kept.numbers.append(told["value"])
                self._chart(name, PREDICTED, told["value"], outputs[name], where)
        self.append(shown)
        self.last = {key: record[key] for key in KEPT if key in record}
        self.last["outputs"] = record.get("outputs") or {}
        if verdict == REJECT:
            self.rejected, self.rejected_at = self.last, tick
        for rule, stands, says in self.patterns.add(verdict, reading):
            self._pattern(rule, stands, says, at)
        if HOTELLING in self.curves.settings.kinds:
            numbers = {name: float(v) for name, v in reading.items() if number(v)}
            self._together(INPUTS, numbers, where)
        self._together(REJECTS, verdict == REJECT, where)
        self._learned(record, shown, where)

    def measured(self, record: Mapping[str, Any], tick: int) -> None:
        """Measured values of a part that was judged before."""
        self.tick = tick
        part = str(record.get("part", ""))
        where = int(record.get("record", 0)), milliseconds(record.get("time")), part
        self._learned(record, self.by_part.get(part), where)

    def told(self, since: int = -1) -> dict[str, Any]:
        """For JSON: points that are new or have changed after tick `since`."""
        points = [p.told() for p in self.points if p.changed > since]
        told = {
            "station": self.station, "recipe": self.recipe, "counts": self.counts,
            "last": self.last, "points": points,
            "outputs": {name: self._output(name, kept) for name, kept in self.outputs.items()},
        }  # fmt: skip
        return told | {"rejected": self.rejected} if self.rejected_at > since else told

    def readings(self) -> list[dict[str, Any]]:
        """Readings of the parts on the charts, with what was measured of them."""
        return [
            {
                "reading": shown.reading,
                "measured": {n: row[3] for n, row in shown.outputs.items() if row[3] is not None},
            }
            for shown in self.points
            if shown.reading
        ]

    def capability(self) -> dict[str, Any]:
        """{output: bars and figures of predictions and of measured values}."""
        return {
            name: {
                "predicted": spread(list(kept.numbers), *kept.limits[:2]),
                "measured": spread(list(kept.measured), *kept.limits[:2]),
            }
            for name, kept in self.outputs.items()
        }

    def again(self, wanted: Mapping[str, str] | None = None) -> None:
        """New limits from the next parts, as `Curves.again`; alarms of those charts are over."""
        for output, what, kind in self.curves.again(wanted):
            self.alarms.fall(self.alarm(output, what, kind))

    def _output(self, name: str, kept: Kept) -> dict[str, Any]:
        lsl, usl, target = kept.limits
        return {
            "limits": [lsl, usl, target], "value": self.curves.told(name, PREDICTED),
            "residual": self.curves.told(name, RESIDUAL),
            "covered": kept.covered, "width": kept.became.get("width"),
        }  # fmt: skip

    def _kept(self, name: str, told: Mapping[str, Any]) -> Kept:
        kept = self.outputs.get(name)
        if kept is None:
            kept = self.outputs[name] = Kept()
        kept.limits = (told.get("LSL"), told.get("USL"), told.get("target"))
        return kept

    def append(self, shown: Shown) -> None:
        """One part more on the charts; the oldest goes where they are full."""
        if len(self.points) == self.points.maxlen:
            first = self.points[0]
            if self.by_part.get(first.part) is first:
                del self.by_part[first.part]
        self.points.append(shown)
        self.by_part[shown.part] = shown

    def _learned(self, record: Mapping[str, Any], shown: Shown | None, where: Where) -> None:
        """What came of measured values: points, residuals, coverage, alarms of the learner."""
        errors = {}
        for name, became in (record.get("measured") or {}).items():
            if not isinstance(became, Mapping) or not number(became.get("value")):
                continue
            kept = self._kept(name, became) if name not in self.outputs else self.outputs[name]
            kept.became = became
            kept.add(where[0], became["value"], became.get("lower"), became.get("upper"))
            row = shown.outputs.get(name) if shown else None
            if shown and row is not None:
                row[3], shown.changed = became["value"], self.tick
            self._chart(name, MEASURED, became["value"], None, where)
            if number(became.get("predicted")):
                errors[name] = became["value"] - became["predicted"]
                self._chart(name, RESIDUAL, errors[name], row, where)
        if errors and errors.keys() >= self.outputs.keys():
            self._together(RESIDUALS, errors, where)

    def _chart(
        self, output: str, what: str, number: float, row: list[Any] | None, where: Where
    ) -> None:
        """A number on its charts: signals of individuals mark the part, and many are an alarm."""
        for curve, alarms in self.curves.each(output, what):
            rules = curve.add(number, where)
            if rules and row is not None and curve.kind == INDIVIDUALS:
                row[4] += [f"{what}: {rule}" for rule in rules]
            if alarms and curve.recent:
                self._judge(curve, rules, self.alarm(output, what, curve.kind), where, output)

    def _together(self, what: str, value: Any, where: Where) -> None:
        """A part on the chart of all inputs, all residuals, or rejects."""
        found = self.curves.together(what, value, where)
        if found and found[0].recent and found[0].kind in self.curves.settings.alarms:
            curve, rules = found
            self._judge(curve, rules, self.alarm("", what, curve.kind), where, "")

    def _judge(self, curve: Curve, rules: list[str], name: str, where: Where, output: str) -> None:
        """Many signals of a chart are an alarm, few are its end."""
        found = curve.alarming()
        standing = [(rule, says) for rule, stands, says in found if stands]
        if standing and standing[0][0] in rules:
            self._rise(name, *standing[0], where[1], output=output)
        elif found and not standing:
            self.alarms.fall(name)

    def alarm(self, output: str, what: str, kind: str) -> str:
        """The name of an alarm of a chart."""
        last = "" if kind == INDIVIDUALS else f"/{kind}"
        return f"{self.station}/{self.recipe}/{output}/{what}{last}"

    def _pattern(self, rule: str, stands: bool, says: str, at: int) -> None:
        name = f"{self.station}/{self.recipe}/{rule}"
        if stands:
            self._rise(name, rule.split(":")[0], says, at)
        else:
            self.alarms.fall(name)

    def _rise(self, name: str, rule: str, says: str, at: int, **where: str) -> None:
        where |= {"station": self.station, "recipe": self.recipe}
        self.alarms.rise(name, rule, says, at, **where)

    def _model(self, record: Mapping[str, Any], at: int) -> None:
        """Another model judges: its predictions have limits of their own."""
        digest = str((record.get("model") or {}).get("sha256", ""))
        if self.model and digest != self.model:
            self.again()
        self.model = digest


def milliseconds(time: object) -> int:
    """ms since 1970 of an ISO time; 0 for what is none."""
    try:
        text = str(time)
        text = text[:-1] + "+00:00" if text.endswith("Z") else text
        return round(datetime.fromisoformat(text).timestamp() * 1000)
    except ValueError:
        return 0
