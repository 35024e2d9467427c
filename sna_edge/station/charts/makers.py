"""How the charts of a station begin: how many parts a point takes, how many points set the limits,
and the chart that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any

import numpy as np

from ...errors import InputError
from ...quality.charts import (
    Chart,
    Cusum,
    Ewma,
    Hotelling,
    Individuals,
    Shares,
    XbarR,
    XbarS,
)
from ..config.charting import (
    CUSUM,
    EWMA,
    HOTELLING,
    INDIVIDUALS,
    RANGES,
    SHARES,
    SUBGROUPS,
    Charting,
)

FEWEST = 5
"""Reference rows of T2 for each of its values."""


def sized(kind: str, settings: Charting) -> int:
    """Parts that one point is of."""
    return {SUBGROUPS: settings.subgroup, SHARES: settings.sample}.get(kind, 1)


def needed(kind: str, settings: Charting, values: int = 0) -> int:
    """Points that set the limits; of T2 more where it is of many `values`."""
    if kind == HOTELLING:
        return max(2 * settings.reference, FEWEST * (values + 2))
    return settings.reference // (2 if sized(kind, settings) > 1 else 1)


def begun(kind: str, reference: Sequence[Any], settings: Charting) -> Chart:
    """The chart whose limits are of these points. Raises InputError where none follow."""
    rules = judged(kind, settings)
    if kind == INDIVIDUALS:
        return Individuals.of(reference, rules=rules)
    if kind == SUBGROUPS:
        made = XbarR if settings.subgroup < RANGES else XbarS
        return made.of(reference, rules=rules)
    if kind == EWMA:
        return Ewma.of(reference, rules=rules, weight=settings.weight, reach=settings.reach)
    if kind == CUSUM:
        return Cusum.of(reference, rules=rules, slack=settings.slack, reach=settings.interval)
    if kind == HOTELLING:
        return _hotelling(reference, rules)
    return Shares.of([sample(group) for group in reference], rules=rules)


def judged(kind: str, settings: Charting) -> tuple[str, ...]:
    """Keys of the rules that a chart goes by. Patterns are looked for in single values and means;
    of shares nine in a row below the centre line say nothing, where most samples have no reject."""
    plain = kind in (INDIVIDUALS, SUBGROUPS)
    return tuple(key for key in settings.rules if plain or key == "beyond")


def sample(group: Sequence[bool]) -> tuple[int, int]:
    """(bad parts, parts)."""
    return sum(map(bool, group)), len(group)


def row(chart: Hotelling, told: Mapping[str, float]) -> list[float]:
    """The values of a part in the order of the chart, NaN for one that is missing."""
    return [told.get(name, nan) for name in chart.names]


def _hotelling(reference: Sequence[Mapping[str, float]], rules: tuple[str, ...]) -> Hotelling:
    """Of the values that all rows have and that scatter."""
    names = [name for name in reference[0] if all(name in told for told in reference)]
    rows = np.array([[told[name] for name in names] for told in reference], dtype=float)
    moving = [bool(np.ptp(column) > 0.0) for column in rows.T]
    names = [name for name, moves in zip(names, moving, strict=True) if moves]
    if len(names) < 2:
        raise InputError("T2 is of two values or more that scatter; give readings that do")
    return Hotelling.of(rows[:, moving], names=names, rules=rules)
