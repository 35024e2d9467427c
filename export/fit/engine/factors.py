"""The separable function that the engine fits, and its partial products on a block of rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis, levels
from sna_edge.core.interaction import CP

from ..data.free_coefficients import free_design, free_rows

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SeparableFunction:
    """f(x) = sum_r prod_{d: uses[d,r]} phi_{d,r}(x_d),  phi_{d,r}(x) = B_d(x) C_d[:, r].

    The outputs are the last axis (one level per output), so weights and biases are factors like any
    other: a mode that uses this axis alone is the bias. Shapes: bases [D+1]; uses [D+1, R];
    tables[d] [m_d, R_d] with m_d free coefficients and R_d = uses[d].sum().
    """

    bases: tuple[SpanBasis, ...]
    uses: Bools
    tables: tuple[Floats, ...]

    @property
    def rank(self) -> int:
        """R, number of modes, the bias among them."""
        return int(self.uses.shape[1])

    @property
    def parameters(self) -> int:
        """Number of coefficients of all tables."""
        return sum(t.size for t in self.tables)

    @property
    def n_outputs(self) -> int:
        """K, number of outputs."""
        return self.bases[-1].n_rows

    @property
    def orders(self) -> NDArray[np.int64]:
        """Number of input axes of each mode, [R]; 0 for the bias."""
        return np.asarray(self.uses[:-1].sum(axis=0))

    def with_tables(self, tables: list[Floats] | tuple[Floats, ...]) -> SeparableFunction:
        """The same structure with these tables."""
        return replace(self, tables=tuple(tables))

    def atoms(self, designs: list[Floats]) -> list[Floats]:
        """phi_d on the rows of `designs` (one [N, m_d] per axis), ones where a mode skips the axis:
        [N, R] each."""
        return [self.atom(d, design) for d, design in enumerate(designs)]

    def atom(self, d: int, design: Floats) -> Floats:
        """phi_d on the rows of a design [N, m_d], ones where a mode skips the axis: [N, R]."""
        used = self.uses[d]
        if used.all():
            return design @ self.tables[d]
        phi = np.ones((len(design), self.rank))
        phi[:, used] = design @ self.tables[d]
        return phi

    def predict(self, x: Floats, chunk: int = 65536) -> Floats:
        """f on rows x [N, D], shape [N, K]."""
        out = np.empty((len(x), self.n_outputs))
        weights = np.ones((self.n_outputs, self.rank))
        weights[:, self.uses[-1]] = self.tables[-1]
        for start in range(0, len(x), chunk):
            part = x[start : start + chunk]
            product = np.ones((len(part), self.rank))
            for d, (basis, used) in enumerate(zip(self.bases[:-1], self.uses[:-1], strict=True)):
                if used.any():
                    product[:, used] *= free_design(basis, part[:, d]) @ self.tables[d]
            out[start : start + chunk] = product @ weights.T
        return out

    def to_cp(self) -> tuple[CP, Floats]:
        """The same function as a CP interaction (bias modes left out) and its biases [K]."""
        weights = np.ones((self.n_outputs, self.rank))
        weights[:, self.uses[-1]] = self.tables[-1]
        keep = self.orders > 0
        bias = weights[:, ~keep].sum(axis=1)
        tables = tuple(t[b.tie] for t, b in zip(self.tables[:-1], self.bases[:-1], strict=True))
        modes = tuple(np.flatnonzero(u[keep]) for u in self.uses[:-1])
        return CP(tables, modes, weights[:, keep].T), bias

    @classmethod
    def from_cp(cls, cp: CP, bases: tuple[SpanBasis, ...], bias: Floats) -> SeparableFunction:
        """The inverse of `to_cp`: one mode more (the bias), the weights as the factor of the output
        axis."""
        n_outputs = cp.weights.shape[1]
        uses = np.zeros((len(bases) + 1, cp.rank + 1), dtype=bool)
        uses[:-1, :-1] = cp.uses
        uses[-1] = True
        tables = [free_rows(b, t) for b, t in zip(bases, cp.tables, strict=True)]
        weights = np.c_[cp.weights.T, np.reshape(bias, (n_outputs, 1))]
        return cls((*bases, levels(n_outputs)), uses, (*tables, weights))


def partial_products(atoms: list[Floats]) -> tuple[list[Floats], Floats]:
    """h_d = product of all atoms but the d-th, and the product of all (the modes); linear in the
    number of axes."""
    ahead = [np.ones_like(atoms[0])]
    for phi in atoms[:-1]:
        ahead.append(ahead[-1] * phi)
    behind = np.ones_like(atoms[0])
    others = list(ahead)
    for d in range(len(atoms) - 1, -1, -1):
        others[d] = ahead[d] * behind
        behind = behind * atoms[d]
    return others, behind
