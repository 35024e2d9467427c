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
PAIRED, PAIR_ROWS = 16, 1024  # nodes of an axis, and rows of z, for pairs
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


def pairs(model: ModelRecord, rules: Sequence[Rule]) -> Floats:
    """S_de [D, D] of output 0: g_de(x_d, x_e) = E_z[y] at PAIRED nodes of either axis, its variance
    from two halves of z."""
    thin = [_thinned(x, w) for x, w in rules]
    tables = [atoms(model, d, x) for d, (x, _) in enumerate(thin)]
    weights = [w for _, w in thin]
    rng = np.random.default_rng(0)
    drawn = [a[_hypercube(w, PAIR_ROWS, rng)] for a, w in zip(tables, weights, strict=True)]
    size, found = len(thin), np.zeros((len(thin), len(thin)))
    left, right = sides(model, drawn)
    with np.errstate(over="ignore", invalid="ignore"):
        whole = np.mean(
            [
                _moments(along(model, tables[d], left[d], right[d], 0), weights[d])[2]
                for d in range(size)
            ]
        )
        for e in range(1, size):
            for d, g in enumerate(_halves(model, tables, drawn, e)):
                found[d, e] = found[e, d] = _joint(g, weights[d], weights[e])
    return found / (whole if whole > 0 else np.nan)


def _halves(
    model: ModelRecord, tables: Sequence[Floats], drawn: Sequence[Floats], e: int
) -> list[Floats]:
    """Per axis d < e: means of y over both halves of z, [2, nodes of d, nodes of e]."""
    found = [np.empty((2, len(tables[d]), len(tables[e]))) for d in range(e)]
    for j, node in enumerate(tables[e]):
        moved = [*drawn]
        moved[e] = np.broadcast_to(node, drawn[e].shape)
        left, right = sides(model, moved)
        for d in range(e):
            y = along(model, tables[d], left[d], right[d], 0)
            half = y.shape[1] // 2
            found[d][:, :, j] = y[:, :half].mean(axis=1), y[:, half:].mean(axis=1)
    return found


def _joint(g: Floats, w: Floats, v: Floats) -> float:
    """Sum over both axes of the product of the halves' interaction parts: each half without its
    mean, and without its means along either axis."""
    both = np.outer(w, v)
    rest = [m - (m @ v)[:, None] - (w @ m)[None] + w @ m @ v for m in g]
    return float((both * rest[0] * rest[1]).sum())


def _thinned(x: Floats, w: Floats) -> Rule:
    """The middles of PAIRED parts of equal probability of a rule that has more nodes."""
    if len(w) <= PAIRED:
        return x, w
    u = (np.arange(PAIRED) + 0.5) / PAIRED
    kept = np.minimum(np.searchsorted(np.cumsum(w), u), len(w) - 1)
    return x[kept], np.full(PAIRED, 1.0 / PAIRED)


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
