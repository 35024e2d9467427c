"""What all charts share: limits that are set, points that are added, a state that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, TypeVar

from ...errors import InputError
from .point import Point, Signal
from .rules import RULES, SETS, USUAL, rules_of
from .runs import Runs

SIGMAS = 3.0
"""Standard deviations from the centre line to a limit."""
MISSING = "no finite value; it is counted as missing and judged by no rule"
Own = TypeVar("Own", bound="Chart")


@dataclass(kw_only=True)
class Chart:
    """A chart whose fields are its limits and what it knows of the points so far: numbers that JSON
    holds exactly. `count`: points judged; `missing`: points without a value; `signalled`: points
    with a signal."""

    kind: ClassVar[str] = ""
    words: ClassVar[str] = ""
    rules: tuple[str, ...] = SETS[USUAL]
    runs: Runs = field(default_factory=Runs)
    count: int = 0
    missing: int = 0
    signalled: int = 0

    def __post_init__(self) -> None:
        self.rules = rules_of(self.rules)

    def add(self, value: Any) -> tuple[Point, ...]:
        """The points of one part or subgroup, one per statistic of the chart."""
        points = self._points(value)
        if points[0].value is None:
            self.missing += 1
        else:
            self.count += 1
            for point in points:
                if point.signals:
                    self.signalled += 1
                    break
        return points

    def _points(self, value: Any) -> tuple[Point, ...]:
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """All that the chart is, as JSON holds it; `restored` makes the same chart of it."""
        return {"chart": self.kind, **asdict(self), "rules": list(self.rules)}

    @classmethod
    def of_state(cls: type[Own], state: Mapping[str, Any]) -> Own:
        """The chart of a state. Raises InputError for one that is none."""
        given = {key: value for key, value in state.items() if key != "chart"}
        known = {f.name for f in fields(cls)}
        if given.keys() != known:
            odd = ", ".join(sorted(given.keys() ^ known))
            raise InputError(
                f"this is no state of a {cls.kind} chart (wrong or missing: {odd}); give one as"
                " `state` returned it, or begin a new chart"
            )
        try:
            return cls(**{**given, "runs": Runs(**given["runs"])})
        except (TypeError, ValueError) as error:
            raise InputError(
                f"this is no state of a {cls.kind} chart ({error}); give one as `state` returned"
                " it, or begin a new chart"
            ) from None

    def _judged(
        self,
        statistic: str,
        value: float,
        center: float,
        ends: tuple[float | None, float | None],
        *,
        sigma: float = 0.0,
        means: tuple[str, str] = ("", ""),
        remark: str = "",
    ) -> Point:
        """A point against its limits, and with `sigma` against the rules of patterns. `means`: what
        is probable below the lower and above the upper limit."""
        lower, upper = ends
        signals: tuple[Signal, ...] = ()
        if (lower is not None and value < lower) or (upper is not None and value > upper):
            signals = self._beyond(statistic, value, ends, means)
        if sigma > 0.0:
            signals += self.runs.add(value, (value - center) / sigma, self.rules)
        return Point(statistic, value, center, lower, upper, signals, remark)

    def _beyond(
        self,
        statistic: str,
        value: float,
        ends: tuple[float | None, float | None],
        means: tuple[str, str],
    ) -> tuple[Signal, ...]:
        """What a value outside its limits signals, where that is a rule of this chart."""
        if "beyond" not in self.rules:
            return ()
        lower, upper = ends
        below = lower is not None and value < lower
        why = means[not below] or "look for what has changed since the point before"
        side, end = ("below the lower", lower) if below else ("above the upper", upper)
        says = f"{statistic} {value:.6g} is {side} limit {end:.6g}: {why}"
        return (Signal(RULES["beyond"], says),)


def around(center: float, half: float, least: float | None = None) -> tuple[float, float]:
    """Limits on both sides of a centre line, none below `least`."""
    lower = center - half
    return (lower if least is None else max(lower, least)), center + half


def need_scatter(sigma: float, what: str) -> float:
    """The standard deviation. Raises InputError where reference values do not differ."""
    if not sigma > 0.0:
        raise InputError(
            f"{what} do not differ, so no limits follow from them; give reference rows that"
            " scatter, or the centre line and sigma themselves"
        )
    return sigma
