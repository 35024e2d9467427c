"""A function on the grid of quadrature nodes, times the root of their weights: values at points and
along lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...trains.cores import Cores
from ..errors import ProblemError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Grid:
    """g = f sqrt(w_1 .. w_D) at rows of nodes [n_d] with weights [n_d]: its Frobenius norm is the
    L2 norm of f."""

    def __init__(
        self,
        function: Callable[..., ArrayLike],
        nodes: Sequence[Floats],
        weights: Sequence[Floats],
    ) -> None:
        self.function, self.nodes = function, list(nodes)
        self.roots = [np.sqrt(w) for w in weights]
        self.sizes = tuple(len(n) for n in nodes)

    @property
    def dimension(self) -> int:
        """D."""
        return len(self.sizes)

    @property
    def count(self) -> float:
        """How many points it has."""
        return float(np.prod(self.sizes, dtype=float))

    def at(self, points: Ints) -> Floats:
        """g at rows [N, D]. Raises ProblemError where f is not finite."""
        arguments = [n[rows] for n, rows in zip(self.nodes, points.T, strict=True)]
        found = np.asarray(self.function(*arguments), dtype=float)
        found = np.array(np.broadcast_to(found, len(points)))
        if not np.all(np.isfinite(found)):
            raise ProblemError(
                "the function to separate is not finite at every quadrature node; move its"
                " singularity off the axes"
            )
        for root, rows in zip(self.roots, points.T, strict=True):
            found *= root[rows]
        return found

    def line(self, points: Ints, d: int) -> Floats:
        """g [B, n_d] along axis d through points [B, D]."""
        return self.at(lines_of(points, d, self.sizes[d])).reshape(len(points), -1)

    def drawn(self, count: int, rng: np.random.Generator) -> Ints:
        """Random rows [count, D]."""
        return np.stack([rng.integers(0, n, count) for n in self.sizes], axis=1)


def lines_of(points: Ints, d: int, size: int) -> Ints:
    """All rows [B size, D] of the lines along axis d."""
    found = np.repeat(points, size, axis=0)
    found[:, d] = np.tile(np.arange(size), len(points))
    return found


def train_line(cores: Cores, points: Ints, d: int) -> Floats:
    """A train [B, n_d] along axis d through points [B, D]."""
    left = np.ones((len(points), 1))
    for core, rows in zip(cores[:d], points.T, strict=False):
        left = np.einsum("na,anb->nb", left, core[:, rows])
    right = np.ones((len(points), 1))
    for core, rows in zip(cores[:d:-1], points.T[::-1], strict=False):
        right = np.einsum("anb,nb->na", core[:, rows], right)
    a, n, b = cores[d].shape
    wide = (left @ cores[d].reshape(a, n * b)).reshape(len(points), n, b)
    return np.einsum("nib,nb->ni", wide, right)
