"""Batches of two kinds of models that stand beside others, at points inside: sums of one function
per axis, and products of hat functions. A few array calls an axis instead of a dense design."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.interaction import CP, TT
from .power_table import span_polynomials

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Linear = Callable[[Floats], Floats]
CHUNK = 1024
"""Points per block: its three [N, R] stay in the second-level cache."""


def light(axes: tuple[Axis, ...], interaction: CP | TT, bias: Floats) -> Linear | None:
    """f [N, K] of x [N, D] inside the domain, for a model of one of the two kinds."""
    if not isinstance(interaction, CP) or not interaction.rank:
        return None
    if (interaction.uses.sum(axis=1) == 1).all():
        return Additive(axes, interaction, bias)
    if interaction.uses.all() and all(a.basis.degree <= 1 for a in axes):
        return Hats(axes, interaction, bias)
    return None


class Additive:
    """f_k = bias_k + sum_d g_dk(x_d): the functions of an axis are summed once, per span."""

    def __init__(self, axes: tuple[Axis, ...], cp: CP, bias: Floats) -> None:
        self._bias = bias
        self._parts = [
            (d, a.basis, span_polynomials(a.basis, t @ cp.weights[m]).transpose(1, 2, 0).copy())
            for d, (a, t, m) in enumerate(zip(axes, cp.tables, cp.modes, strict=True))
            if len(m)
        ]

    def __call__(self, x: Floats) -> Floats:
        f = np.repeat(self._bias[:, None], len(x), axis=1)
        for d, basis, powers in self._parts:
            span, u = basis.locate(x[:, d])
            value = powers[-1].take(span, axis=1)
            for lower in powers[-2::-1]:
                value *= u
                value += lower.take(span, axis=1)
            f += value
        return np.asarray(f.T)


class Hats:
    """f_k = bias_k + sum_r W_rk prod_d (a_dr + u_d b_dr), a and b of the span of x_d."""

    def __init__(self, axes: tuple[Axis, ...], cp: CP, bias: Floats) -> None:
        self._weights, self._bias = cp.weights, bias
        self._bases = [a.basis for a in axes]
        self._powers = [
            np.ascontiguousarray(span_polynomials(a.basis, t).swapaxes(0, 1))
            for a, t in zip(axes, cp.tables, strict=True)
        ]
        columns = [
            (a.lower, b.inv_width[0] if b.uniform else 0.0, b.n_spans - 1)
            for a, b in zip(axes, self._bases, strict=True)
        ]
        self._lower, self._rate, self._last = np.array(columns).T[:, :, None]

    def __call__(self, x: Floats) -> Floats:
        places = self._places(x)
        f = np.empty((len(x), len(self._bias)))
        for start in range(0, len(x), CHUNK):
            product = self._product(places, slice(start, min(start + CHUNK, len(x))))
            np.matmul(product, self._weights, out=f[start : start + CHUNK])
        return np.asarray(f + self._bias)

    def _places(self, x: Floats) -> list[tuple[Ints, Floats, Floats]]:
        """Span [N], u [N] and powers of every axis."""
        u = np.subtract(x.T, self._lower, order="C")
        u *= self._rate
        span = np.minimum(u, self._last).astype(np.int64)
        u -= span
        np.minimum(u, 1.0, out=u)
        return [
            (span[d], u[d], p) if b.uniform else (*b.locate(x[:, d]), p)
            for d, (b, p) in enumerate(zip(self._bases, self._powers, strict=True))
        ]

    def _product(self, places: list[tuple[Ints, Floats, Floats]], part: slice) -> Floats:
        """[rows of the part, R]; spans are known to lie inside, "clip" saves numpy its check."""
        atoms, level, product = np.empty((3, part.stop - part.start, len(self._weights)))
        for i, (span, u, powers) in enumerate(places):
            into = atoms if i else product
            if len(powers) == 1:
                powers[0].take(span[part], axis=0, out=into, mode="clip")
            else:
                powers[1].take(span[part], axis=0, out=into, mode="clip")
                powers[0].take(span[part], axis=0, out=level, mode="clip")
                into *= u[part, None]
                into += level
            if i:
                product *= atoms
        return np.asarray(product)
