"""The algebraic system sum_k (x)_d M_{k,d} u = sum_s (x)_d f_{s,d}, one sparse banded matrix per
term and axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..trains.cores import Cores, mirrored
from ..weak_form.errors import ProblemError
from .banded import BandedFamily
from .fields.operators import Operator, mirrored_operator
from .sparse_family import SparseFamily, family_of

Floats = NDArray[np.float64]
Matrix = Any  # sparse.csr_array: scipy has no types


@dataclass(frozen=True, eq=False)
class AxisMatrices:
    """The distinct matrices [n_d, n_d] of one axis, the background first; term k has
    matrices[index[k]]."""

    matrices: list[Matrix]
    index: tuple[int, ...]

    @classmethod
    def of(cls, d: int, background: Matrix, terms: Sequence[dict[int, Matrix]]) -> AxisMatrices:
        """Those of axis d; a term that does not name it has the background."""
        matrices, place = [background], {id(background): 0}
        for term in terms:
            matrix = term.get(d, background)
            if id(matrix) not in place:
                place[id(matrix)] = len(matrices)
                matrices.append(matrix)
        return cls(matrices, tuple(place[id(t.get(d, background))] for t in terms))

    @cached_property
    def family(self) -> BandedFamily | SparseFamily:
        """Cut into chunks for block elimination; what no band holds is factorised as it is."""
        return family_of(self.matrices)


@dataclass(frozen=True, eq=False)
class TensorSystem:
    """A u = b, A = sum_k (x)_d M_{k,d}, b = sum_s (x)_d f_{s,d}; an axis that a term does not name
    has the background matrix (mass).

    maps[d] E [n_rows, n_d]: rows = E @ coefficients, scaled so that coefficients have about the L2
    norm; background[d] [n_d, n_d]; terms[k] = {axis: matrix}; loads[d] [n_d, S]; matrices[d] is
    shared by systems of one operator. `operators`: terms that are trains of matrices, and
    `train_load` a load that is a train of vectors [a, n_d, b]; `field_error` is the relative error
    of the functions of the unknown in them. Operators `moving` act on u - `before` alone,
    coefficients [a, n_d, b].
    """

    maps: tuple[Matrix, ...]
    background: tuple[Matrix, ...]
    terms: tuple[dict[int, Matrix], ...]
    loads: tuple[Floats, ...]
    matrices: tuple[AxisMatrices, ...]
    operators: tuple[Operator, ...] = ()
    train_load: Cores | None = None
    field_error: float = 0.0
    moving: tuple[int, ...] = ()
    before: Cores | None = None

    @property
    def moved(self) -> list[Operator]:
        """The operators whose image of `before` is a load."""
        return [] if self.before is None else [self.operators[k] for k in self.moving]

    @classmethod
    def of(
        cls,
        maps: tuple[Matrix, ...],
        background: tuple[Matrix, ...],
        terms: tuple[dict[int, Matrix], ...],
        loads: tuple[Floats, ...],
    ) -> TensorSystem:
        """The system of these terms and loads."""
        matrices = tuple(AxisMatrices.of(d, m, terms) for d, m in enumerate(background))
        return cls(maps, background, terms, loads, matrices)

    @property
    def dimension(self) -> int:
        """D, the number of axes."""
        return len(self.background)

    @property
    def sizes(self) -> tuple[int, ...]:
        """n_d, the free coefficients of each axis."""
        return tuple(m.shape[0] for m in self.background)

    def matrix(self, k: int, d: int) -> Matrix:
        """M_{k,d} [n_d, n_d]."""
        return self.terms[k].get(d, self.background[d])

    @cached_property
    def families(self) -> list[BandedFamily | SparseFamily]:
        """The distinct matrices of each axis, the background first."""
        return [m.family for m in self.matrices]

    def index(self, k: int, d: int) -> int:
        """Place of term k's matrix in families[d]."""
        return self.matrices[d].index[k]

    @cached_property
    def extents(self) -> list[tuple[int, int, int]]:
        """(k, first axis, last axis) of every term; every term names at least one axis."""
        return [(k, min(t), max(t)) for k, t in enumerate(self.terms)]

    @cached_property
    def mirrored(self) -> TensorSystem:
        """The same system with the axes in reverse order."""
        last = self.dimension - 1
        return TensorSystem(
            self.maps[::-1],
            self.background[::-1],
            tuple({last - d: m for d, m in t.items()} for t in self.terms),
            self.loads[::-1],
            self.matrices[::-1],
            tuple(mirrored_operator(o) for o in self.operators),
            None if self.train_load is None else mirrored(self.train_load),
            self.field_error,
            self.moving,
            None if self.before is None else mirrored(self.before),
        )

    def with_loads(self, loads: Sequence[Floats]) -> TensorSystem:
        """The same operator with other loads [n_d, S]; what was prepared for the operator is
        kept."""
        return replace(self, loads=tuple(loads))

    def rows(self, tables: Sequence[Floats]) -> list[Floats]:
        """Table rows of the basis from free coefficients: E_d @ table_d."""
        return [
            np.asarray(e @ t.reshape(t.shape[0], -1)).reshape(-1, *t.shape[1:])
            for e, t in zip(self.maps, tables, strict=True)
        ]

    @property
    def identity(self) -> TensorSystem:
        """The mass operator alone: solving with it is the L2 projection (used to compress)."""
        terms = ({0: self.background[0]},)
        return TensorSystem.of(self.maps, self.background, terms, self.loads)


def normal_equations(system: TensorSystem) -> TensorSystem:
    """A^T A u = A^T b: the minimal-residual variant, again a sum of products (K (K+1) / 2 pairs, S
    K loads)."""
    if system.operators or system.train_load is not None:
        raise ProblemError(
            "form 'residual' does not take terms with functions of the unknown; use form 'galerkin'"
        )
    count, axes = len(system.terms), range(system.dimension)
    background = tuple(sparse.csr_array(m.T @ m) for m in system.background)
    terms = []
    for k in range(count):
        for m in range(count):
            named = set(system.terms[k]) | set(system.terms[m])
            terms.append(
                {i: sparse.csr_array(system.matrix(k, i).T @ system.matrix(m, i)) for i in named}
            )
    loads = tuple(
        np.hstack([system.matrix(k, i).T @ system.loads[i] for k in range(count)]) for i in axes
    )
    return TensorSystem.of(system.maps, background, tuple(terms), loads)
