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
Linear = Callable[[Floats], Floats]
CHUNK = 512
"""Points per block: its [2, N, R] stay in the second-level cache."""


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
        self._parts = [
            (d, a.basis, span_polynomials(a.basis, t))
            for d, (a, t) in enumerate(zip(axes, cp.tables, strict=True))
        ]

    def __call__(self, x: Floats) -> Floats:
        places = [(*basis.locate(x[:, d]), powers) for d, basis, powers in self._parts]
        f = np.empty((len(x), len(self._bias)))
        for start in range(0, len(x), CHUNK):
            part = slice(start, start + CHUNK)
            product: Floats | None = None
            for span, u, powers in places:
                here = powers.take(span[part], axis=0)
                atoms = here[:, 0]
                if powers.shape[1] > 1:
                    slope = here[:, 1]
                    slope *= u[part, None]
                    slope += atoms
                    atoms = slope
                product = atoms if product is None else np.multiply(product, atoms, out=product)
            assert product is not None
            np.matmul(product, self._weights, out=f[part])
        return np.asarray(f + self._bias)
