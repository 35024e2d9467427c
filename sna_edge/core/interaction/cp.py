"""Sparse canonical polyadic interaction: each mode multiplies its own subset of the axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...values.reals import reals
from .stored import StoredRows, StoredTables

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CP:
    """f_k = sum_r W[r,k] prod_{d: r in modes[d]} tables-atom_{d,r}(x_d).

    tables[d] [n_d, R_d]; modes[d] [R_d] increasing mode indices that use axis d; weights W [R, K].
    Raises InputError where these do not fit or a mode uses no axis.

    >>> import numpy as np
    >>> from sna_edge import CP
    >>> tables = (np.eye(2), np.ones((3, 1)))  # mode 0 uses both axes, mode 1 the first alone
    >>> cp = CP(tables, (np.array([0, 1]), np.array([0])), np.ones((2, 1)))
    >>> cp.rank, cp.uses.tolist()
    (2, [[True, True], [True, False]])
    """

    tables: tuple[Floats, ...]
    modes: tuple[Ints, ...]
    weights: Floats

    kind = "cp"

    def __post_init__(self) -> None:
        if not isinstance(self.tables, StoredTables):
            tables = tuple(owned(reals(t, "table")) for t in self.tables)
            object.__setattr__(self, "tables", tables)
        object.__setattr__(
            self, "modes", tuple(frozen(np.array(m, dtype=np.int64)) for m in self.modes)
        )
        object.__setattr__(self, "weights", frozen(np.array(reals(self.weights, "weights"))))
        self._validate()

    def _validate(self) -> None:
        if self.weights.ndim != 2 or len(self.tables) != len(self.modes):
            raise InputError(
                "a CP interaction needs weights [R, K] and as many tables as mode lists"
            )
        for d, modes in enumerate(self.modes):
            shape = self.rows(d).shape
            if len(shape) != 2 or shape[1] != len(modes):
                raise InputError(
                    f"axis {d}: table {shape} does not have a column for each of {len(modes)} modes"
                )
            if np.any(np.diff(modes) <= 0) or (
                len(modes) and not 0 <= modes[0] <= modes[-1] < self.rank
            ):
                raise InputError(
                    f"axis {d}: mode indices must increase and lie in 0..{self.rank - 1}"
                )
        if not np.all(self.uses.any(axis=0)):
            raise InputError(
                "every mode must use at least one axis; move constants into the output's bias"
            )

    @classmethod
    def full(cls, tables: Sequence[Floats], weights: Floats | None = None) -> CP:
        """Every mode uses every axis. tables[d] [n_d, R]; weights [R, K], ones for one output when
        left out.

        >>> import numpy as np
        >>> from sna_edge import CP
        >>> CP.full([np.ones((4, 2)), np.ones((5, 2))]).parameters
        20
        """
        rank = np.shape(tables[0])[1]
        w = np.ones((rank, 1)) if weights is None else reals(weights, "weights")
        return cls(tuple(tables), tuple(np.arange(rank) for _ in tables), w)

    @property
    def n_axes(self) -> int:
        """D, the number of tables."""
        return len(self.tables)

    @property
    def rank(self) -> int:
        """R, the number of modes."""
        return int(self.weights.shape[0])

    @property
    def parameters(self) -> int:
        """Numbers stored: tables and weights."""
        sizes = (prod(self.rows(d).shape) for d in range(len(self.tables)))
        return sum(sizes) + self.weights.size

    def rows(self, d: int) -> Floats | StoredRows:
        """tables[d], of which only the rows that are taken are decoded where a file stores them."""
        return self.tables.rows(d) if isinstance(self.tables, StoredTables) else self.tables[d]

    @cached_property
    def uses(self) -> NDArray[np.bool_]:
        """uses[d, r]: mode r multiplies axis d."""
        uses = np.zeros((len(self.tables), self.rank), dtype=bool)
        for d, modes in enumerate(self.modes):
            uses[d, modes] = True
        return uses

    def expanded(self, d: int, fill: Floats) -> Floats:
        """Table of axis d with a column for every mode, [n_d, R]; modes that do not use d get
        column `fill` [n_d]."""
        table = np.repeat(np.asarray(fill, dtype=float)[:, None], self.rank, axis=1)
        table[:, self.modes[d]] = self.tables[d]
        return table

    def with_tables(self, tables: Sequence[Floats], weights: Floats | None = None) -> CP:
        """The same modes with other tables [n_d, R_d], and other weights [R, K] where given."""
        return CP(tuple(tables), self.modes, self.weights if weights is None else weights)

    def select(self, keep: NDArray[np.bool_]) -> CP:
        """The modes where `keep` [R] is true."""
        index = np.cumsum(keep) - 1
        tables = tuple(t[:, keep[m]] for t, m in zip(self.tables, self.modes, strict=True))
        modes = tuple(index[m[keep[m]]] for m in self.modes)
        return CP(tables, modes, self.weights[keep])

    def sorted(self) -> CP:
        """Modes in the order of the artifact: groups of equal axis sets by increasing bit mask,
        stable inside."""
        masks = self.masks
        order = np.argsort(np.array(masks, dtype=np.uint64), kind="stable")
        position = np.argsort(order)
        tables, modes = [], []
        for table, used in zip(self.tables, self.modes, strict=True):
            moved = position[used]
            by = np.argsort(moved)
            tables.append(table[:, by])
            modes.append(moved[by])
        return CP(tuple(tables), tuple(modes), self.weights[order])

    @property
    def masks(self) -> list[int]:
        """Bit d of masks[r] is set when mode r uses axis d."""
        return [sum(1 << int(d) for d in np.flatnonzero(column)) for column in self.uses.T]


def owned(array: NDArray[Any]) -> NDArray[Any]:
    """A read-only copy; the array itself where it is read-only and owns its numbers."""
    flags = array.flags
    return array if flags.owndata and not flags.writeable else frozen(np.array(array))


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The same array, read-only from now on."""
    array.setflags(write=False)
    return array
