"""Average run lengths: after how many points a chart signals, if the mean lies `shift` sigma away.

A chart whose statistic moves through an interval is a Markov chain between cells of it: with Q the
moves between cells that do not signal, ARL = (I - Q)^-1 1. Two chains of t and 2 t cells give the
limit of infinitely many, for the error falls as 1 / t^2.

Sources: Brook and Evans, Biometrika 59 (1972); Lucas and Saccucci, Technometrics 32 (1990); Lucas
and Crosier, Technometrics 24 (1982), for two sides with a head start.
"""

from __future__ import annotations

from math import erfc, sqrt

import numpy as np
from numpy.typing import NDArray

from .cusum import REACH as CUSUM_REACH
from .cusum import SLACK
from .ewma import REACH, WEIGHT

Floats = NDArray[np.float64]
CELLS = 150


def ewma_run_length(shift: float, weight: float = WEIGHT, reach: float = REACH) -> float:
    """Of an EWMA chart with the limits of many points.

    >>> round(ewma_run_length(0.0)), round(ewma_run_length(1.0), 1)
    (500, 10.5)
    """
    coarse, fine = (_ewma(shift, weight, reach, cells) for cells in (CELLS + 1, 2 * CELLS + 1))
    return _limit(coarse, fine, CELLS + 1, 2 * CELLS + 1)


def _ewma(shift: float, weight: float, reach: float, cells: int) -> float:
    """An odd number of cells of the width w between the limits; it starts in the middle one."""
    half = reach * sqrt(weight / (2.0 - weight))
    width = 2.0 * half / cells
    middle = -half + width * (np.arange(cells) + 0.5)
    edges = -half + width * np.arange(cells + 1)
    needed = (edges[None, :] - (1.0 - weight) * middle[:, None]) / weight - shift
    return float(_steps(np.diff(_below(needed), axis=1))[cells // 2])


def cusum_run_length(
    shift: float, slack: float = SLACK, reach: float = CUSUM_REACH, head: float = 0.0
) -> float:
    """Of a CUSUM chart with two sides. Each side alone signals after L+ and L- points:
    1 / ARL = 1 / L+ + 1 / L-, and with a head start
    ARL = (L+(head) L-(0) + L-(head) L+(0) - L+(0) L-(0)) / (L+(0) + L-(0)).

    >>> round(cusum_run_length(0.0)), round(cusum_run_length(1.0), 1)
    (465, 10.4)
    """
    up, up_head = one_sided_run_length(shift, slack, reach, head)
    down, down_head = one_sided_run_length(-shift, slack, reach, head)
    return (up_head * down + down_head * up - up * down) / (up + down)


def one_sided_run_length(
    shift: float, slack: float = SLACK, reach: float = CUSUM_REACH, head: float = 0.0
) -> tuple[float, float]:
    """Of the upper side of a CUSUM chart that begins at 0, and at `head` sigma."""
    coarse, fine = (_cusum(shift, slack, reach, head, cells) for cells in (CELLS, 2 * CELLS))
    sizes = 2 * CELLS - 1, 4 * CELLS - 1
    return _limit(coarse[0], fine[0], *sizes), _limit(coarse[1], fine[1], *sizes)


def _cusum(
    shift: float, slack: float, reach: float, head: float, cells: int
) -> tuple[float, float]:
    """Cells of the width w = 2 h / (2 t - 1) around 0, w, 2 w, ..; the first one takes all that is
    below."""
    width = 2.0 * reach / (2 * cells - 1)
    at = width * np.arange(cells)
    upper = at[None, :] + 0.5 * width - at[:, None] + slack - shift
    moves = _below(upper)
    moves[:, 1:] = np.diff(moves, axis=1)
    steps = _steps(moves)
    return float(steps[0]), float(np.interp(head, at, steps))


def _steps(moves: Floats) -> Floats:
    """(I - Q)^-1 1: how many points until a signal, from each cell."""
    steps = np.linalg.solve(np.eye(len(moves)) - moves, np.ones(len(moves)))
    return np.asarray(steps, dtype=float)


def _limit(coarse: float, fine: float, few: int, many: int) -> float:
    """Of infinitely many cells."""
    ratio = (many / few) ** 2
    return (ratio * fine - coarse) / (ratio - 1.0)


def _below(z: Floats) -> Floats:
    found = [0.5 * erfc(-one / sqrt(2.0)) for one in z.ravel().tolist()]
    return np.array(found).reshape(z.shape)
