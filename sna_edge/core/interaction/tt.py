"""Tensor-train interaction: a chain of small matrices, one per axis."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...values.reals import reals
from .stored import StoredRows, StoredTables

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TT:
    """f = Phi_1(x_1) Phi_2(x_2) ... Phi_D(x_D) W,  Phi_d(x) = sum_i B_i(x) cores[d][i].

    cores[d] [n_d, r_{d-1}, r_d] with r_0 = 1; weights W [r_D, K].
    Source: Oseledets, Tensor-train decomposition, SIAM J. Sci. Comput. 33 (2011), eq. 1.3. Raises
    InputError where neighbouring ranks differ.

    >>> import numpy as np
    >>> from sna_edge import TT
    >>> train = TT((np.ones((4, 1, 2)), np.ones((5, 2, 3))), np.ones((3, 1)))
    >>> train.ranks, train.parameters
    ((1, 2, 3), 41)
    """

    cores: tuple[Floats, ...]
    weights: Floats

    kind = "tt"

    def __post_init__(self) -> None:
        if isinstance(self.cores, StoredTables):
            return  # of a checked file
        cores = []
        left = 1
        for d, value in enumerate(self.cores):
            core = np.array(reals(value, f"core {d}"))
            if core.ndim != 3 or core.shape[1] != left:
                raise InputError(
                    f"core {d} has shape {core.shape}; it needs [rows, {left}, right rank]"
                )
            core.setflags(write=False)
            cores.append(core)
            left = core.shape[2]
        weights = np.array(reals(self.weights, "weights"))
        if weights.ndim != 2 or weights.shape[0] != left:
            raise InputError(f"weights have shape {weights.shape}; they need [{left}, K]")
        weights.setflags(write=False)
        object.__setattr__(self, "cores", tuple(cores))
        object.__setattr__(self, "weights", weights)

    @property
    def n_axes(self) -> int:
        """D, the number of cores."""
        return len(self.cores)

    @property
    def ranks(self) -> tuple[int, ...]:
        """(r_0, .., r_D)."""
        rights = [1]
        for d in range(len(self.cores)):
            rights.append(self.rows(d).shape[1] // rights[-1])
        return tuple(rights)

    @property
    def rank(self) -> int:
        """r_D, the number of rows of W."""
        return int(self.weights.shape[0])

    @property
    def parameters(self) -> int:
        """Numbers stored: cores and weights."""
        sizes = (prod(self.rows(d).shape) for d in range(len(self.cores)))
        return sum(sizes) + self.weights.size

    def rows(self, d: int) -> Floats | StoredRows:
        """tables[d], of which only the rows that are taken are decoded where a file stores them."""
        if isinstance(self.cores, StoredTables):
            return self.cores.rows(d)
        return self.cores[d].reshape(len(self.cores[d]), -1)

    @property
    def tables(self) -> tuple[Floats, ...]:
        """The cores with both ranks flattened, [n_d, r_{d-1} r_d]: the layout of the artifact."""
        return tuple(c.reshape(len(c), -1) for c in self.cores)

    def with_tables(self, tables: tuple[Floats, ...], weights: Floats | None = None) -> TT:
        """A train of the same ranks with other tables [n_d, r_{d-1} r_d], and other weights
        [r_D, K] where given."""
        cores = tuple(np.reshape(t, c.shape) for t, c in zip(tables, self.cores, strict=True))
        return TT(cores, self.weights if weights is None else weights)
