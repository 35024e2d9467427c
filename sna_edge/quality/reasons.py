"""Why a part with values is not accepted, in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..model import Model
from ..status import Status
from .accepting.acceptance import Acceptance, Sure
from .limits import LineLimits
from .verdict import REJECT, Judged

Floats = NDArray[np.float64]


class Reasons:
    """Of the verdicts of one model and limits; `acceptance` where probabilities accept."""

    def __init__(self, model: Model, limits: LineLimits, acceptance: Acceptance | None) -> None:
        self.model, self.limits, self.acceptance = model, limits, acceptance

    def of(self, judged: Judged, sure: Sure | None, i: int, x: Floats, status: int) -> str:
        """Of row i with coordinates x [D]."""
        if status == Status.UNFAMILIAR:
            return f"{self._unlike(x)}; measure the part"
        if judged.edge[i]:
            where = f"{self._untrained(x)} where there are no training data"
            return f'{where}; measure the part, or set edge = "accept" in the limits'
        if judged.verdict[i] == REJECT:
            return f"{self._named(judged.beyond[i])} outside the limits"
        if self.acceptance is not None and sure is not None and np.isfinite(sure.joint[i]):
            return self.acceptance.why(judged, sure, i)
        return self._undecided(judged.straddles[i])

    def _undecided(self, straddles: NDArray[np.bool_]) -> str:
        """Which outputs are neither inside nor outside their limits."""
        between = [o.reject is not None for o in self.limits.outputs]
        name = self._named(straddles)
        if (straddles & between).any():
            return f"{name} lies between its reject and its LSL"
        return f"the interval of {name} straddles a limit"

    def _unlike(self, x: Floats) -> str:
        """Which inputs of a part are unlike the training rows, and p in percent."""
        least_p = self.limits.least_p
        reason = self.model.why_unfamiliar(x, level_index=True, least_p=least_p)
        return f"{reason.said} (p = {100 * reason.p:.2g} %)"

    def _untrained(self, x: Floats) -> str:
        """The inputs of a part that lie in a span without a training row."""
        spans = [
            (a, a.support[a.basis.locate(x[d : d + 1])[0][0]])
            for d, a in enumerate(self.model.axes)
        ]
        return ", ".join(a.name for a, rows in spans if not rows)

    def _named(self, chosen: NDArray[np.bool_]) -> str:
        return ", ".join(o.name for o, c in zip(self.limits.outputs, chosen, strict=True) if c)
