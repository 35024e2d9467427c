"""From the named inputs to span and local coordinate of every axis, in float32 and without branches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.layout import outward32
from sna_edge.axis import Axis
from sna_edge.errors import InputError

from .ir import Graph, Tensor

Floats = NDArray[np.float64]
LARGEST = 1 << 28
"""Elements that one intermediate may hold: 1 GB of float32."""
NEGLIGIBLE = 2e-8
"""Rounding of a bound, as a share of the axis, below which it is not corrected (float32 resolves 6e-8)."""


@dataclass(frozen=True, eq=False)
class Place:
    """Of every axis: span counted over all axes int32 [N, D], v float32 [N, D], 1 / width [N, D] or [D], guard [N, 1].

    v = u - 1/2 in [-1/2, 1/2] is the local coordinate from the middle of the span: its powers are small, so
    that high degrees keep their digits. `guard` is 0 inside the domain and NaN outside, for NaN and for an unseen level.
    """

    span: Tensor
    v: Tensor
    rate: Tensor
    guard: Tensor


def place(g: Graph, axes: tuple[Axis, ...]) -> Place:
    """Span s = floor((x - lower) / span width), or the number of breaks below x on graded axes; v = (x - middle_s) / span width."""
    x = g.stack([g.input(a.name) for a in axes])
    bounds = np.array([outward32(a.lower, a.upper) for a in axes])
    inside = g.binary("maximum", g.binary("minimum", x, bounds[:, 1]), bounds[:, 0])
    excess = g.sub(x, inside)
    counts = np.array([a.basis.n_spans for a in axes])
    start = np.r_[0, np.cumsum(counts)[:-1]]
    t = _uniform_position(g, inside, axes)
    graded = [len(_rate(a)) > 1 for a in axes]
    if any(graded):
        t = g.add(t, _count_breaks(g, inside, axes, graded))
    # Clamped as integers: whatever NaN is cast to stays a valid index. Clamped over all axes, not within each: converters take
    # min(max(s, 0), 6) of integers for an activation and fail on it.
    s = g.add(g.cast(t, "int32"), start)
    span = g.binary("maximum", g.binary("minimum", s, start + counts - 1), start)
    v, rate = _local(g, inside, span, axes)
    return Place(span, v, rate, _guard(g, excess, v, axes))


def _rate(axis: Axis) -> Floats:
    """1 / span width: [1] on uniform and categorical axes, else [S]."""
    return np.ones(1) if axis.kind == "categorical" else axis.basis.inv_width


def _uniform_position(g: Graph, x: Tensor, axes: tuple[Axis, ...]) -> Tensor:
    """t [N, D] = spans from the lower bound on uniform axes, x + 1/2 on categorical ones, 0 on graded ones."""
    rate = [_rate(a)[0] if len(_rate(a)) == 1 else 0.0 for a in axes]
    return g.mul(g.sub(x, [a.basis.breaks[0] for a in axes]), rate)


def split32(value: Floats) -> tuple[Floats, Floats]:
    """value = high + low, both exact in float32 to 48 bits."""
    high = value.astype(np.float32).astype(float)
    return high, value - high


def _count_breaks(g: Graph, x: Tensor, axes: tuple[Axis, ...], graded: list[bool]) -> Tensor:
    """sum_j [x >= breaks_j], j = 1 .. S-1, [N, D]; 0 on axes that are not graded."""
    most = max(a.basis.n_spans for a, yes in zip(axes, graded, strict=True) if yes) - 1
    if (g.batch or 1) * len(axes) * most > LARGEST:
        raise InputError(f"a batch of {g.batch} is too large for an axis of {most + 1} graded spans; ask for a smaller --batch")
    inner = np.full((len(axes), max(most, 1)), np.finfo(np.float32).max)
    for row, axis, yes in zip(inner, axes, graded, strict=True):
        if yes:
            row[: axis.basis.n_spans - 1] = axis.basis.breaks[1:-1]
    above = g.at_least(g.reshape(x, (None, len(axes), 1)), inner)
    return g.sum(above, 2)


def _local(g: Graph, x: Tensor, span: Tensor, axes: tuple[Axis, ...]) -> tuple[Tensor, Tensor]:
    """v = (x - middle) / width [N, D] and 1 / width; the middle of the span is looked up in two float32 parts.

    Close numbers subtract exactly, so v keeps 24 bits however many spans lie below x; t - s would lose log2(S) of them.
    """
    high, low = split32(np.concatenate([(a.basis.breaks[:-1] + a.basis.breaks[1:]) / 2 for a in axes]))
    rate = np.concatenate([np.broadcast_to(_rate(a), a.basis.n_spans) for a in axes])
    v = g.sub(x, g.gather(g.constant(high), span))
    if np.any(np.abs(low) * rate > NEGLIGIBLE):
        v = g.sub(v, g.gather(g.constant(low), span))
    uniform = all(_rate(a).size == 1 for a in axes)
    rates = g.constant([_rate(a)[0] for a in axes]) if uniform else g.gather(g.constant(rate), span)
    return g.mul(v, rates), rates


def _guard(g: Graph, excess: Tensor, v: Tensor, axes: tuple[Axis, ...]) -> Tensor:
    """sqrt(-sum_d excess_d^2): -0 inside, NaN as soon as one axis is outside, [N, 1]. On levels v is 0."""
    categorical = np.array([a.kind == "categorical" for a in axes], dtype=float)
    if categorical.any():
        excess = g.add(excess, g.mul(v, categorical))
    squares = g.mul(g.mul(excess, -1.0), excess)
    return g.unary("sqrt", g.sum(squares, 1, keep=True))
