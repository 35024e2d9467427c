"""Scores of rows that were not fitted as the 33 quantiles of a file (FORMAT.md section 15)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.beside import GRID

Floats = NDArray[np.float64]


def of_scores(scores: Floats) -> Floats:
    """[33]: at probability p the place p (n + 1) among the sorted scores [n], linear between them
    and kept between the first and the last: a new exchangeable row lies below with probability p,
    where n supports p."""
    ordered = np.sort(scores)
    share = 1 / (1 + np.exp(-(np.arange(GRID) - (GRID - 1) / 2) / 2))
    return np.interp(share * (len(ordered) + 1), np.arange(1, len(ordered) + 1), ordered)
