"""Control charts: limits from reference values, then one value or subgroup at a time.

    chart = Individuals.of(reference)          # or XbarR, XbarS, Shares, Ewma, Cusum, Hotelling
    for point in chart.add(value):             # value, centre line, limits, signals in words
        point.signals
    kept = chart.state()                       # JSON; restored(kept) goes on exactly there

They work on measured values, on predictions and on residuals (measured less predicted) alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import InputError
from .chart import Chart
from .cusum import Cusum
from .ewma import Ewma
from .hotelling import Hotelling
from .individuals import Individuals
from .point import Point, Signal
from .rules import RULES, SETS, rules_of
from .shares import Shares
from .subgroups import XbarR, XbarS

CHARTS: dict[str, type[Chart]] = {
    one.kind: one for one in (Individuals, XbarR, XbarS, Shares, Ewma, Cusum, Hotelling)
}
"""Charts by the name they go by in states and on the command line."""


def restored(state: Mapping[str, Any]) -> Chart:
    """The chart of a state. Raises InputError for one that is none.

    >>> chart = Cusum(center=10.0, sigma=1.0)
    >>> _ = chart.add(10.9)
    >>> restored(chart.state()) == chart
    True
    """
    kind = state.get("chart") if isinstance(state, Mapping) else None
    if not isinstance(kind, str) or kind not in CHARTS:
        raise InputError(
            "this is no state of a chart; give one as `state` returned it, or begin a new chart"
        )
    return CHARTS[kind].of_state(state)


__all__ = [
    "CHARTS", "RULES", "SETS", "Chart", "Cusum", "Ewma", "Hotelling", "Individuals", "Point",
    "Shares", "Signal", "XbarR", "XbarS", "restored", "rules_of",
]  # fmt: skip
