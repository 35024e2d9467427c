"""Time limits of solves: what is taken over what was allowed, of every shipped problem."""

from __future__ import annotations

from time import perf_counter

from physics_rows import Section

from sna_export.solve import ProblemError, solve
from sna_export.solve.problems import SHIPPED

LIMITS = (1.0, 3.0)  # seconds


def limits() -> Section:
    """Seconds of a solve over its limit: at most 1.1."""
    section = Section("Time limits")
    for name, make in SHIPPED.items():
        for limit in LIMITS:
            problem, began = make(), perf_counter()
            try:
                solve(problem, time_limit=limit, accept=True)
            except ProblemError as error:
                section.notes.append(f"{name}, {limit:g} s: {error}")
            taken = (perf_counter() - began) / limit
            section.add(f"{name}, {limit:g} s", "time over the limit", taken, most=1.1)
    return section
