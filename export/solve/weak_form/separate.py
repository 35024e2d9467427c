"""Compress a function of several coordinates to a sum of products, with its measured error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .axes import ProblemAxis
from .errors import ProblemError
from .forms import Expression, coefficient, total

Floats = NDArray[np.float64]
MAX_POINTS = 40_000_000  # 320 MB of samples


@dataclass(frozen=True, eq=False)
class Separated(Expression):
    """A sum of products; `error` is its relative L2 error against the function, measured at all
    quadrature nodes."""

    error: float = 0.0

    @property
    def rank(self) -> int:
        """Number of products."""
        return len(self.products)


def separate(
    function: Callable[..., ArrayLike], axes: Sequence[ProblemAxis], tolerance: float = 1e-6
) -> Separated:
    """f(x_1, .., x_m) ~ sum_s prod_d f_{s,d}(x_d) by nested singular value decompositions on the
    quadrature nodes.

    `function` takes one broadcastable array per axis. Axes that couple most should stand first: the
    last one is split off first. Raises ProblemError when the grid of nodes is too large or the
    function is not finite on it.

    >>> import numpy as np
    >>> from sna_export.solve import separate, space
    >>> x, y = space("x", spans=4), space("y", spans=4)
    >>> bump = separate(lambda x, y: np.exp(-((x - y) ** 2)), (x, y), tolerance=1e-4)
    >>> bump.rank, bump.error < 1e-4
    (4, True)
    """
    points = int(np.prod([len(a.nodes) for a in axes], dtype=float))
    if points > MAX_POINTS:
        raise ProblemError(
            f"separate() would sample {points} points; use fewer axes at once or coarser ones (at"
            f" most {MAX_POINTS})"
        )
    grids = np.meshgrid(*(a.nodes for a in axes), indexing="ij", sparse=True)
    values = np.broadcast_to(
        np.asarray(function(*grids), dtype=float), [len(a.nodes) for a in axes]
    )
    if not np.all(np.isfinite(values)):
        raise ProblemError(
            "the function to separate is not finite at every quadrature node; move its singularity"
            " off the axes"
        )
    roots = [np.sqrt(a.weights) for a in axes]
    weighted = values.copy()
    for d, root in enumerate(roots):
        weighted *= root.reshape([-1 if i == d else 1 for i in range(len(axes))])
    size = float(np.linalg.norm(weighted))
    columns = split(weighted, tolerance * size / len(axes))
    error = _measured(weighted, columns) / size if size > 0 else 0.0
    return Separated(_products(axes, columns, roots).products, error)


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
