"""Polynomial chaos expansions: sums of products of one-dimensional polynomials, exact up to degree 7 per input."""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial

import numpy as np
from numpy.polynomial import hermite_e, legendre
from numpy.typing import ArrayLike, NDArray

from sna_edge import Output
from sna_edge.errors import InputError

from .atoms import Atoms, polynomials
from .separable import Adopted, Domain

Floats = NDArray[np.float64]


def legendre_powers(degree: int, lower: float, upper: float) -> Floats:
    """Power coefficients [degree+1, degree+1] (column n: P_n, orthonormal for the uniform law on [lower, upper])."""
    return _powers(legendre.leg2poly, degree, (lower + upper) / 2, (upper - lower) / 2, lambda n: np.sqrt(2 * n + 1.0))


def hermite_powers(degree: int, mean: float, deviation: float) -> Floats:
    """Power coefficients (column n: He_n, orthonormal for the normal law)."""
    return _powers(hermite_e.herme2poly, degree, mean, deviation, lambda n: 1.0 / np.sqrt(factorial(n)))


def _powers(to_power, degree: int, middle: float, half: float, norm) -> Floats:
    columns = []
    for n in range(degree + 1):
        standard = np.polynomial.Polynomial(to_power(np.eye(degree + 1)[n]))
        moved = standard(np.polynomial.Polynomial([-middle / half, 1.0 / half])).coef * norm(n)
        columns.append(np.pad(moved, (0, degree + 1 - len(moved))))
    return np.stack(columns, axis=1)


def from_chaos(
    coefficients: ArrayLike,
    indices: ArrayLike,
    powers: Sequence[Floats],
    domain: Sequence[Domain],
    outputs: Sequence[Output] = (Output("y"),),
) -> Adopted:
    """f_k = sum_j c[j, k] prod_d P_{d, indices[j, d]}(x_d), P_{d, n} = sum_m powers[d][m, n] x^m.

    coefficients [J] or [J, K], indices [J, D] (degrees), powers[d] [m, n] as `legendre_powers` or `hermite_powers` give them;
    identity matrices for monomials (numpoly's `exponents` and `coefficients`). Raises InputError for shapes that do not fit.
    """
    index, c = np.asarray(indices, dtype=int), np.asarray(coefficients, dtype=float)
    c = c[:, None] if c.ndim == 1 else c
    if index.ndim != 2 or len(index) != len(c) or index.shape[1] != len(domain) or len(powers) != len(domain):
        raise InputError(f"coefficients {c.shape} and indices {index.shape} do not fit {len(domain)} inputs; give [J] and [J, D]")
    if c.shape[1] != len(outputs):
        raise InputError(f"coefficients have {c.shape[1]} columns for {len(outputs)} outputs")
    varies = index.any(axis=1)
    index, kept = index[varies], c[varies]
    bias = c[~varies].sum(axis=0) * np.prod([p[0, 0] for p in powers])
    outputs = tuple(Output(o.name, o.unit, bias=float(b)) for o, b in zip(outputs, bias, strict=True))
    atoms: list[Atoms] = []
    modes = []
    constant = np.ones(len(index))
    for d, (table, box) in enumerate(zip(powers, domain, strict=True)):
        used = np.flatnonzero(index[:, d])
        constant[index[:, d] == 0] *= table[0, 0]
        top = int(index[:, d].max(initial=0)) + 1
        atoms.append(polynomials(np.asarray(table, dtype=float)[:top, index[used, d]], box.lower, box.upper))
        modes.append(used)
    return Adopted(tuple(domain), tuple(atoms), tuple(modes), kept * constant[:, None], outputs, f"polynomial chaos of {len(c)} terms")


def from_numpoly(polynomial, domain: Sequence[Domain], output: Output | None = None) -> Adopted:
    """A fitted chaospy expansion (a numpoly polynomial): its monomials."""
    names = [str(n) for n in polynomial.names]
    exponents = np.zeros((len(polynomial.exponents), len(domain)), dtype=int)
    for column, name in enumerate(names):
        exponents[:, int(name.lstrip("q"))] = np.asarray(polynomial.exponents)[:, column]
    top = int(exponents.max()) + 1
    coefficients = np.array([float(c) for c in polynomial.coefficients])
    return from_chaos(coefficients, exponents, [np.eye(top)] * len(domain), domain, (output or Output("y"),))
