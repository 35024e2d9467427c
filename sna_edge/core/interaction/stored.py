"""Tables as a file stores them: decoded to float64 row by row, or as a whole when that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class StoredRows:
    """T [n, columns] = unit raw[:, kept]; `kept` None: every column. Rows are copied when they are
    asked, the rest stays as it is."""

    def __init__(self, raw: NDArray[Any], unit: float = 1.0, kept: Ints | None = None) -> None:
        self._raw, self._unit, self._kept = raw, unit, kept
        self.shape = (len(raw), raw.shape[1] if kept is None else len(kept))

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> Floats:
        """Rows of the table, decoded."""
        found = self._raw[rows].astype(float)
        if self._unit != 1.0:
            found *= self._unit
        return found if self._kept is None else np.asarray(found[..., self._kept])

    def whole(self) -> Floats:
        """The table; nothing keeps it."""
        table = self[:]
        table.setflags(write=False)
        return table


class StoredTables(Sequence[Floats]):
    """The tables of a CP, or cores of a train, some of them stored rows: those are decoded whenever
    their table is asked. `shapes[d]` are the ranks of core d, empty for a table."""

    def __init__(
        self, parts: Sequence[Floats | StoredRows], shapes: Sequence[tuple[int, ...]] = ()
    ) -> None:
        self._parts = list(parts)
        self._shapes = list(shapes) or [()] * len(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    @overload
    def __getitem__(self, d: int) -> Floats: ...

    @overload
    def __getitem__(self, d: slice) -> tuple[Floats, ...]: ...

    def __getitem__(self, d: int | slice) -> Floats | tuple[Floats, ...]:
        if isinstance(d, slice):
            return tuple(self[i] for i in range(*d.indices(len(self))))
        part, shape = self._parts[d], self._shapes[d]
        table = part.whole() if isinstance(part, StoredRows) else part
        return table.reshape(len(table), *shape) if shape else table

    def rows(self, d: int) -> Floats | StoredRows:
        """Table d [n, columns], of which rows are taken."""
        return self._parts[d]
