"""Which node of a mesh a value means: its number or its probe; what nodes are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from ...values.levels import MISSING, UNSEEN, LevelIndex

Floats = NDArray[np.float64]


class NodeIndex(LevelIndex):
    """As the levels "0", "1", .., without an entry for each; a probe's name is tried first."""

    def __init__(self, count: int, probes: Mapping[str, int]) -> None:
        super().__init__(())
        self._count = count
        self._index = {name: float(node) for name, node in probes.items()}

    def index(self, value: object) -> float:
        """The node; UNSEEN where there is none."""
        found = super().index(value)
        if found != UNSEEN or isinstance(value, (bool, np.bool_)):
            return found
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return UNSEEN
        return number if 0 <= number < self._count and number == int(number) else UNSEEN

    def indices(self, values: NDArray[Any]) -> Floats:
        """`index` of every element; arrays of numbers in one step."""
        if values.dtype.kind not in "fiu":
            return super().indices(values)
        found = values.astype(float)
        with np.errstate(invalid="ignore"):
            good = (found >= 0) & (found < self._count) & (found == np.floor(found))
        return np.where(np.isnan(found), MISSING, np.where(good, found, UNSEEN))


class NodeNames(Sequence[str]):
    """ "0", "1", .., with the name of its probe where a node has one: made when they are asked."""

    def __init__(self, count: int, probes: Mapping[str, int]) -> None:
        self._count, self._probes = count, {node: name for name, node in probes.items()}

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, node: int) -> str: ...

    @overload
    def __getitem__(self, node: slice) -> tuple[str, ...]: ...

    def __getitem__(self, node: int | slice) -> str | tuple[str, ...]:
        if isinstance(node, slice):
            return tuple(self[i] for i in range(*node.indices(self._count)))
        place = range(self._count)[node]
        return self._probes.get(place, str(place))

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, NodeNames) and self._count == other._count
        return same and self._probes == getattr(other, "_probes", None)

    def __hash__(self) -> int:
        return hash((self._count, *self._probes))
