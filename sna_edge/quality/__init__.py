"""Verdicts for a production line: limits, rules and one answer per part; numpy only."""

from .limits import Limit, LineLimits, read_limits
from .line import Line
from .verdict import ACCEPT, NO_VERDICT, REJECT, Judged, judge

__all__ = [
    "ACCEPT",
    "NO_VERDICT",
    "REJECT",
    "Judged",
    "Limit",
    "Line",
    "LineLimits",
    "judge",
    "read_limits",
]
