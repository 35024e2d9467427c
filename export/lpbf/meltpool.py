"""Melt-pool depth, width and length as queries: roots of the solved temperature, no grid in the
answer.

Depth: the largest z with T(x, 0, z) = rise, where T_x = 0 as well; two equations, solved by Newton
steps on the exact piecewise polynomials from a table of starts. Width: the same across y on the
surface. Length: the two roots along x.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sna_edge import Model

from ..solve.weak_form.errors import ProblemError
from ..threads import one_thread
from .isotherm import Isotherm
from .plane import Plane

Floats = NDArray[np.float64]

SAMPLES_AT_ONCE = 2048  # samples per block: the work arrays stay near the cache


class MeltPool:
    """Queries on a model T(x, y, z, parameters) for the isotherm `rise` (K above ambient).

    Parameters are given by name, each a number or an array [N]; answers are arrays [N] in metres, 0
    where nothing melts, NaN where the isotherm leaves the model's domain or no root was found.
    """

    def __init__(self, model: Model, rise: float, *, threads: int = 2) -> None:
        missing = {"x", "y", "z"} - set(model.input_names)
        if missing:
            raise ProblemError(
                "a melt-pool query needs axes x, y, z; the model lacks"
                f" {', '.join(sorted(missing))}"
            )
        self.model, self.rise, self.threads = model, float(rise), threads
        self.names = [n for n in model.input_names if n not in ("x", "y", "z")]

    @cached_property
    def _down(self) -> Isotherm:
        return Isotherm(Plane(self.model.at(y=0.0), "x", "z"), self.rise)

    @cached_property
    def _aside(self) -> Isotherm:
        return Isotherm(Plane(self.model.at(z=0.0), "x", "y"), self.rise)

    def prepare(self) -> MeltPool:
        """Build the tables of starts now, so that the first query does not pay for them."""
        for isotherm in (self._down, self._aside):
            _ = isotherm.table
        return self

    def depth(self, parameters: Mapping[str, ArrayLike]) -> Floats:
        """Largest depth of the isotherm on y = 0, [N], m."""
        return self._each(self._down.extent, parameters)

    def width(self, parameters: Mapping[str, ArrayLike]) -> Floats:
        """Twice the largest y of the isotherm on the surface, [N], m."""
        return 2.0 * self._each(self._aside.extent, parameters)

    def length(self, parameters: Mapping[str, ArrayLike]) -> Floats:
        """Distance from the rear to the front of the isotherm on y = z = 0, [N], m."""
        return self._each(self._down.length, parameters)

    def _each(
        self, query: Callable[[Floats], Floats], parameters: Mapping[str, ArrayLike]
    ) -> Floats:
        points = self._points(parameters)
        chunks = [points[i : i + SAMPLES_AT_ONCE] for i in range(0, len(points), SAMPLES_AT_ONCE)]
        _ = self._down.table if query != self._aside.extent else self._aside.table
        if self.threads < 2 or len(chunks) < 2:
            return np.concatenate([query(c) for c in chunks])
        with one_thread(), ThreadPoolExecutor(self.threads) as pool:
            return np.concatenate(list(pool.map(query, chunks)))

    def _points(self, parameters: Mapping[str, ArrayLike]) -> Floats:
        if set(parameters) != set(self.names):
            raise ProblemError(
                f"a melt-pool query takes {', '.join(self.names)}; got"
                f" {', '.join(parameters) or 'nothing'}"
            )
        columns = np.broadcast_arrays(
            *(np.atleast_1d(np.asarray(parameters[n], dtype=float)) for n in self.names)
        )
        axes = [self.model.axes[self.model.axis_index(name)] for name in self.names]
        for name, axis, column in zip(self.names, axes, columns, strict=True):
            if np.any(axis.excess(column) != 0):
                raise ProblemError(
                    f"{name} leaves {axis.describe()}; keep the samples inside the model's domain"
                )
        return np.stack(
            [axis.settled(column) for axis, column in zip(axes, columns, strict=True)], axis=1
        )
