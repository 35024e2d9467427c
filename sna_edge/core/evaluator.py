"""What evaluates a model: the interface of every backend."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Evaluator(Protocol):
    """Evaluates a fixed model on raw coordinates, which are finite; outside the domain they
    continue linearly.

    It may also have `single(query) -> y [K] | None`, a fast way for one float64 array (D,) inside
    the domain: None sends the query down the ordinary way, which finds out what is wrong with it;
    and `point(x, y) -> status`, which fills y [K] of a contiguous float64 x (D,). One that also
    computes what stands beside the values has `answer`, `intervals` and `familiarity` of the native
    backend, or `around(x, y, below, above) -> lower, upper` [N, K] for quantiles of the residuals.
    """

    name: str

    def value(self, x: Floats) -> Floats:
        """y [N, K] of x [N, D]."""
        ...

    def value_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        """y [N, K] and dy/dx [N, K, D] of x [N, D]."""
        ...
