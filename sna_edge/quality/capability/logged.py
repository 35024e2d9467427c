"""Corrections as a log says them: from the numbers of a verdict, without what had been learned, or
the model that gave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.beside.given import is_number
from ...core.evaluation import Evaluation
from ...learning.learner import Passed
from ...learning.output.space import spaces
from ...model import Model

Floats = NDArray[np.float64]


class Logged:
    """In place of a learner: moves and widens the distribution of each reading as the verdict that
    it had in the log, `entries`, was moved and widened."""

    def __init__(self, model: Model) -> None:
        self._spaces, self._names = spaces(model), model.output_names
        self.entries: Sequence[Mapping[str, Any]] = ()

    def passed(self, readings: object, x: Floats, found: Evaluation, *ignored: object) -> Passed:
        """As `Learner.passed`; nothing is learned."""
        learned = np.ones((3, *found.value.shape))
        learned[0] = 0.0
        for space in self._spaces:
            k = space.index
            logged = self._logged(self._names[k], found, k)
            u, down, up = space.halves(found.value[:, k], found.lower[:, k], found.upper[:, k])
            v, below, above = space.halves(*logged)
            with np.errstate(divide="ignore", invalid="ignore"):
                own = np.stack([v - u, below / down, above / up])
            good = np.isfinite(own).all(axis=0) & (own[1:] > 0).all(axis=0)
            learned[:, good, k] = own[:, good]
        return Passed(found, found, learned=learned)

    def _logged(self, name: str, found: Evaluation, k: int) -> Floats:
        """Value, lower and upper end [3, N], those of the model where the log has none."""
        numbers = np.stack([found.value[:, k], found.lower[:, k], found.upper[:, k]])
        for i, entry in enumerate(self.entries):
            told = entry["outputs"].get(name)
            if isinstance(told, Mapping):
                given = [told.get(key) for key in ("value", "lower", "upper")]
                if all(is_number(one) for one in given):
                    numbers[:, i] = given
        return numbers
