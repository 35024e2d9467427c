"""Matrices and vectors of the factors of a weak form on a part."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ..weak_form.errors import ProblemError
from ..weak_form.forms import Expression, Factor, Product
from .part import PartAxis
from .regions import Region

Floats = NDArray[np.float64]
Matrix = Any  # sparse.csr_array: scipy has no types


def _region(axis: PartAxis, factor: Factor) -> tuple[Region, Floats]:
    """Where a factor is integrated, and the weights of its points, times its coefficient."""
    region = axis.space.region(factor.where)
    c = factor.coefficient
    if c is None:
        return region, region.weights
    places = axis.space.places(region.first, len(region.weights))
    return region, region.weights * c.at(places)


def _along(axis: PartAxis, region: Region, nu: int, component: int) -> Matrix:
    """d u_component / dx_nu (nu = 0: its value) at the points of a region, [Q, n_rows]."""
    design = region.design(nu)
    pick = np.eye(axis.components)[[component]]
    return design if axis.components == 1 else sparse.csr_array(sparse.kron(design, pick))


def _strains(axis: PartAxis, region: Region) -> list[Matrix]:
    """eps_ij of the unknown; those off the diagonal times sqrt 2: their squares sum to eps:eps."""
    found = []
    for i in range(axis.components):
        found.append(_along(axis, region, i + 1, i))
        for j in range(i):
            both = _along(axis, region, i + 1, j) + _along(axis, region, j + 1, i)
            found.append(both * np.sqrt(0.5))
    return found


def _divergence(axis: PartAxis, region: Region) -> Matrix:
    return sum(_along(axis, region, i + 1, i) for i in range(axis.components))


def matrix_of(axis: PartAxis, factor: Factor) -> Matrix:
    """int c times the form of a factor, [n_rows, n_rows]."""
    region, weights = _region(axis, factor)
    trial, test = _sides(axis, region, factor)
    scaled = sparse.diags_array(weights)
    found = sum(t.T @ scaled @ u for u, t in zip(trial, test, strict=True))
    found = sparse.csr_array(found)
    if factor.form == "grad" and axis.components > 1:
        return sparse.csr_array(sparse.kron(found, np.eye(axis.components)))
    found.sum_duplicates()
    return found


def _sides(axis: PartAxis, region: Region, factor: Factor) -> tuple[list[Matrix], list[Matrix]]:
    """What of the unknown is multiplied with what of the test function."""
    if factor.form == "grad":
        found = [region.design(k + 1) for k in range(axis.space.dimension)]
        return found, found
    if factor.form == "strain":
        found = _strains(axis, region)
        return found, found
    if factor.form == "div":
        found = [_divergence(axis, region)]
        return found, found
    one, other = factor.pick
    if axis.components == 1 or (one, other) != (None, None):
        if axis.components > 1 and (one is None or other is None):
            raise ProblemError(
                f"a term picks a component of one field only; write u[..] and v[..] both (axis"
                f" {axis.name!r})"
            )
        return [_along(axis, region, factor.trial, one or 0)], [
            _along(axis, region, factor.test, other or 0)
        ]
    every = range(axis.components)
    return [_along(axis, region, factor.trial, i) for i in every], [
        _along(axis, region, factor.test, i) for i in every
    ]


def vector_of(axis: PartAxis, factor: Factor) -> Floats:
    """int c times the test function of a factor, [n_rows]."""
    return np.asarray(tested_by(axis, factor).T @ weights_of(axis, factor))


def weights_of(axis: PartAxis, factor: Factor) -> Floats:
    """Weights of the points where a factor is integrated, times its coefficient [Q]."""
    return _region(axis, factor)[1]


def tested_by(axis: PartAxis, factor: Factor) -> Matrix:
    """What of the test function the load of a factor is multiplied with, [Q, n_rows]."""
    region = axis.space.region(factor.where)
    if factor.form == "div":
        return _divergence(axis, region)
    component = factor.pick[1]
    if axis.components > 1 and component is None:
        raise ProblemError(
            f"a load on {axis.name!r} names no component; write"
            f" {' or '.join(f'v[{w!r}]' for w in axis.labels)} in place of v"
        )
    return _along(axis, region, factor.test, component or 0)


def _form(kind: str, u: Expression | None, v: Expression, axis: PartAxis) -> Expression:
    """One product of the fields with a form on the axis."""
    if axis.components == 1 and kind != "grad":
        raise ProblemError(
            f"{kind} on {axis.name!r} needs an unknown with components; mesh_space(..,"
            " components=2)"
        )
    if kind != "grad" and axis.components != axis.space.dimension:
        raise ProblemError(
            f"{kind} on {axis.name!r} needs {axis.space.dimension} components, it has"
            f" {axis.components}"
        )
    fields = v if u is None else u * v
    return Expression((Product(factors={axis: Factor(form=kind)}),)) * fields


def grad_grad(u: Expression, v: Expression, part: PartAxis) -> Expression:
    """grad u . grad v on a part, of every component."""
    return _form("grad", u, v, part)


def div_div(u: Expression, v: Expression, part: PartAxis) -> Expression:
    """div u div v on a part."""
    return _form("div", u, v, part)


def strain_strain(u: Expression, v: Expression, part: PartAxis) -> Expression:
    """eps(u) : eps(v) on a part, eps the symmetric part of the gradient."""
    return _form("strain", u, v, part)


def div(v: Expression, part: PartAxis) -> Expression:
    """div v of a test function on a part: c * div(v, part) is the load of a swelling c."""
    return _form("div", None, v, part)
