"""Sobol indices of outputs behind a link: exact along each axis, sampled over the others, with
their error.

    V_d(z) = Var_x[y(x, z)],  g_d(x) = E_z[y(x, z)]     x along axis d, z the other inputs
    total_d = E_z[V_d] / Var(y),  first_d = Var_x[g_d] / Var(y),  Var(y) = E_z[V_d] + Var_z[E_x[y]]

Inner moments are quadrature at the nodes of the axis (systematic draws of them where there are
many), z is a Latin hypercube. Repeated REPEATS times: the spread of the repeats is the error.
Sources: Saltelli et al., Comput. Phys. Commun. 181 (2010); McKay, Beckman and Conover,
Technometrics 21 (1979).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.record import ModelRecord
from .axis_profile import along, atoms, sides
from .distribution import Distribution

Floats = NDArray[np.float64]
Rule = tuple[Floats, Floats]

REPEATS = 8
STUDENT = 2.4  # of seven degrees of freedom at 95 %
NODES = 64  # of an axis, at most
GAUSS = 20  # nodes on a span: a link of a polynomial is none
FIRST, MOST = 256, 16384  # rows of z in a repeat
WORK = 2e9  # multiplications after which it ends with the error it has
GOOD = 0.01
UNSETTLED = 0.25


def indices(model: ModelRecord, rules: Sequence[Rule]) -> tuple[Floats, Floats, Floats, Floats]:
    """first, total [D, K], variance [K] and the error [D, K] of both indices (95 %), below GOOD
    where the work allows."""
    tables = [atoms(model, d, x) for d, (x, _) in enumerate(rules)]
    rng = np.random.default_rng(0)
    count, spent = FIRST, 0.0
    while True:
        with np.errstate(over="ignore", invalid="ignore"):
            parts = [_repeat(model, rules, tables, count, rng) for _ in range(REPEATS)]
        first, total, variance = (np.stack(column) for column in zip(*parts, strict=True))
        error = (
            STUDENT
            * np.maximum(first.std(axis=0, ddof=1), total.std(axis=0, ddof=1))
            / np.sqrt(REPEATS)
        )
        error = np.maximum(error, _unsettled(variance))
        spent += (
            REPEATS
            * count
            * NODES
            * len(model.axes)
            * max(1, model.interaction.rank)
            * len(model.outputs)
        )
        if not np.nanmax(error) > GOOD or 2 * count > MOST or 3 * spent > WORK:
            return first.mean(axis=0), total.mean(axis=0), variance.mean(axis=0), error
        count *= 2


def _unsettled(variance: Floats) -> Floats:
    """[K] how far the repeats [.., K] disagree on the variance where that is much: few rows then
    carry it, and others may be missed."""
    with np.errstate(all="ignore"):
        shares = variance / variance.max(axis=0)
        apart = np.nan_to_num(
            shares.std(axis=0, ddof=1) / shares.mean(axis=0),
            nan=0.0 if variance.max() == 0 else 1.0,
        )
    return np.where(apart > UNSETTLED, apart, 0.0)


def rule(axis: Axis, distribution: Distribution) -> Rule:
    """Nodes and weights of an axis, fine enough for functions that are not polynomials."""
    x, w = axis.basis.nodes(GAUSS, distribution.marks(axis))
    w = w * distribution.density(axis, x)
    return x, w / w.sum()


def _repeat(
    model: ModelRecord,
    rules: Sequence[Rule],
    tables: Sequence[Floats],
    count: int,
    rng: np.random.Generator,
) -> tuple[Floats, ...]:
    """first, total [D, K] and variance [K] from one sample of `count` rows."""
    drawn = [a[_hypercube(w, count, rng)] for a, (_, w) in zip(tables, rules, strict=True)]
    left, right = sides(model, drawn)
    parts = []
    for d, (_, w) in enumerate(rules):
        rows, weight = _nodes(w, rng)
        parts.append(
            [
                _moments(along(model, tables[d][rows], left[d], right[d], k), weight)
                for k in range(len(model.outputs))
            ]
        )
    table = np.array(parts)  # [D, K, 3]: first and total before division, variance
    with np.errstate(invalid="ignore", divide="ignore"):
        return (
            table[..., 0] / table[..., 2],
            table[..., 1] / table[..., 2],
            table[..., 2].mean(axis=0),
        )


def _hypercube(w: Floats, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """A node for each of `count` rows: one draw from every part of equal probability, in random
    order."""
    u = (rng.permutation(count) + rng.random(count)) / count
    return np.minimum(np.searchsorted(np.cumsum(w), u), len(w) - 1)


def _nodes(w: Floats, rng: np.random.Generator) -> tuple[NDArray[np.int64], Floats]:
    """All nodes with their weights; of many, a systematic draw of equal weights."""
    if len(w) <= NODES:
        return np.arange(len(w)), w
    u = (np.arange(NODES) + rng.random(NODES)) / NODES
    return np.minimum(np.searchsorted(np.cumsum(w), u), len(w) - 1), np.full(NODES, 1.0 / NODES)


def _moments(y: Floats, w: Floats) -> tuple[float, float, float]:
    """Var_x[E_z y], E_z[Var_x y], Var[y] of y [n, N]; the first from two halves of z, so that their
    noise has no square in it."""
    if not np.isfinite(y).all():
        return np.nan, np.nan, np.nan
    y = y - y.mean()
    mean = w @ y
    inner = float((w @ (y - mean) ** 2).mean())
    half = y.shape[1] // 2
    a, b = (w * (part - w @ part) for part in (y[:, :half].mean(axis=1), y[:, half:].mean(axis=1)))
    first = float(np.sum(np.divide(a * b, w, out=np.zeros_like(w), where=w > 0)))
    return first, inner, inner + float(mean.var())
