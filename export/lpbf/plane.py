"""A model restricted to a plane (x, s), its other inputs contracted to a short vector per
sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge import CP, Model
from sna_edge.core.basis import SpanBasis
from sna_edge.core.basis.span import derivative_matrices

from ..solve.trains.cores import rounded
from ..solve.weak_form.errors import ProblemError

Floats = NDArray[np.float64]
PLANE_ROUNDING = 1e-6  # relative: ranks of a train that the restriction made redundant


class Plane:
    """f = bias + sum_a A_a(x) (S(s) c)_a, c [N, r] the context of a sample's parameters.

    Made from a model with axes (along, across, parameters..). Sum of products: S is diagonal;
    train: a matrix [a, r].
    """

    def __init__(self, model: Model, along: str, across: str) -> None:
        if model.input_names[:2] != [along, across]:
            raise ProblemError(
                f"the plane needs its axes {along}, {across} first; the model has"
                f" {', '.join(model.input_names)}"
            )
        model = model.linear()
        self.along, self.across, *self.parameters = model.axes
        self.bias = model.outputs[0].bias
        part = model.interaction
        self.diagonal = isinstance(part, CP)
        if isinstance(part, CP):
            tables = [part.expanded(d, np.ones(a.basis.n_rows)) for d, a in enumerate(model.axes)]
            self._x, self._s, self._rest = tables[0] * part.weights[:, 0], tables[1], tables[2:]
        else:
            chain = [c.transpose(1, 0, 2) for c in part.cores]
            chain[-1] = chain[-1] @ part.weights[:, :1]
            chain = [c.transpose(1, 0, 2) for c in rounded(chain, PLANE_ROUNDING)]
            self._x, self._s, self._rest = chain[0][:, 0], chain[1], chain[2:]

    def context(self, points: Floats) -> Floats:
        """c [N, r] of parameter rows [N, P]."""
        state = np.ones((len(points), self._x.shape[1] if self.diagonal else 1))
        for d in range(len(self.parameters) - 1, -1, -1):
            state = self._applied(
                self.parameters[d].basis.design(points[:, d]), self._rest[d], state
            )
        return state

    def _applied(self, design: Floats, table: Floats, state: Floats) -> Floats:
        """The axis at N points times the state [N, r]: elementwise for products, a small matrix
        each for a train."""
        if self.diagonal:
            return np.asarray((design @ table) * state)
        n, a, b = table.shape
        atoms = (design @ table.reshape(n, a * b)).reshape(-1, a, b)
        return np.asarray(np.matmul(atoms, state[:, :, None])[:, :, 0])

    def jet(
        self, x: Floats, s: Floats, context: Floats
    ) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """f, f_x, f_xx, f_s, f_xs at points [N]."""
        a0, a1, a2 = designs(self.along.basis, x, 3) @ self._x
        s0, s1 = (
            self._applied(design, self._s, context) for design in designs(self.across.basis, s, 2)
        )
        pairs = ((a0, s0), (a1, s0), (a2, s0), (a0, s1), (a1, s1))
        f, fx, fxx, fs, fxs = (np.einsum("na,na->n", p, q) for p, q in pairs)
        return f + self.bias, fx, fxx, fs, fxs

    def value(self, x: Floats, s: Floats, context: Floats) -> Floats:
        """f at points [N]."""
        row = self._applied(self.across.basis.design(s), self._s, context)
        return (
            np.asarray(np.einsum("na,na->n", self.along.basis.design(x) @ self._x, row)) + self.bias
        )

    def edge(self, x: Floats, row: Floats) -> tuple[Floats, Floats]:
        """f and f_x at points [N] on a line, `row` from `row_at`."""
        f, fx = (np.einsum("na,na->n", a, row) for a in designs(self.along.basis, x, 2) @ self._x)
        return f + self.bias, fx

    def row_at(self, s: float, context: Floats) -> Floats:
        """S(s) c [N, a]: what a line across = s needs of each sample."""
        mixed = np.tensordot(self.across.basis.design(s)[0], self._s, 1)
        return np.asarray(mixed * context if self.diagonal else context @ mixed.T)

    def line(self, x: Floats, row: Floats) -> Floats:
        """f [N, len(x)] on a line, `row` from `row_at`."""
        return np.asarray(row @ (self.along.basis.design(x) @ self._x).T) + self.bias

    def grid(self, x: Floats, s: Floats, context: Floats) -> Floats:
        """f [N, len(x), len(s)]."""
        across = np.tensordot(self.across.basis.design(s), self._s, 1)
        mixed = np.einsum(
            "ja,na->naj" if self.diagonal else "jab,nb->naj", across, context, optimize=True
        )
        return np.asarray(np.matmul(self.along.basis.design(x) @ self._x, mixed)) + self.bias


def designs(basis: SpanBasis, x: Floats, count: int) -> Floats:
    """Dense designs of the derivatives 0 .. count-1 at points inside the domain, [count, N,
    n_rows], in one pass."""
    span, u = basis.locate(x)
    p1 = basis.degree + 1
    matrices = np.zeros((len(basis.matrices), count * p1, p1))
    for nu in range(min(count, p1)):
        matrices[:, nu * p1 : (nu + 1) * p1, : p1 - nu] = derivative_matrices(basis.matrices, nu)
    powers = np.ones((len(x), p1, 1))
    for k in range(1, p1):
        powers[:, k, 0] = powers[:, k - 1, 0] * u
    local = np.matmul(matrices[basis.matrix_id[span]], powers).reshape(len(x), count, p1)
    rate = 1.0 / np.diff(basis.breaks)[span]
    for nu in range(1, count):
        local[:, nu:] *= rate[:, None, None]
    dense = np.zeros((count, len(x), basis.n_rows))
    flat = dense.reshape(-1)
    start = np.arange(count * len(x)) * basis.n_rows + np.tile(basis.first_row[span], count)
    values = local.transpose(1, 0, 2).reshape(-1, p1)
    for i in range(p1):
        flat[start + i] = values[:, i]
    return dense
