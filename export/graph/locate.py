"""From the named inputs to span and local coordinate of every axis, in float32 and without
branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis
from sna_edge.core.float32 import input_offsets
from sna_edge.errors import InputError

from .ir import Graph, Tensor

Floats = NDArray[np.float64]
LARGEST = 1 << 28
"""Elements that one intermediate may hold: 1 GB of float32."""
NEGLIGIBLE = 2e-8
"""Rounding of a middle, as a share of the span, below which it is not corrected (float32 resolves
6e-8)."""
DIGITS = 23
"""Binary digits of float32 behind the first."""


@dataclass(frozen=True, eq=False)
class Location:
    """Of every axis: x inside the domain and without its offset, the span within it s as int32 and
    as float32, v, all [D, N]; 1 / width [D, N] or [D, 1]; guard [N].

    v = u - 1/2 in [-1/2, 1/2] is the local coordinate from the middle of the span: its powers are
    small, so that high degrees keep their digits. `guard` is 0 inside the domain and NaN outside,
    for NaN and for an unseen level.
    """

    x: Tensor
    span: Tensor
    span_float: Tensor
    v: Tensor
    rate: Tensor
    guard: Tensor


def locate(g: Graph, axes: tuple[Axis, ...], *, doubles: bool = False) -> Location:
    """Span s = floor((x - lower) / span width), or the number of breaks below x on graded axes; v =
    (x - middle_s) / span width.

    Axes come before rows: constants of an axis then meet runs of N numbers, and axes come apart
    without copying rows. Inputs that float32 does not carry are float64 and lose their lower end
    here (`doubles`), or come without it.
    """
    offsets = input_offsets(axes)
    x = g.stack([_given(g, a, o, doubles) for a, o in zip(axes, offsets, strict=True)], 0)
    return located(g, x, axes, offsets)


def located(g: Graph, x: Tensor, axes: tuple[Axis, ...], offsets: Sequence[float]) -> Location:
    """`locate` of numbers x [D, N] that come without their offsets."""
    bounds = np.array([_limits(a, o) for a, o in zip(axes, offsets, strict=True)])
    axes = tuple(_shifted(a, o) for a, o in zip(axes, offsets, strict=True))
    inside = g.binary("maximum", g.binary("minimum", x, bounds[:, 1:]), bounds[:, :1])
    excess = g.sub(x, inside)
    t = _uniform_position(g, inside, axes)
    graded = [len(_rate(a)) > 1 for a in axes]
    if any(graded):
        t = g.add(t, _count_breaks(g, inside, axes, graded))
    counts = _column([a.basis.n_spans for a in axes])
    span = g.index(t, counts)
    s = g.cast(span, "float32")
    v, rate = _graded(g, inside, s, axes) if any(graded) else _uniform(g, inside, s, axes)
    return Location(inside, span, s, g.clip(v, 0.5), rate, _guard(g, excess, v, axes))


def _given(g: Graph, axis: Axis, offset: float, doubles: bool) -> Tensor:
    """The named input as float32, without its offset."""
    if not (offset and doubles):
        return g.input(axis.name)
    return g.cast(g.sub(g.input(axis.name, "float64"), offset), "float32")


def _shifted(axis: Axis, offset: float) -> Axis:
    return (
        replace(axis, basis=replace(axis.basis, breaks=axis.basis.breaks - offset))
        if offset
        else axis
    )


def _limits(axis: Axis, offset: float) -> tuple[np.float32, np.float32]:
    """Smallest and largest float32 that counts as inside: rounding at an end does (border.py), and
    v is cut off there."""
    bottom, top = axis.lower - offset - axis.slack, axis.upper - offset + axis.slack
    low, high = np.float32(bottom), np.float32(top)
    low = np.nextafter(low, np.float32(np.inf)) if float(low) < bottom else low
    high = np.nextafter(high, np.float32(-np.inf)) if float(high) > top else high
    return low, high


def over_all(g: Graph, s: Tensor, axes: tuple[Axis, ...]) -> Tensor:
    """Spans s counted over all axes int32 [D, N], to look up what every span has of its own."""
    start = np.cumsum([0, *(a.basis.n_spans for a in axes)])[:-1]
    return g.cast(g.add(s, _column(start)), "int32")


def _column(values: object) -> Floats:
    return np.asarray(values, dtype=float)[:, None]


def _rate(axis: Axis) -> Floats:
    """1 / span width: [1] on uniform and categorical axes, else [S]."""
    return np.ones(1) if axis.kind == "categorical" else axis.basis.inv_width


def _uniform_position(g: Graph, x: Tensor, axes: tuple[Axis, ...]) -> Tensor:
    """t [D, N] = spans from the lower bound on uniform axes, x + 1/2 on categorical ones, 0 on
    graded ones."""
    rate = [_rate(a)[0] if len(_rate(a)) == 1 else 0.0 for a in axes]
    return g.mul(g.sub(x, _column([a.basis.breaks[0] for a in axes])), _column(rate))


def _count_breaks(g: Graph, x: Tensor, axes: tuple[Axis, ...], graded: list[bool]) -> Tensor:
    """sum_j [x >= breaks_j], j = 1 .. S-1, [D, N]; 0 on axes that are not graded."""
    most = max(a.basis.n_spans for a, yes in zip(axes, graded, strict=True) if yes) - 1
    if (g.batch or 1) * len(axes) * most > LARGEST:
        raise InputError(
            f"a batch of {g.batch} is too large for an axis of {most + 1} graded spans; ask for a"
            " smaller --batch"
        )
    inner = np.full((len(axes), max(most, 1)), np.finfo(np.float32).max)
    for row, axis, yes in zip(inner, axes, graded, strict=True):
        if yes:
            row[: axis.basis.n_spans - 1] = axis.basis.breaks[1:-1]
    above = g.at_least(g.reshape(x, (len(axes), 1, None)), inner[:, :, None])
    return g.sum(above, 1)


def split32(value: Floats) -> tuple[Floats, Floats]:
    """value = high + low, both exact in float32 to 48 bits."""
    high = value.astype(np.float32).astype(float)
    return high, value - high


def _uniform(g: Graph, x: Tensor, s: Tensor, axes: tuple[Axis, ...]) -> tuple[Tensor, Tensor]:
    """v = (x - (first middle + s width)) / width [D, N] and 1 / width [D, 1]; the middle is
    computed in two parts.

    The high parts of first middle and width are multiples of a power of two so coarse that float32
    computes their sum exactly, and close numbers subtract exactly: v keeps 24 bits however many
    spans lie below x; t - s would lose log2(S) of them.
    """
    count = _column([a.basis.n_spans for a in axes])
    lower, upper = (_column([a.basis.breaks[i] for a in axes]) for i in (0, -1))
    width = (upper - lower) / count
    coarse = 2.0 ** (np.floor(np.log2(np.maximum(np.abs(lower), np.abs(upper)))) - DIGITS + 1)
    first = lower + width / 2
    high, high_width = np.rint(first / coarse) * coarse, np.rint(width / coarse) * coarse
    rate = _column([_rate(a)[0] for a in axes])
    v = g.sub(x, g.add(g.mul(s, high_width), high))
    low, low_width = first - high, width - high_width
    if np.any((np.abs(low) + count * np.abs(low_width)) * rate > NEGLIGIBLE):
        v = g.sub(v, g.add(g.mul(s, low_width), low))
    rates = g.constant(rate)
    return g.mul(v, rates), rates


def _graded(g: Graph, x: Tensor, s: Tensor, axes: tuple[Axis, ...]) -> tuple[Tensor, Tensor]:
    """v = (x - middle) / width and 1 / width, both [D, N]; the middle of the span is looked up in
    two float32 parts."""
    span = over_all(g, s, axes)
    high, low = split32(
        np.concatenate([(a.basis.breaks[:-1] + a.basis.breaks[1:]) / 2 for a in axes])
    )
    rate = np.concatenate([np.broadcast_to(_rate(a), a.basis.n_spans) for a in axes])
    v = g.sub(x, g.gather(g.constant(high), span))
    if np.any(np.abs(low) * rate > NEGLIGIBLE):
        v = g.sub(v, g.gather(g.constant(low), span))
    rates = g.gather(g.constant(rate), span)
    return g.mul(v, rates), rates


def _guard(g: Graph, excess: Tensor, v: Tensor, axes: tuple[Axis, ...]) -> Tensor:
    """sqrt(-sum_d |excess_d|): -0 inside, NaN as soon as one axis is outside, [N]. On levels v is
    0."""
    categorical = _column([a.kind == "categorical" for a in axes])
    if categorical.any():
        excess = g.add(excess, g.mul(v, categorical))
    below = g.binary("minimum", g.mul(excess, -1.0), excess)
    return g.unary("sqrt", g.sum(below, 0))
