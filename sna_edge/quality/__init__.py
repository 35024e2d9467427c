"""Verdicts for a production line: limits, rules and one answer per part; numpy only."""

from .audit import Audit, audit
from .limits import Limit, LineLimits, read_limits
from .line import Line
from .verdict import ACCEPT, NO_VERDICT, REJECT, Judged, judge

__all__ = [
    "ACCEPT",
    "NO_VERDICT",
    "REJECT",
    "Audit",
    "Judged",
    "Limit",
    "Line",
    "LineLimits",
    "audit",
    "judge",
    "read_limits",
]
