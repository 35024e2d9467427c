"""The best linear part of a family, calibrated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import TimeBudget

from .calibration import again, share_cuts
from .candidates import MOST_ROWS, Likely, Rows, Search, chosen, searched
from .families import Family, Ordinal
from .features import STRAIGHT, Features

Floats = NDArray[np.float64]
ROUNDS = 3
"""Times that limits of ordered classes and the linear part follow each other."""


def best_of(
    family: Family, rows: Rows, budget: TimeBudget, *, quick: bool = False
) -> tuple[Likely, list[Likely], Family]:
    """The chosen linear part, all that were tried, and the family with its limits. Of many rows
    evenly spaced ones are searched."""
    some = np.arange(0, len(rows.y), max(1, -(-len(rows.y) // MOST_ROWS)))
    part = rows if len(some) == len(rows.y) else rows.take(some)
    if isinstance(family, Ordinal):
        family = _with_cuts(replace(family, cuts=share_cuts(part.y, part.weight)), part)
    found = list(searched(family, part, budget, paired=not quick))
    best = chosen(found)
    for _ in range(ROUNDS if isinstance(family, Ordinal) else 0):
        family = again(family, part.y[best.rows], best.f, best.weight)
        best = Search(family, part, best.features, best.name).at(best.ridges)
    return replace(best, rows=some[best.rows]), found, family


def _with_cuts(family: Family, rows: Rows) -> Family:
    features = Features.of(rows.samples, curved=False)
    for _ in range(ROUNDS):
        f = Search(family, rows, features, "").at({STRAIGHT: 1.0})
        family = again(family, rows.y[f.rows], f.f, f.weight)
    return family
