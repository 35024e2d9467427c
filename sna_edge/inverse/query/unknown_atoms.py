"""Atoms of the unknown axes and products of them, at many settings at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.interaction import CP
from ...model import Model
from ...numerics.power_table import SpanSearch, first_rows, stacked_polynomials
from .contraction import power_table

Floats = NDArray[np.float64]


class UnknownAtoms:
    """prod_u phi_{u,r}(x_u) [M, R] and its derivatives, all unknown axes gathered from one table of
    span polynomials."""

    def __init__(self, model: Model, unknowns: list[int]) -> None:
        cp = model.interaction
        assert isinstance(cp, CP)
        axes = [model.axes[d] for d in unknowns]
        self._poly = stacked_polynomials(
            [power_table(model, d) for d in unknowns], [cp.modes[d] for d in unknowns], cp.rank
        )
        self._base = first_rows([a.basis for a in axes])
        self._search = SpanSearch(axes)
        degree = self._poly.shape[1] - 1
        k = np.arange(degree + 1.0)
        self._falling = np.stack(
            [np.ones(degree + 1), k, k * (k - 1.0)]
        )  # factors of the derivatives of u^k

    def atoms(self, x: Floats, order: int) -> Floats:
        """phi_{u,r} and its first `order` derivatives, [M, U, 1 + order, R]."""
        span, u, rate = self._search.many(x)
        row = span + self._base
        count = self._poly.shape[1]
        power = np.zeros((*x.shape, 1 + order, count))
        power[:, :, 0] = powers(u, count)
        scale = np.ones(x.shape)
        for nu in range(1, min(order, count - 1) + 1):
            scale = scale * rate
            power[:, :, nu, nu:] = (
                power[:, :, 0, : count - nu] * self._falling[nu, nu:] * scale[:, :, None]
            )
        return np.asarray(np.matmul(power, self._poly[row]))

    def products(self, x: Floats) -> Floats:
        """[M, R]."""
        return np.asarray(np.multiply.reduce(self.atoms(x, 0)[:, :, 0], axis=1))

    def products_and_slopes(self, x: Floats) -> Floats:
        """[M, 1 + U, R]: the product, then its slope along every unknown."""
        return with_slopes(self.atoms(x, 1))


def with_slopes(atom: Floats) -> Floats:
    """The product over unknowns and its slopes [M, 1 + U, R] from atoms [M, U, 2.., R], by prefix
    and suffix products."""
    count, unknowns = len(atom), atom.shape[1]
    out = np.empty((count, 1 + unknowns, atom.shape[3]))
    before: Floats = np.ones((count, atom.shape[3]))
    for i in range(unknowns):
        np.multiply(before, atom[:, i, 1], out=out[:, 1 + i])
        before = before * atom[:, i, 0]
    out[:, 0] = before
    after = atom[:, -1, 0]
    for i in reversed(range(unknowns - 1)):
        out[:, 1 + i] *= after
        after = after * atom[:, i, 0]
    return out


def second_slopes(atom: Floats, pull: Floats) -> Floats:
    """sum_r pull[m, r] d2/du dv prod phi, [M, U, U], from atoms [M, U, 3, R] and pull [M, R]."""
    unknowns = atom.shape[1]
    out = np.empty((len(atom), unknowns, unknowns))
    for u in range(unknowns):
        for v in range(u, unknowns):
            term = pull * (atom[:, u, 2] if u == v else atom[:, u, 1] * atom[:, v, 1])
            for w in range(unknowns):
                if w not in (u, v):
                    term = term * atom[:, w, 0]
            out[:, u, v] = out[:, v, u] = term.sum(axis=1)
    return out


def powers(u: Floats, count: int) -> Floats:
    """(1, u, u^2, ..) [.., count]."""
    out = np.empty((*u.shape, count))
    out[..., 0] = 1.0
    for k in range(1, count):
        out[..., k] = out[..., k - 1] * u
    return out
