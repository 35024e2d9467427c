"""Which node of a mesh a value means: its number, or the name of its probe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
