"""The current solution as a coefficient of the next linearised problem (Newton and Picard
steps)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .axes import ProblemAxis
from .errors import ProblemError
from .fields import Applied, Sampled, Slope, Train
from .forms import Expression, Product

Floats = NDArray[np.float64]


class Iterate:
    """A train with table rows [a, n_rows, b]; it, its derivatives and functions of it multiply a
    term as one factor each.

    `meshes`: the axes whose bases the rows belong to, where these are not the axes that the terms
    name.
    """

    def __init__(
        self,
        axes: Sequence[ProblemAxis],
        cores: Sequence[Floats],
        meshes: Sequence[ProblemAxis] | None = None,
    ) -> None:
        self.axes, self.cores = axes, cores
        self.meshes = axes if meshes is None else meshes
        self.train = Train(tuple(axes), tuple(cores), tuple(self.meshes))

    def value(self) -> Expression:
        """u as an expression."""
        return _alone(self.slope(()))

    def derivative(self, along: ProblemAxis | None, order: int = 1) -> Expression:
        """The derivative of u along an axis as an expression (u itself for None)."""
        return _alone(self.slope(() if along is None else ((along, order),)))

    def of(self, function: Callable[..., Any], *axes: ProblemAxis) -> Expression:
        """function(u, x_1, ..) as an expression, of the coordinates of `axes`; values [N] to values
        [N]. Approximated as a train where the problem is assembled."""
        return _alone(Applied(function, (self.slope(()),), axes))

    def slope(self, orders: Sequence[tuple[Any, int]]) -> Slope:
        """The derivative of u of these orders, by axis. Raises ProblemError for an axis it does not
        have."""
        for axis, _ in orders:
            if axis not in self.axes:
                raise ProblemError(
                    f"the iterate has no axis {getattr(axis, 'name', axis)!r} to differentiate"
                    " along; name one of the problem"
                )
        found = {id(a): n for a, n in orders}
        return Slope(self.train, tuple(found.get(id(a), 0) for a in self.axes))


def _alone(field: Sampled) -> Expression:
    return Expression((Product(fields=(field,)),))
