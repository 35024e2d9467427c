"""How fine a basis must be so that draws of the teacher's kernel fit into it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis, bspline, levels

from ..fit.data.samples import Samples
from .gaussian_process import GaussianProcess
from .kernel import warp

Floats = NDArray[np.float64]
GRID = 161
DOMINATED = 0.9
"""Share of the rows on one value from which an axis of a crowded table is left out."""
CANDIDATES = (
    (1, 1),
    (2, 1),
    (3, 1),
    (3, 2),
    (5, 1),
    (3, 4),
    (5, 2),
    (7, 1),
    (3, 6),
    (5, 4),
    (7, 2),
    (3, 9),
    (5, 8),
    (3, 14),
    (3, 20),
)
"""(degree, spans), from few rows to many."""


def teacher_bases(
    teachers: list[GaussianProcess], samples: Samples, tolerance: float, linear: bool = False
) -> list[SpanBasis]:
    """The basis with the fewest rows of each axis whose best approximation of kernel draws errs by
    less than `tolerance` (relative RMS); breaks are even in the warped coordinate of the first
    teacher. An axis with few distinct values gets at most as many rows as values. `linear`:
    linear atoms, for more axes than the rows can bend, and constant ones where nearly all rows
    share a value: what the few others say there would be stretched far outside.
    """
    return [
        (
            _constant(samples, d)
            if linear and _dominated(samples, d)
            else _basis(teachers, samples, d, np.inf if linear else tolerance)
        )
        for d in range(samples.x.shape[1])
    ]


def _constant(samples: Samples, d: int) -> SpanBasis:
    return bspline(list(samples.bounds(d)), 0)


def _dominated(samples: Samples, d: int) -> bool:
    if samples.n_levels[d]:
        return False
    return bool(
        np.unique(samples.x[:, d], return_counts=True)[1].max() >= DOMINATED * len(samples.x)
    )


def _basis(
    teachers: list[GaussianProcess], samples: Samples, d: int, tolerance: float
) -> SpanBasis:
    if samples.n_levels[d]:
        return levels(int(samples.n_levels[d]))
    distinct = len(np.unique(samples.x[:, d]))
    grid = np.linspace(0.0, 1.0, GRID)
    allowed = [(p, s) for p, s in CANDIDATES if p + s <= max(distinct, 2)]
    kernel = _mean_kernel(teachers, d, grid)
    unit = bspline([0.0, 1.0], 1)
    for degree, spans in allowed:
        unit = bspline(_breaks(teachers[0], d, spans), degree)
        if _missed(unit.design(grid), kernel) <= tolerance:
            break
    lower, upper = samples.bounds(d)
    breaks = lower + (upper - lower) * unit.breaks
    breaks[-1] = upper
    return bspline(breaks, unit.degree)


def _mean_kernel(teachers: list[GaussianProcess], d: int, grid: Floats) -> Floats:
    total = np.zeros((GRID, GRID))
    for teacher in teachers:
        u, _ = warp(grid[:, None], teacher.hyper.warp[d : d + 1])
        share = teacher.hyper.variance / teacher.hyper.variance.sum() / len(teachers)
        for length, part in zip(teacher.hyper.length[:, d], share, strict=True):
            total += part * np.exp(-0.5 * ((u - u.T) / length) ** 2)
    return total


def _missed(design: Floats, kernel: Floats) -> float:
    """sqrt(tr((I - P) K) / tr K), P the projection on the columns of `design`: RMS part of a draw
    that does not fit."""
    q, _ = np.linalg.qr(design)
    missed = np.trace(kernel) - np.sum(q * (kernel @ q))
    return float(np.sqrt(max(missed, 0.0) / np.trace(kernel)))


def _breaks(teacher: GaussianProcess, d: int, spans: int) -> Floats:
    even = np.linspace(0.0, 1.0, spans + 1)
    if spans == 1 or abs(teacher.hyper.warp[d]) < 0.3:
        return even
    a = teacher.hyper.warp[d]
    return np.asarray(np.r_[0.0, np.log1p(even[1:-1] * np.expm1(a)) / a, 1.0])
