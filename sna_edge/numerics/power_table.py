"""Span polynomials of several axes in one table, and the search for the spans of a point.

    phi_{d,r}(x_d) = sum_k u_d^k poly[base_d + s_d, k, r]

The table is padded to the largest degree and to all modes, so that one gather serves all axes: a
mode that does not use axis d has (1, 0, ..) there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.basis import SpanBasis

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def span_polynomials(basis: SpanBasis, table: Floats) -> Floats:
    """Power coefficients of every atom on every span, [S, p+1, R_d]; R_d may be 0."""
    if not table.shape[1]:
        return np.zeros((basis.n_spans, basis.degree + 1, 0))
    return basis.power_tables(table)


def padded_degree(polynomials: Floats, order: int) -> Floats:
    """Span polynomials [S, p+1, R] with zeros as the higher coefficients, [S, order, R]."""
    out = np.zeros((len(polynomials), order, polynomials.shape[2]))
    out[:, : polynomials.shape[1]] = polynomials
    return out


def first_rows(bases: Sequence[SpanBasis]) -> Ints:
    """Row of the first span of every axis [D] in the table of all."""
    return np.cumsum([0, *(b.n_spans for b in bases)])[:-1]


def stacked_polynomials(
    polynomials: Sequence[Floats], modes: Sequence[Ints], rank: int, out: Floats | None = None
) -> Floats:
    """The table [sum S, p+1, rank] of axes with `polynomials[d]` [S_d, p_d+1, R_d] of the modes
    `modes[d]` [R_d].

    p is the largest degree. `out`: zeros to be filled instead, of as many modes or more.
    """
    if out is None:
        order = max(part.shape[1] for part in polynomials)
        out = np.zeros((sum(map(len, polynomials)), order, rank))
    out[:, 0] = 1.0
    start = 0
    for part, used in zip(polynomials, modes, strict=True):
        rows = out[start : start + len(part)]
        rows[:, 0, used] = 0.0
        rows[:, : part.shape[1], used] = part
        start += len(part)
    return out


class SpanSearch:
    """Spans of points inside the domain, on all axes at once."""

    def __init__(self, axes: Sequence[Axis]) -> None:
        self._bases = [a.basis for a in axes]
        self._lower = np.array([a.lower for a in axes])
        self._upper = np.array([a.upper for a in axes])
        self._last = np.array([a.basis.n_spans - 1 for a in axes])
        self._rate = np.array([a.basis.inv_width[0] if a.basis.uniform else 0.0 for a in axes])
        self._uneven = [
            (d, a.basis.breaks.tolist(), a.basis.inv_width.tolist(), a.kind == "categorical")
            for d, a in enumerate(axes)
            if not a.basis.uniform
        ]

    def one(self, x: Floats) -> tuple[Ints, Floats, Floats] | None:
        """Span, u in [0, 1] and du/dx of every axis [D] for a point x [D]; None where it is
        outside."""
        if not ((x >= self._lower) & (x <= self._upper)).all():
            return None
        span, u = self._evenly(x)
        if not self._uneven:
            return span, u, self._rate
        rate = self._rate.copy()
        for d, breaks, inv_width, categorical in self._uneven:
            s = (
                round(x[d])
                if categorical
                else min(bisect_right(breaks, x[d]) - 1, len(inv_width) - 1)
            )
            span[d], rate[d] = s, inv_width[s]
            u[d] = 0.0 if categorical else min((x[d] - breaks[s]) * inv_width[s], 1.0)
        return span, u, rate

    def many(self, x: Floats) -> tuple[Ints, Floats, Floats]:
        """Span, u in [0, 1] and du/dx, all [N, D], of points x [N, D] inside the domain; du/dx is 0
        on levels."""
        span, u = self._evenly(x)
        if not self._uneven:
            return span, u, np.broadcast_to(self._rate, x.shape)
        rate = np.repeat(self._rate[None], len(x), axis=0)
        for d, _, _, categorical in self._uneven:
            basis = self._bases[d]
            span[:, d], u[:, d] = basis.locate(x[:, d])
            rate[:, d] = 0.0 if categorical else basis.inv_width[span[:, d]]
        return span, u, rate

    def _evenly(self, x: Floats) -> tuple[Ints, Floats]:
        """As on uniform axes; others are mended afterwards."""
        t = (x - self._lower) * self._rate
        span = np.minimum(t.astype(np.int64), self._last)
        return span, np.minimum(t - span, 1.0)
