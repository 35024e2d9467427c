"""What the inputs contribute to predictions, as data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Contributions:
    """value = base + sum over inputs of contribution, in units of the outputs.

    names [P] of the inputs; contribution [P, K] of one point or [N, P, K], 0 of inputs that are as
    in the reference; base [K], the output at the reference; value [K] or [N, K]. `error`, shaped as
    contribution: 0 where exact, else the sampled value lies within it in 95 of 100 cases. `remark`:
    what else there is to know, in words.
    """

    names: tuple[str, ...]
    contribution: Floats
    base: Floats
    value: Floats
    error: Floats
    remark: str = ""

    @property
    def exact(self) -> bool:
        """Whether no contribution is sampled."""
        return not self.error.any()
