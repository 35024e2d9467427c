"""Functions of one parameter axis in the order in which they are needed, each with its point.

phi_0, phi_1, .. span the splines of the axis: polynomials first, then splines from the least bent
on. Function k is 0 at the points of those before it and 1, its largest value, at its own, so that a
solution at a new point is met by adding one function, and what was there stays (a Newton basis).
Source of the points: Maday, Nguyen, Patera & Pau, A general multipurpose interpolation procedure:
the magic points, Commun. Pure Appl. Anal. 8 (2009).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.legendre import legvander
from numpy.typing import NDArray
from scipy.linalg import eigh, solve_triangular

from ..weak_form.axes import ProblemAxis

Floats = NDArray[np.float64]
SEARCHED = 64  # places in a span among which a point is sought


@dataclass(frozen=True)
class Nested:
    """rows [n_rows, n]: table rows of function k in column k; points [n]; values [n, n]: function k
    at point j, 0 for j < k and 1 for j = k; sizes [n]: their root mean squares."""

    rows: Floats
    points: Floats
    values: Floats
    sizes: Floats


def nested(axis: ProblemAxis) -> Nested:
    """The functions of a parameter axis."""
    basis = axis.basis
    share = np.linspace(0.0, 1.0, SEARCHED, endpoint=False)
    places = (basis.breaks[:-1, None] + np.diff(basis.breaks)[:, None] * share).reshape(-1)
    places = np.r_[places, basis.upper]
    design = axis.sparse_design(0, places).toarray()
    rows = _in_order(axis)
    points: list[int] = []
    for k in range(rows.shape[1]):
        if points:  # what is left of function k once those before it meet it at their points
            before = design[points] @ rows[:, :k]
            rows[:, k] -= rows[:, :k] @ solve_triangular(
                before, design[points] @ rows[:, k], lower=True
            )
        values = design @ rows[:, k]
        points.append(int(np.abs(values).argmax()) if k else len(places) // 2)
        rows[:, k] /= values[points[-1]]
    weighted = np.sqrt(axis.weights)[:, None] * (axis.sparse_design() @ rows)
    length = basis.upper - basis.lower
    sizes = np.sqrt((weighted**2).sum(axis=0) / length)
    return Nested(rows, places[points], (design[points] @ rows).T, sizes)


def _in_order(axis: ProblemAxis) -> Floats:
    """Table rows [n_rows, n_rows] of splines, orthogonal in L2: polynomials below the degree, then
    those whose derivative of that order is the least."""
    basis, p = axis.basis, axis.basis.degree
    design, root = axis.sparse_design().toarray(), np.sqrt(axis.weights)[:, None]
    mass = (root * design).T @ (root * design)
    bent = root * axis.sparse_design(p).toarray()
    _, found = eigh(bent.T @ bent, mass)
    local = 2 * (axis.nodes - basis.lower) / (basis.upper - basis.lower) - 1
    found[:, :p] = np.linalg.solve(
        mass, design.T @ (axis.weights[:, None] * legvander(local, p)[:, :p])
    )
    return np.asarray(found)
