"""B-spline bases, clamped and periodic, as span matrices."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InputError
from .span import Floats, SpanBasis, uniform_breaks


def bspline(
    breaks: ArrayLike, degree: int, repeated: Mapping[float, int] | None = None
) -> SpanBasis:
    """N_{i,q}(x) = (x-t_i)/(t_{i+q}-t_i) N_{i,q-1} + (t_{i+q+1}-x)/(t_{i+q+1}-t_{i+1}) N_{i+1,q-1},
    clamped.

    `breaks` [S+1] strictly increasing, degree p in 0..7; n_rows = S + p. `repeated` names inner
    breaks that count m = 2 .. p + 1 times as knots: there the functions have p - m continuous
    derivatives (m = p: a kink, m = p + 1: a jump), and m - 1 more rows. Raises InputError for
    others.
    Source: de Boor, A Practical Guide to Splines (1978), chapter IX.

    >>> from sna_edge.basis import bspline, uniform_breaks
    >>> basis = bspline(uniform_breaks(0, 1, 4), 3)
    >>> basis.n_rows, basis.design([0.0, 0.5]).round(3)[1].tolist()
    (7, [0.0, 0.0, 0.167, 0.667, 0.167, 0.0, 0.0])
    """
    breaks = np.asarray(breaks, dtype=float)
    times = _times(breaks, degree, repeated or {})
    inner = np.repeat(breaks, times.astype(np.intp))
    knots = np.r_[[breaks[0]] * degree, inner, [breaks[-1]] * degree]
    first = np.cumsum(times)[:-1] - 1
    return _from_knots(breaks, knots, degree, len(knots) - degree - 1, "spline", first)


def _times(breaks: Floats, degree: int, repeated: Mapping[float, int]) -> NDArray[np.int64]:
    """How often every break counts as a knot."""
    times = np.ones(len(breaks), dtype=np.int64)
    for place, count in repeated.items():
        inner = np.flatnonzero(breaks[1:-1] == place) + 1
        if not len(inner) or not 1 <= count <= degree + 1:
            raise InputError(
                f"break {place:g} cannot count {count} times; repeat an inner break at most"
                f" {degree + 1} times"
            )
        times[inner] = count
    return times


def periodic_bspline(breaks: ArrayLike, degree: int) -> SpanBasis:
    """The B-splines on knots continued with the period of the axis; n_rows = S + p, rows S.. repeat
    rows 0..

    `breaks` [S+1] with S >= degree; `basis.tie` maps rows to the S free coefficients.
    """
    breaks = np.asarray(breaks, dtype=float)
    spans, period = len(breaks) - 1, breaks[-1] - breaks[0]
    index = np.arange(-degree, spans + degree + 1)
    knots = breaks[index % spans] + period * (index // spans)
    knots[degree : degree + spans + 1] = breaks
    return _from_knots(breaks, knots, degree, spans + degree, "periodic", np.arange(spans))


def _from_knots(
    breaks: Floats,
    knots: Floats,
    degree: int,
    n_rows: int,
    kind: str,
    first: NDArray[np.int64],
) -> SpanBasis:
    spans = len(breaks) - 1
    uniform = np.array_equal(breaks, uniform_breaks(breaks[0], breaks[-1], spans))
    pool: dict[bytes, int] = {}
    matrices: list[Floats] = []
    ids = np.empty(spans, dtype=np.int64)
    for s in range(spans):
        near = knots[first[s] : first[s] + 2 * degree + 2]
        local = (near - breaks[s]) / (breaks[s + 1] - breaks[s])
        if uniform:
            local = np.rint(local)
        key = (np.round(local, 13) + 0.0).tobytes()
        if key not in pool:
            pool[key] = len(matrices)
            matrices.append(_span_matrix(local, degree))
        ids[s] = pool[key]
    return SpanBasis(breaks, degree, first, ids, np.stack(matrices), n_rows, kind)


def _span_matrix(t: Floats, degree: int) -> Floats:
    """Coefficients [p+1, p+1] of the B-splines alive on [0, 1] with local knots t [2p+2] (t[p] = 0,
    t[p+1] = 1)."""
    alive = [np.zeros(degree + 1) for _ in range(degree + 1)]
    alive[0][0] = 1.0
    for q in range(1, degree + 1):
        raised = [np.zeros(degree + 1) for _ in range(degree + 1)]
        for j in range(q):
            # B-spline of degree q-1 whose support starts at knot i
            i = degree - (q - 1) + j
            inv = 1.0 / (t[i + q] - t[i])
            shifted = np.r_[0.0, alive[j][:-1]]
            raised[j + 1] += (shifted - t[i] * alive[j]) * inv
            raised[j] += (t[i + q] * alive[j] - shifted) * inv
        alive = raised
    return np.stack(alive)
