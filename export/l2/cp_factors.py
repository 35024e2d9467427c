"""CP models as plain factor lists (bias as a mode of its own) and their exact inner products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.interaction import CP
from sna_edge.model import Model

from .axis_space import AxisSpace

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CPFactors:
    """f_k = sum_r weights[r,k] prod_d phi_{d,r}; the last mode is the constant 1, its weights the
    biases.

    Shapes: tables[d] [m_d, R+1] over free rows, with the constant where a mode does not use d; uses
    [D, R+1]; weights [R+1, K].
    """

    tables: tuple[Floats, ...]
    uses: NDArray[np.bool_]
    weights: Floats

    @classmethod
    def of(cls, model: Model, spaces: Sequence[AxisSpace]) -> CPFactors:
        """The linear part of a CP model."""
        assert isinstance(model.interaction, CP)
        bias = np.array([o.bias for o in model.outputs])
        return cls.of_cp(model.interaction, bias, spaces)

    @classmethod
    def of_cp(cls, cp: CP, bias: Floats, spaces: Sequence[AxisSpace]) -> CPFactors:
        """A sum of products and its biases [K]."""
        tables = []
        for d, space in enumerate(spaces):
            table = np.repeat(space.ones[:, None], cp.rank + 1, axis=1)
            if len(cp.modes[d]):
                table[:, cp.modes[d]] = space.free(cp.tables[d])
            tables.append(table)
        uses = np.c_[cp.uses, np.zeros(len(spaces), dtype=bool)]
        return cls(tuple(tables), uses, np.vstack([cp.weights, bias]))

    def to_cp(self, spaces: Sequence[AxisSpace]) -> tuple[CP, Floats]:
        """The inverse of `of_cp`."""
        keep = self.rank - 1
        modes = tuple(np.flatnonzero(u[:keep]) for u in self.uses)
        tables = tuple(
            s.stored(t[:, m]) for s, t, m in zip(spaces, self.tables, modes, strict=True)
        )
        return CP(tables, modes, self.weights[:keep]), self.weights[keep]

    @property
    def rank(self) -> int:
        """R + 1, the constant included."""
        return int(self.weights.shape[0])

    def with_table(self, d: int, table: Floats) -> CPFactors:
        """The same with another table of axis d."""
        return replace(self, tables=(*self.tables[:d], table, *self.tables[d + 1 :]))

    def with_weights(self, weights: Floats) -> CPFactors:
        """The same with other weights."""
        return replace(self, weights=weights)


def products(
    a: CPFactors, b: CPFactors, spaces: Sequence[AxisSpace], skip: int | None = None
) -> Floats:
    """prod_{d != skip} <phi^a_{d,r}, phi^b_{d,s}>, shape [R_a, R_b]."""
    out = np.ones((a.rank, b.rank))
    for d, space in enumerate(spaces):
        if d != skip:
            out *= a.tables[d].T @ space.gram @ b.tables[d]
    return out


def difference(a: CPFactors, b: CPFactors) -> CPFactors:
    """a - b, the modes side by side."""
    tables = tuple(np.hstack(pair) for pair in zip(a.tables, b.tables, strict=True))
    return CPFactors(tables, np.hstack([a.uses, b.uses]), np.vstack([a.weights, -b.weights]))


def squared_norm(f: CPFactors, spaces: Sequence[AxisSpace]) -> Floats:
    """||f_k||^2 [K] by Gram products: quick; a difference of near-equal functions cancels below
    1e-16 kappa^2."""
    return np.maximum(np.einsum("rk,rs,sk->k", f.weights, products(f, f, spaces), f.weights), 0.0)
