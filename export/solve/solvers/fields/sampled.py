"""Fields of a term on the points where its integral is taken: one train with cores [a, Q, b]."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...trains.cores import Cores, permuted, rounded
from ...weak_form.axes import ProblemAxis
from ...weak_form.errors import ProblemError
from ...weak_form.fields import Applied, Sampled, Slope
from .cross import crossed

Floats = NDArray[np.float64]
# per axis: the point or the boundary of its term, None for all quadrature nodes
Ends = tuple[float | str | None, ...]
REORDERED = 1e-12  # relative: what a field may lose where its axes come in another order
SLOPES = 1e-3  # relative error of derivatives, which cost steps alone
WIDEST = 60  # rank of a product of trains that is still formed before it is rounded


class Sampler:
    """Fields on the points of the terms, each sampled once; `error` is the largest relative error
    of a function's train at random points."""

    def __init__(self, axes: Sequence[ProblemAxis], tolerance: float) -> None:
        self.axes, self.tolerance = list(axes), tolerance
        self.error = 0.0
        self._known: dict[tuple[object, ...], Cores] = {}

    def product(self, fields: Sequence[Sampled], ends: Ends) -> Cores:
        """The product of the fields, rounded in the L2 norm."""
        found = self.one(fields[0], ends)
        for field in fields[1:]:
            found = self._times(found, self.one(field, ends), ends)
        return found

    def one(self, field: Sampled, ends: Ends) -> Cores:
        """One field."""
        key = (_content(field), ends)
        if key not in self._known:
            found = self._slope(field, ends) if isinstance(field, Slope) else None
            self._known[key] = found or self._applied(field, ends)  # type: ignore[arg-type]
        return self._known[key]

    def _slope(self, field: Slope, ends: Ends) -> Cores:
        train = field.train
        place = {id(a): d for d, a in enumerate(self.axes)}
        named = [place.get(id(a), -1) for a in train.axes]
        if -1 in named:
            raise ProblemError("a field of a term has an axis that its problem lacks; add it")
        tables, order = list(train.cores), np.argsort(named)
        if named != sorted(named):
            tables = permuted(tables, list(np.argsort(order)), REORDERED)
        cores = [
            _sampled(train.meshes[i], table, field.orders[i], self._points(named[i], ends))
            for i, table in zip(order, tables, strict=True)
        ]
        return self._filled(cores, sorted(named), ends)

    def _filled(self, cores: Cores, named: Sequence[int], ends: Ends) -> Cores:
        """With a core for every axis of the problem: 1 along those that the field lacks."""
        found: Cores = []
        for d in range(len(self.axes)):
            if d in named:
                found.append(cores[named.index(d)])
                continue
            rank = found[-1].shape[2] if found else 1
            shape = (rank, len(self._points(d, ends)), rank)
            found.append(np.broadcast_to(np.eye(rank)[:, None, :], shape))
        return found

    def _points(self, d: int, ends: Ends) -> Floats:
        return self.axes[d].places(ends[d])

    def _applied(self, field: Applied, ends: Ends) -> Cores:
        inner = [self._slope(s, ends) for s in field.inner]
        numbers = {i: c for i, c in enumerate(field.coordinates) if isinstance(c, float)}
        for i, axis in enumerate(field.coordinates):
            if i not in numbers:
                inner.append(self._coordinate(axis, ends))
        first = len(field.inner)

        def function(*values: Floats) -> Floats:
            free = iter(values[first:])
            rest = [
                numbers[i] if i in numbers else next(free) for i in range(len(field.coordinates))
            ]
            return np.asarray(field.function(*values[:first], *rest))

        if field.slope:
            return self._rounded(crossed(function, inner, max(self.tolerance, SLOPES)).cores, ends)
        found = crossed(function, inner, self.tolerance)
        self.error = max(self.error, found.error)
        return self._rounded(found.cores, ends)

    def _coordinate(self, axis: object, ends: Ends) -> Cores:
        cores = [np.ones((1, len(self._points(d, ends)), 1)) for d in range(len(self.axes))]
        d = next(i for i, a in enumerate(self.axes) if a is axis)
        cores[d] = self._points(d, ends)[None, :, None]
        return cores

    def _times(self, left: Cores, right: Cores, ends: Ends) -> Cores:
        widest = max(p.shape[2] * q.shape[2] for p, q in zip(left, right, strict=True))
        if widest > WIDEST and len(left) > 1:
            found = crossed(lambda p, q: p * q, [left, right], self.tolerance)
            self.error = max(self.error, found.error)
            return self._rounded(found.cores, ends)
        cores = [
            np.einsum("anb,cnd->acnbd", p, q).reshape(
                p.shape[0] * q.shape[0], p.shape[1], p.shape[2] * q.shape[2]
            )
            for p, q in zip(left, right, strict=True)
        ]
        return self._rounded(cores, ends)

    def _rounded(self, cores: Cores, ends: Ends) -> Cores:
        roots = [
            np.sqrt(a.weights) if end is None and a.role != "component" else np.ones(c.shape[1])
            for a, end, c in zip(self.axes, ends, cores, strict=True)
        ]
        heavy = [c * r[None, :, None] for c, r in zip(cores, roots, strict=True)]
        light = rounded(heavy, 0.3 * self.tolerance)
        return [c / r[None, :, None] for c, r in zip(light, roots, strict=True)]


def _content(field: Sampled) -> tuple[object, ...]:
    """Equal for fields that are the same function of the same trains."""
    if isinstance(field, Slope):
        return (field.train, field.orders)
    inner = tuple(_content(s) for s in field.inner)
    return (field.function, inner, tuple(field.coordinates), field.slope)


def _sampled(axis: ProblemAxis, core: Floats, nu: int, points: Floats) -> Floats:
    """[a, Q, b]: the nu-th derivative of every entry of a core at points [Q]."""
    a, n, b = core.shape
    values = axis.sparse_design(nu, points) @ core.transpose(1, 0, 2).reshape(n, a * b)
    return np.ascontiguousarray(np.asarray(values).reshape(-1, a, b).transpose(1, 0, 2))
