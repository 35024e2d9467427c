"""Queries of models with a node axis by a point: the values at the nodes of the cell that it lies
in, weighted by the polynomials of the cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .core.axis import Axis
from .core.evaluation import Evaluation
from .errors import DomainError, InputError
from .status import Status

Floats = NDArray[np.float64]


class Asked(Protocol):
    """What is asked at nodes: a model."""

    axes: tuple[Axis, ...]

    def value(self, query: Any, extrapolate: bool = False, level_index: bool = False) -> Floats:
        """y [N, K]."""

    def value_and_gradient(
        self, query: Any, *, extrapolate: bool = False, level_index: bool = False
    ) -> tuple[Floats, Floats]:
        """y [N, K], dy/dx [N, K, D]."""

    def evaluate(
        self,
        query: Any,
        *,
        extrapolate: bool = False,
        tolerance: Mapping[str, float] | None = None,
        level_index: bool = False,
        level: float | None = None,
    ) -> Evaluation:
        """y with what it is worth."""


@dataclass(frozen=True)
class ByPoint:
    """P points on axis d: the query at the nodes of their cells (n each), weights [P, n], distance
    from the part [P] (NaN: a coordinate is no number), and whether it was one point."""

    model: Asked
    d: int
    points: Floats
    query: dict[str, Any]
    weights: Floats
    distance: Floats
    single: bool

    def value(self, extrapolate: bool, level_index: bool) -> Floats:
        """As `Model.value`. Raises DomainError for the first point outside the part."""
        self._need_inside()
        found = self._mean(self.model.value(self.query, extrapolate, level_index))
        return found[0] if self.single else found

    def value_and_gradient(self, **options: Any) -> tuple[Floats, Floats]:
        """As `Model.value_and_gradient`; NaN along the nodes."""
        self._need_inside()
        pair = self.model.value_and_gradient(self.query, **options)
        y, g = (self._mean(part) for part in pair)
        return (y[0], g[0]) if self.single else (y, g)

    def evaluate(
        self,
        extrapolate: bool,
        tolerance: Mapping[str, float] | None,
        level_index: bool,
        level: float | None,
    ) -> Evaluation:
        """As `Model.evaluate`: `out_of_domain` outside the part, `excess` the distance."""
        found = self.model.evaluate(
            self.query,
            extrapolate=extrapolate,
            tolerance=tolerance,
            level_index=level_index,
            level=level,
        )
        shape = self.weights.shape
        every = found.status.reshape(shape)
        worst = np.where(every.min(axis=1) < 0, every.min(axis=1), every.max(axis=1))
        first = np.arange(shape[0]) * shape[1]
        outside, nowhere = self.distance > 0, np.isnan(self.distance)
        worst = np.where(nowhere, Status.BAD_INPUT, np.where(outside, Status.OUT_OF_DOMAIN, worst))
        gone = outside | nowhere
        return replace(
            found,
            value=self._mean(found.value),
            status=worst.astype(found.status.dtype),
            lower=self._mean(found.lower),
            upper=self._mean(found.upper),
            axis=np.where(gone, self.d, found.axis[first]),
            excess=np.where(gone, self.distance, found.excess[first]),
            moved=None if found.moved is None else found.moved[first],
        )

    def _mean(self, values: Floats) -> Floats:
        """[P, ..] from [P n, ..] at the nodes."""
        per = values.reshape(*self.weights.shape, *values.shape[1:])
        return np.asarray(np.einsum("pn,pn...->p...", self.weights, per))

    def _need_inside(self) -> None:
        gone = np.flatnonzero(~(self.distance == 0))
        if not len(gone):
            return
        row, axis = int(gone[0]), self.model.axes[self.d]
        assert axis.mesh is not None
        pairs = zip(axis.mesh.coordinates, self.points[row], strict=True)
        place = ", ".join(f"{n} = {v:g}" for n, v in pairs)
        where = "" if self.single else f"row {row}: "
        if np.isnan(self.distance[row]):
            raise InputError(f"{where}the point {place} is no place; give numbers")
        away = float(self.distance[row])
        raise DomainError(
            f"{where}the point {place} lies {away:g} outside {axis.name!r}; ask inside the part",
            row=row,
            axis=axis.name,
            excess=away,
        )


def by_point(model: Asked, query: object) -> ByPoint | None:
    """The query where it names a point of a part in place of a node, else None. Raises InputError
    for coordinates that are no numbers or do not match in length."""
    if not isinstance(query, Mapping):
        return None
    for d, axis in enumerate(model.axes):
        mesh = axis.mesh
        if mesh is None or axis.name in query or not set(mesh.coordinates) & set(query):
            continue
        if lacking := [n for n in mesh.coordinates if n not in query]:
            raise InputError(
                f"the point of {axis.name!r} lacks {', '.join(lacking)}; give {axis.describe()}"
            )
        names = ", ".join(mesh.coordinates)
        rest = {n: v for n, v in query.items() if n not in mesh.coordinates}
        try:
            given = [np.asarray(query[n], dtype=float) for n in mesh.coordinates]
            shape = np.broadcast_shapes(*(np.shape(v) for v in (*given, *rest.values())))
        except (TypeError, ValueError):
            raise InputError(
                f"the point {names} is not numbers of matching length; give one number or array"
                " per name"
            ) from None
        if len(shape) > 1:
            raise InputError(f"the point {names} has shape {shape}; give one column per name")
        points = np.stack([np.broadcast_to(v, shape).reshape(-1) for v in given], axis=1)
        nodes, weights, distance = mesh.located(points)
        spread: dict[str, Any] = {axis.name: nodes.reshape(-1)}
        for name, values in rest.items():
            one = not np.ndim(values)
            spread[name] = values if one else np.repeat(np.asarray(values), weights.shape[1])
        return ByPoint(model, d, points, spread, weights, distance, not shape)
    return None
