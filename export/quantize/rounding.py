"""Rounding a table to a grid in the metric of the function it stands for, not entry by entry.

Loss: trace(H E' G E) of the error E [m, R], G [m, m] the Gram matrix of the rows, H [R, R] that of
what the columns are multiplied with. Columns are rounded one after another, each correcting for the
errors of those before it, and rows inside a column likewise (the nearest-plane method); then single
steps of one unit are taken while they help. Source: Babai, Combinatorica 6 (1986); column order:
Woelbl et al., Electronics Letters 37 (2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .grid import Grid

Floats = NDArray[np.float64]
ENDS = 0.2
"""Share of each axis's weight on its two ends: few rows of a clamped spline reach there, and the
largest errors sat there."""
SETTLED = 0.995
"""A sweep that leaves more than this part of the loss is the last."""
SCALE_FACTORS = np.linspace(1.0, 1.4, 256)
"""Scales tried per column, relative to the one that just fills the grid: some round much better by
luck."""
UNIT_STEPS = 400
"""Single-unit steps at most per table."""
UNIT_STEP_CELLS = 4e7
"""Cells looked at by these steps in all, at most."""
SORTED_FROM = 512
"""Columns above which their order is found by sorting instead of step by step (R^3 in numpy
calls)."""


@dataclass(frozen=True)
class Rounded:
    """values [m, R] on the grid, scales [R]: values * scales approximates the target; loss =
    trace(H E' G E)."""

    values: Floats
    scales: Floats
    loss: float


def plain(target: Floats, grid: Grid) -> tuple[Floats, Floats]:
    """Entry by entry with the scale that fills the grid: values [m, R], scales [R]."""
    scales = grid.scales(target)
    return grid.round(target / scales), scales


def round_table(
    target: Floats, factor: Floats, metric: Floats, grid: Grid, *, free_scales: bool = True
) -> Rounded:
    """Round `target` [m, R]; factor' factor = G (upper), metric = H. Without free scales every
    scale is 1."""
    base = grid.scales(target) if free_scales else np.ones(target.shape[1])
    factors = SCALE_FACTORS if free_scales else np.ones(1)
    order, lower = least_pivot_cholesky(metric * np.outer(base, base))
    lower = lower / base[order][:, None]
    values, scales, error = np.zeros_like(target), base.copy(), np.zeros_like(target)
    reach = bandwidth(factor)
    for position in range(len(order) - 1, -1, -1):
        j, later = order[position], order[position + 1 :]
        shift = error[:, later] @ (lower[position + 1 :, position] / lower[position, position])
        wanted = target[:, j] - shift
        found, missed = _nearest_plane(wanted, factor, grid, base[j] * factors, reach)
        best = int(np.argmin(np.square(missed @ factor.T).sum(axis=1)))
        values[:, j], scales[j] = found[best], base[j] * factors[best]
        error[:, j] = values[:, j] * scales[j] - target[:, j]
    gram = factor.T @ factor
    if grid.unit:
        _descend(values, error, scales, gram, metric, grid)
    return Rounded(values, scales, float(np.einsum("ij,ij->", gram @ error, error @ metric)))


def least_pivot_cholesky(metric: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Order [R] and lower factor L with metric[order][:, order] = L L'; the least remaining pivot
    comes first.

    The product of the pivots is fixed, so starting small keeps them even, and with them the
    rounding errors.
    """
    size = len(metric)
    floor = 1e-12 * max(float(np.diag(metric).max(initial=0.0)), np.finfo(float).tiny)
    rest = metric + floor * np.eye(size)
    if size > SORTED_FROM:
        return _sorted_cholesky(rest)
    order, lower = np.arange(size), np.zeros((size, size))
    for k in range(size):
        pick = k + int(np.argmin(np.diag(rest)[k:]))
        if pick != k:
            order[[k, pick]] = order[[pick, k]]
            lower[[k, pick]] = lower[[pick, k]]
            rest[[k, pick]] = rest[[pick, k]]
            rest[:, [k, pick]] = rest[:, [pick, k]]
        pivot = np.sqrt(max(rest[k, k], floor))
        lower[k:, k] = rest[k:, k] / pivot
        lower[k, k] = pivot
        rest[k + 1 :, k + 1 :] -= np.outer(lower[k + 1 :, k], lower[k + 1 :, k])
    return order, lower


def _sorted_cholesky(metric: Floats) -> tuple[NDArray[np.int64], Floats]:
    """The same with the columns in order of their diagonal, which is cheaper to find."""
    order = np.argsort(np.diag(metric), kind="stable")
    ordered = metric[np.ix_(order, order)]
    jitter = np.finfo(float).eps * float(np.trace(ordered))
    for _ in range(20):
        try:
            return order, np.asarray(np.linalg.cholesky(ordered + jitter * np.eye(len(order))))
        except np.linalg.LinAlgError:
            jitter *= 10.0
    return order, np.diag(np.sqrt(np.maximum(np.diag(ordered), np.finfo(float).tiny)))


def bandwidth(factor: Floats) -> int:
    """Largest distance of a nonzero entry from the diagonal."""
    rows, columns = np.nonzero(factor)
    return int(np.abs(rows - columns).max(initial=0))


def _nearest_plane(
    wanted: Floats, factor: Floats, grid: Grid, scales: Floats, reach: int
) -> tuple[Floats, Floats]:
    """Values and their errors [T, m] for every trial scale [T]: rows from the last to the first."""
    size = len(wanted)
    values, missed = np.empty((len(scales), size)), np.zeros((len(scales), size))
    ratio = factor / np.diag(factor)[:, None]
    for i in range(size - 1, -1, -1):
        stop = min(i + 1 + reach, size)
        rest = missed[:, i + 1 : stop] @ ratio[i, i + 1 : stop]
        values[:, i] = grid.round((wanted[i] - rest) / scales)
        missed[:, i] = values[:, i] * scales - wanted[i]
    return values, missed


def _descend(
    values: Floats, error: Floats, scales: Floats, gram: Floats, metric: Floats, grid: Grid
) -> None:
    """Steps of one unit of the entry that lowers the loss most, in place, until none does."""
    unit = grid.unit * scales
    slope = gram @ error @ metric
    curve = np.square(unit) * np.outer(np.diag(gram), np.diag(metric))
    for _ in range(min(UNIT_STEPS, int(UNIT_STEP_CELLS / max(values.size, 1)))):
        gain = curve - 2.0 * np.abs(slope * unit)
        step = -np.sign(slope * unit)
        gain[(values + step * grid.unit > grid.highest) | (values + step * grid.unit < -1.0)] = 0.0
        i, j = np.unravel_index(int(np.argmin(gain)), gain.shape)
        if gain[i, j] >= -1e-9 * curve[i, j]:
            return
        values[i, j] += step[i, j] * grid.unit
        error[i, j] += step[i, j] * unit[j]
        slope += step[i, j] * unit[j] * np.outer(gram[:, i], metric[j])
