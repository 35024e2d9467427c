"""A model restricted to a plane (x, s), its other inputs contracted to a short vector per sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge import CP, TT, Model

from .axes import ProblemError
from .trains import rounded

Floats = NDArray[np.float64]
ROUNDING = 1e-7  # relative: ranks that the restriction made redundant


class Plane:
    """f = offset + scale sum_ab A_a(x) S_ab(s) c_b(parameters); c [N, r] is the context of a sample.

    Made from a model with axes (along, across, parameters..): tensor trains in that order, or any CP model.
    """

    def __init__(self, model: Model, along: str, across: str) -> None:
        if model.input_names[:2] != [along, across]:
            raise ProblemError(f"the plane needs its axes {along}, {across} first; the model has {', '.join(model.input_names)}")
        model = model.linear()
        self.along, self.across, *self.parameters = model.axes
        self.bias = model.outputs[0].bias
        part = model.interaction
        self._chain = _cores(part, [a.basis.n_rows for a in model.axes])
        self._x = self._chain[0][0]
        self._s = np.ascontiguousarray(self._chain[1].transpose(1, 0, 2))

    def context(self, points: Floats) -> Floats:
        """c [N, r] of parameter rows [N, P]."""
        state = np.ones((len(points), 1))
        for d in range(len(self.parameters) - 1, -1, -1):
            core = self._chain[2 + d]
            a, n, b = core.shape
            atoms = self.parameters[d].basis.design(points[:, d]) @ core.transpose(1, 0, 2).reshape(n, a * b)
            state = np.matmul(atoms.reshape(-1, a, b), state[:, :, None])[:, :, 0]
        return state

    def _across(self, s: Floats, context: Floats, nu: int) -> Floats:
        n, a, b = self._s.shape
        atoms = self.across.basis.design(s, nu) @ self._s.reshape(n, a * b)
        return np.asarray(np.matmul(atoms.reshape(-1, a, b), context[:, :, None])[:, :, 0])

    def jet(self, x: Floats, s: Floats, context: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """f, f_x, f_xx, f_s, f_xs at points [N]."""
        a0, a1, a2 = (self.along.basis.design(x, nu) @ self._x for nu in (0, 1, 2))
        s0, s1 = self._across(s, context, 0), self._across(s, context, 1)
        pairs = ((a0, s0), (a1, s0), (a2, s0), (a0, s1), (a1, s1))
        f, fx, fxx, fs, fxs = (np.einsum("na,na->n", p, q) for p, q in pairs)
        return f + self.bias, fx, fxx, fs, fxs

    def edge(self, x: Floats, s: float, context: Floats) -> tuple[Floats, Floats]:
        """f and f_x at points [N] on the line s."""
        row = self._row(s, context)
        f, fx = (np.einsum("na,na->n", self.along.basis.design(x, nu) @ self._x, row) for nu in (0, 1))
        return f + self.bias, fx

    def _row(self, s: float, context: Floats) -> Floats:
        mixed = np.tensordot(self.across.basis.design(s)[0], self._s, 1)
        return np.asarray(context @ mixed.T)

    def line(self, x: Floats, s: float, context: Floats) -> Floats:
        """f [N, len(x)] on the line s."""
        return np.asarray(self._row(s, context) @ (self.along.basis.design(x) @ self._x).T) + self.bias

    def grid(self, x: Floats, s: Floats, context: Floats) -> Floats:
        """f [N, len(x), len(s)]."""
        across = np.tensordot(self.across.basis.design(s), self._s, 1)
        mixed = np.einsum("jab,nb->naj", across, context, optimize=True)
        return np.asarray(np.matmul(self.along.basis.design(x) @ self._x, mixed)) + self.bias


def _cores(part: CP | TT, sizes: list[int]) -> list[Floats]:
    """The interaction as a chain of cores [a, n, b], weights folded into the last."""
    if isinstance(part, TT):
        chain = [c.transpose(1, 0, 2) for c in part.cores]
        chain[-1] = chain[-1] @ part.weights[:, :1]
        return rounded(chain, ROUNDING)
    chain = []
    for d, n in enumerate(sizes):
        table = part.expanded(d, np.ones(n))
        chain.append(np.einsum("ir,rt->rit", table, np.eye(part.rank)))
    chain[0] = chain[0].sum(axis=0, keepdims=True)
    chain[-1] = chain[-1] @ part.weights[:, :1]
    return rounded(chain, ROUNDING)
