"""Splines of SciPy in any of its classes, as knots, degrees and coefficients; and as atoms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline

from sna_edge.core.basis.span import MAX_DEGREE
from sna_edge.errors import InputError
from sna_edge.values.reals import reals

from ..atoms import Atoms, Piecewise

Floats = NDArray[np.float64]
KNOWN = (
    "NdBSpline, BSpline, RectBivariateSpline, UnivariateSpline or RegularGridInterpolator (linear)"
)


@dataclass(frozen=True)
class SplineParts:
    """f(x) = sum c[i_1, .., i_D, ..] prod_d B_{i_d, degrees[d]}(x_d; knots[d]); trailing dimensions
    of c are outputs."""

    knots: list[Floats]
    degrees: list[int]
    c: Floats


def parts(spline: Any) -> SplineParts:
    """The parts of a spline. Raises InputError for what is none, and for numbers that are not real
    or not finite."""
    if hasattr(spline, "grid") and hasattr(spline, "values"):
        return _grid(spline)
    if hasattr(spline, "tck") and hasattr(spline, "degrees"):  # BivariateSpline: c is flat
        tx, ty, c = spline.tck
        kx, ky = spline.degrees
        return _checked([tx, ty], [kx, ky], np.reshape(c, (len(tx) - kx - 1, len(ty) - ky - 1)))
    if isinstance(spline, BSpline):
        axis = int(getattr(spline, "axis", 0))
        return _checked(
            [spline.t],
            [spline.k],
            np.moveaxis(np.asarray(spline.c), axis, 0)[: len(spline.t) - spline.k - 1],
        )
    if hasattr(spline, "_eval_args"):  # UnivariateSpline: c is padded
        t, c, k = spline._eval_args
        return _checked([t], [k], c[: len(t) - k - 1])
    if all(hasattr(spline, name) for name in ("t", "c", "k")) and isinstance(spline.t, tuple):
        return _checked(list(spline.t), list(np.broadcast_to(spline.k, len(spline.t))), spline.c)
    raise InputError(
        f"a {type(spline).__name__} is not a tensor-product spline that can be adopted; give"
        f" {KNOWN}"
    )


def _grid(table: Any) -> SplineParts:
    """Values on a grid, linear between them."""
    if table.method not in ("linear", "slinear"):
        raise InputError(
            f"a RegularGridInterpolator of method {table.method!r} is not adopted; use 'linear', or"
            " an NdBSpline"
        )
    grid = [reals(g, f"the grid of input {d}", finite=True) for d, g in enumerate(table.grid)]
    if any(len(g) < 2 for g in grid):
        raise InputError(
            "a grid of one point has no range; leave that input out or give two points"
        )
    return _checked([np.r_[g[0], g, g[-1]] for g in grid], [1] * len(grid), table.values)


def _checked(knots: list[Any], degrees: list[Any], c: Any) -> SplineParts:
    return SplineParts(
        [reals(t, f"the knots of input {d}", finite=True) for d, t in enumerate(knots)],
        [int(k) for k in degrees],
        reals(c, "the coefficients of the spline", finite=True),
    )


def nodal_atoms(nodes: Floats, table: Floats) -> Atoms:
    """Values [n, R] on nodes [n], linear between them."""
    return spline_atoms(BSpline(np.r_[nodes[0], nodes, nodes[-1]], table, 1))


def spline_atoms(spline: BSpline) -> Piecewise:
    """The R components of a vector-valued spline as atoms. Raises InputError above degree 7."""
    breaks = np.unique(spline.t[spline.k : len(spline.t) - spline.k])
    if spline.k > MAX_DEGREE:
        raise InputError(
            f"splines of degree {spline.k} are not supported; use at most {MAX_DEGREE}"
        )
    return Piecewise(lambda x: spline(x), spline.c.shape[1], breaks, spline.k, spline.k > 0)
