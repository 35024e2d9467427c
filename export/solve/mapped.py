"""A curved or stretched region as the image of a box: mapped(x, y, onto=..)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .weak_form.axes import ProblemAxis
from .weak_form.errors import ProblemError
from .weak_form.forms import NOTHING, Expression, d, expression, on, total
from .weak_form.functions import slope_of
from .weak_form.separate import separate

Floats = NDArray[np.float64]
NEGLIGIBLE = 1e-13  # of the largest entry: what rounding leaves of one that is 0


@dataclass(frozen=True, eq=False)
class Mapped:
    """X_i = onto_i(x_1, .., x_D), i = 1 .. m: the first m axes are those of the region, others, as
    lengths and radii, are parameters.

    J_ij = dX_i/dx_j, by a complex step where `onto` takes complex numbers, else by differences; all
    that multiplies a term is compressed by `separate` to the relative `tolerance`.
    """

    axes: tuple[ProblemAxis, ...]
    onto: Callable[..., Sequence[ArrayLike]]
    tolerance: float = 1e-8

    @cached_property
    def size(self) -> int:
        """m, the coordinates of the region."""
        middle = [np.array([(a.basis.lower + a.basis.upper) / 2]) for a in self.axes]
        found = self.onto(*middle)
        if not isinstance(found, (tuple, list)) or not 1 <= len(found) <= len(self.axes):
            raise ProblemError(
                "the mapping of mapped() must return a tuple with one coordinate of the region for"
                " each of its first axes, as lambda r, a: (r * np.cos(a), r * np.sin(a))"
            )
        return len(found)

    @property
    def volume(self) -> Expression:
        """det J, which multiplies every term without derivatives: `volume * u * v`."""
        return self.integral(lambda *X: np.ones_like(X[0]))

    def integral(self, f: Callable[..., ArrayLike]) -> Expression:
        """f(X_1, .., X_m) det J: a source or a coefficient in coordinates of the region."""

        def weighted(*x: Floats) -> Floats:
            return np.asarray(f(*self.onto(*x)[: self.size])) * self._determinant(*x)

        return self._separated(weighted)

    def grad_grad(self, u: Expression, v: Expression) -> Expression:
        """int grad u . grad v over the region: sum_jk G_jk u_j v_k, G = det J J^-1 J^-T."""
        terms = NOTHING
        for j in range(self.size):
            for k in range(j, self.size):
                share = self._separated(lambda *x, j=j, k=k: self._metric(*x)[j][k])
                one = d(u, self.axes[j]) * d(v, self.axes[k])
                both = one if j == k else one + d(u, self.axes[k]) * d(v, self.axes[j])
                terms = terms + share * both
        return terms

    def d(self, u: Expression, i: int) -> Expression:
        """det J du/dX_i, i from 0: `region.d(u, 0) * v` is int u_X v over the region."""
        parts = [
            self._separated(lambda *x, j=j: self._adjugate(*x)[j][i]) * d(u, self.axes[j])
            for j in range(self.size)
        ]
        return total(parts)

    def on(self, axis: ProblemAxis, where: str) -> Expression:
        """The integral over the part of the border where `axis` is at an end, `lower` or `upper`:
        its area, det J |J^-T n|, times `on(axis, where)`."""
        if axis not in self.axes[: self.size]:
            raise ProblemError(f"axis {axis.name!r} is none of the region; name one of its own")
        j, end = self.axes.index(axis), axis.end(where)
        others = [a for a in self.axes if a is not axis]

        def area(*x: Floats) -> Floats:
            whole = [*x[:j], np.full(np.shape(x[0]) if x else (), end), *x[j:]]
            row = self._adjugate(*np.broadcast_arrays(*whole))[j]
            return np.sqrt(sum(r * r for r in row))

        if not others:
            return on(axis, where)
        return self._separated(area, others) * on(axis, where)

    def _separated(
        self, f: Callable[..., Floats], axes: Sequence[ProblemAxis] | None = None
    ) -> Expression:
        """f as a sum of products of functions of the axes that it depends on."""
        named = list(axes if axes is not None else self.axes)
        grids = np.meshgrid(*(a.nodes[:: max(len(a.nodes) // 8, 1)] for a in named), indexing="ij")
        seen = np.broadcast_to(f(*grids), grids[0].shape)
        size = float(np.abs(seen).max())
        if size <= NEGLIGIBLE * self._scale:
            return NOTHING
        free = [d for d in range(len(named)) if np.ptp(seen, axis=d).max() > NEGLIGIBLE * size]
        if not free:
            return expression(float(seen.flat[0]))
        held = [a.nodes[:1] for a in named]

        def of_free(*x: Floats) -> Floats:
            whole = list(held)
            for place, value in zip(free, x, strict=True):
                whole[place] = value
            return f(*np.broadcast_arrays(*whole))

        return separate(of_free, [named[d] for d in free], self.tolerance)

    @cached_property
    def _scale(self) -> float:
        """The largest entry of the metric at some places."""
        grids = np.meshgrid(
            *(a.nodes[:: max(len(a.nodes) // 8, 1)] for a in self.axes), indexing="ij"
        )
        return max(float(np.abs(g).max()) for row in self._metric(*grids) for g in row)

    def _jacobian(self, *x: Floats) -> list[list[Floats]]:
        x = tuple(np.broadcast_arrays(*x))
        return [[self._slope(i, j, x) for j in range(self.size)] for i in range(self.size)]

    def _slope(self, i: int, j: int, x: Sequence[Floats]) -> Floats:
        def along(value: Floats, *rest: Floats) -> ArrayLike:
            return np.broadcast_to(self.onto(*rest[:j], value, *rest[j:])[i], np.shape(value))

        return np.asarray(slope_of(along, x[j], *x[:j], *x[j + 1 :]))

    def _determinant(self, *x: Floats) -> Floats:
        found = np.linalg.det(np.moveaxis(np.array(self._jacobian(*x)), (0, 1), (-2, -1)))
        if not (np.all(found > 0) or np.all(found < 0)):
            raise ProblemError(
                "the mapping of mapped() folds or collapses inside the box: its determinant is 0 or"
                " changes sign; keep the axes away from such places, as a radius above 0"
            )
        return np.abs(found)

    def _adjugate(self, *x: Floats) -> list[list[Floats]]:
        """|det J| J^-1, [j][i]."""
        size = self._determinant(*x)
        inverse = np.linalg.inv(np.moveaxis(np.array(self._jacobian(*x)), (0, 1), (-2, -1)))
        return [[size * inverse[..., j, i] for i in range(self.size)] for j in range(self.size)]

    def _metric(self, *x: Floats) -> list[list[Floats]]:
        """|det J| J^-1 J^-T, [j][k]."""
        size, rows = self._determinant(*x), self._adjugate(*x)
        return [
            [sum(a * b for a, b in zip(rows[j], rows[k], strict=True)) / size
             for k in range(self.size)] for j in range(self.size)
        ]  # fmt: skip


def mapped(
    *axes: ProblemAxis, onto: Callable[..., Sequence[ArrayLike]], tolerance: float = 1e-8
) -> Mapped:
    """The region onto which `onto` takes the box of `axes`: its terms are integrals over it.

    Axes that `onto` takes but gives no coordinate for are parameters. Raises ProblemError where the
    mapping folds.

    A quarter of a ring of radii 1 and 2, its area 3 pi / 4:

    >>> import numpy as np
    >>> from sna_export.solve import mapped, space, test_function, unknown
    >>> r, a = space("r", 1.0, 2.0, spans=4, zero="both"), space("angle", 0.0, np.pi / 2, spans=4)
    >>> ring = mapped(r, a, onto=lambda r, a: (r * np.cos(a), r * np.sin(a)))
    >>> u, v = unknown(), test_function()
    >>> operator, load = ring.grad_grad(u, v), ring.volume * v
    >>> len(operator.products)  # r u_r v_r + u_a v_a / r
    2
    """
    if not axes:
        raise ProblemError("mapped() needs the axes of the box first, as mapped(x, y, onto=...)")
    found = Mapped(axes, onto, tolerance)
    for axis in axes[: found.size]:
        if axis.role not in ("space", "time"):
            raise ProblemError(
                f"axis {axis.name!r} of mapped() is a {axis.role}; name the axes of the region"
                " first, parameters behind them"
            )
    return found
