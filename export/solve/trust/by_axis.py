"""How well each axis of a solved model is resolved, from the model alone.

    missed_d = min_q ||u - q|| / ||u||,   q of the splines of axis d on spans twice as wide

Where the solution is smooth, its own spans miss about 2^-(p + 1) of that. The other axes are
sampled. Source of the idea (a saturation estimate from a coarser space): Bank & Weiser, Math.
Comp. 44 (1985).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline

from sna_edge import Model
from sna_edge.calculus.axis_profile import along, atoms, sides
from sna_edge.core.axis import Axis

Floats = NDArray[np.float64]
ROWS, NODES = 512, 6  # settings of the other axes; nodes on a span


@dataclass(frozen=True)
class Resolved:
    """One axis: its spans and degree, what half of its spans would miss (relative), what its own
    are expected to miss, and between which two places half of them would miss most."""

    name: str
    spans: int
    degree: int
    missed: float
    expected: float
    worst: tuple[float, float]


def by_axis(model: Model) -> tuple[Resolved, ...]:
    """Every axis with two spans or more and no levels; of the worst output."""
    rng = np.random.default_rng(0)
    drawn = [atoms(model, d, _drawn(a, rng)) for d, a in enumerate(model.axes)]
    left, right = sides(model, drawn)
    found = []
    for d, axis in enumerate(model.axes):
        if axis.kind == "categorical" or axis.basis.n_spans < 2:
            continue
        x, w = axis.basis.nodes(max(NODES, axis.basis.degree + 1))
        nodes = atoms(model, d, x)
        rest, pair = _missed(axis, x, w, nodes.reshape(len(x), -1))
        on = _Nodes(w / w.sum(), nodes, rest.reshape(nodes.shape), pair)
        found.append(_resolved(model, axis, on, left[d], right[d]))
    return tuple(found)


def _drawn(axis: Axis, rng: np.random.Generator) -> Floats:
    """ROWS places of an axis, one in every part of equal width, in random order."""
    if axis.kind == "categorical":
        return rng.integers(0, axis.basis.n_spans, ROWS).astype(float)
    u = (rng.permutation(ROWS) + rng.random(ROWS)) / ROWS
    return np.asarray(axis.lower + axis.width * u)


def _missed(axis: Axis, x: Floats, w: Floats, values: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """What splines of the same degree and smoothness on every two spans together miss of the
    columns of `values` [n, C], and the pair of spans that each node is in."""
    breaks, p, spans = axis.basis.breaks, axis.basis.degree, axis.basis.n_spans
    coarse = np.r_[breaks[:-1:2], breaks[-1]]
    often = round((axis.basis.n_rows - 1 - p) / (spans - 1))  # p for C0, 1 for B-splines
    knots = np.r_[
        np.full(p + 1, coarse[0]),
        np.repeat(coarse[1:-1], min(max(often, 1), p + 1)),
        np.full(p + 1, coarse[-1]),
    ]
    design = BSpline.design_matrix(x, knots, p).toarray()
    root = np.sqrt(w)[:, None]
    fitted = np.linalg.lstsq(design * root, values * root, rcond=None)[0]
    span = np.clip(np.searchsorted(breaks, x, side="right") - 1, 0, spans - 1)
    return values - design @ fitted, span // 2


class _Nodes(NamedTuple):
    """Of one axis: the share [n] of each node, its atoms there, what half of the spans miss of
    them, and the pair of spans that it is in."""

    share: Floats
    atoms: Floats
    missed: Floats
    pair: NDArray[np.int64]


def _resolved(model: Model, axis: Axis, on: _Nodes, left: Floats, right: Floats) -> Resolved:
    """Norms of the model and of what is missed, over the nodes and the sampled rows."""
    share, nodes, rest, pair = on
    best, where = 0.0, np.zeros(pair.max() + 1)
    for k in range(len(model.outputs)):
        zero = along(model, 0 * nodes, left, right, k)
        whole = along(model, nodes, left, right, k)
        gone = along(model, rest, left, right, k) - zero
        size = float(np.sqrt(share @ (whole**2).mean(axis=1)))
        per_node = share * (gone**2).mean(axis=1)
        missed = float(np.sqrt(per_node.sum())) / max(size, 1e-300)
        if missed >= best:
            best, where = missed, np.bincount(pair, per_node, minlength=pair.max() + 1)
    p, breaks, spans = int(np.argmax(where)), axis.basis.breaks, axis.basis.n_spans
    ends = float(breaks[2 * p]), float(breaks[min(2 * p + 2, spans)])
    degree = axis.basis.degree
    return Resolved(axis.name, spans, degree, best, best / 2.0 ** (degree + 1), ends)
