"""Compress a function of several coordinates to a sum of products, with its measured error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .axes import ProblemAxis
from .cross.grid import Grid
from .cross.products import columns_of, size_of
from .cross.sweeps import crossed
from .errors import ProblemError
from .forms import Expression, coefficient, total

Floats = NDArray[np.float64]
DENSE = 4_000_000  # points of the grid up to which all of them are sampled: 32 MB
TRUNCATED = 0.3  # of the tolerance: what a train may lose as a sum of products


@dataclass(frozen=True, eq=False)
class Separated(Expression):
    """A sum of products; `error` is its relative L2 error against the function, measured at all
    quadrature nodes, or along lines of them."""

    error: float = 0.0

    @property
    def rank(self) -> int:
        """Number of products."""
        return len(self.products)


def separate(
    function: Callable[..., ArrayLike],
    axes: Sequence[ProblemAxis],
    tolerance: float = 1e-6,
    seeds: ArrayLike | None = None,
) -> Separated:
    """f(x_1, .., x_m) ~ sum_s prod_d f_{s,d}(x_d) on the quadrature nodes.

    `function` takes one broadcastable array per axis. Axes that couple most should stand first: the
    last one is split off first. Small grids are sampled whole; of large ones some lines are, more
    where the sum errs most (cross approximation). `seeds` [B, m] are then points where the function
    is large: a feature so thin that no line meets it is found from them. Raises ProblemError where
    the function is not finite, is 0 wherever it was looked at, or needs too many products.

    >>> import numpy as np
    >>> from sna_export.solve import separate, space
    >>> x, y = space("x", spans=4), space("y", spans=4)
    >>> bump = separate(lambda x, y: np.exp(-((x - y) ** 2)), (x, y), tolerance=1e-4)
    >>> bump.rank, bump.error < 1e-4
    (4, True)
    """
    parts = [a.name for a in axes if a.role == "mesh"]
    if parts:
        raise ProblemError(
            f"{parts[0]!r} is a part, which separate() does not take; write the function as a sum"
            f" of products of {parts[0]}.function(f) and functions of other axes"
        )
    roots = [np.sqrt(a.weights) for a in axes]
    points = np.prod([len(a.nodes) for a in axes], dtype=float)
    if points <= DENSE:
        columns, error = _sampled(function, axes, roots, tolerance)
    else:
        columns, error = _crossed(function, axes, tolerance, seeds)
    return Separated(_products(axes, columns, roots).products, error)


def _sampled(
    function: Callable[..., ArrayLike],
    axes: Sequence[ProblemAxis],
    roots: list[Floats],
    tolerance: float,
) -> tuple[list[list[Floats]], float]:
    """Weighted columns and their error, from the function at all nodes."""
    grids = np.meshgrid(*(a.nodes for a in axes), indexing="ij", sparse=True)
    values = np.broadcast_to(
        np.asarray(function(*grids), dtype=float), [len(a.nodes) for a in axes]
    )
    if not np.all(np.isfinite(values)):
        raise ProblemError(
            "the function to separate is not finite at every quadrature node; move its singularity"
            " off the axes"
        )
    weighted = values.copy()
    for d, root in enumerate(roots):
        weighted *= root.reshape([-1 if i == d else 1 for i in range(len(axes))])
    size = float(np.linalg.norm(weighted))
    columns = split(weighted, tolerance * size / len(axes))
    return columns, _measured(weighted, columns) / size if size > 0 else 0.0


def _crossed(
    function: Callable[..., ArrayLike],
    axes: Sequence[ProblemAxis],
    tolerance: float,
    seeds: ArrayLike | None,
) -> tuple[list[list[Floats]], float]:
    """The same from the function along some lines."""
    grid = Grid(function, [a.nodes for a in axes], [a.weights for a in axes])
    train = crossed(grid, (1 - TRUNCATED) * tolerance, _nearest(axes, seeds))
    columns = columns_of(train.cores, TRUNCATED * tolerance * size_of(train.cores))
    return columns, train.error + TRUNCATED * tolerance


def _nearest(axes: Sequence[ProblemAxis], seeds: ArrayLike | None) -> NDArray[np.int64] | None:
    """Rows of the nodes nearest to points [B, m]."""
    if seeds is None:
        return None
    points = np.asarray(seeds, dtype=float).reshape(-1, len(axes))
    rows = []
    for axis, place in zip(axes, points.T, strict=True):
        right = np.clip(np.searchsorted(axis.nodes, place), 1, len(axis.nodes) - 1)
        nearer = place - axis.nodes[right - 1] < axis.nodes[right] - place
        rows.append(right - nearer)
    return np.stack(rows, axis=1)


def split(tensor: Floats, allowed: float) -> list[list[Floats]]:
    """Products of columns whose sum is within about `allowed` of the tensor in the Frobenius
    norm."""
    if tensor.ndim == 1:
        return [[tensor]]
    u, s, vt = np.linalg.svd(tensor.reshape(-1, tensor.shape[-1]), full_matrices=False)
    tail = np.sqrt(np.cumsum(s[::-1] ** 2))[::-1]
    rank = max(int(np.count_nonzero(tail > allowed)), 1)
    out = []
    for r in range(rank):
        inner = (u[:, r] * s[r]).reshape(tensor.shape[:-1])
        out += [[*columns, vt[r]] for columns in split(inner, allowed / np.sqrt(rank))]
    return out


def _measured(tensor: Floats, columns: list[list[Floats]]) -> float:
    left = np.stack([_outer(c[:-1]) for c in columns], axis=1)
    right = np.stack([c[-1] for c in columns])
    return float(np.linalg.norm(tensor.reshape(len(left), -1) - left @ right))


def _outer(columns: list[Floats]) -> Floats:
    out = np.ones(1)
    for c in columns:
        out = np.multiply.outer(out, c).reshape(-1)
    return out


def _products(
    axes: Sequence[ProblemAxis], columns: list[list[Floats]], roots: list[Floats]
) -> Expression:
    terms = []
    for parts in columns:
        factors = [coefficient(a, c / root) for a, c, root in zip(axes, parts, roots, strict=True)]
        product = factors[0]
        for f in factors[1:]:
            product = product * f
        terms.append(product)
    return total(terms)
