"""Polynomial chaos expansions: sums of products of one-dimensional polynomials, exact up to degree
7 per input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import factorial

import numpy as np
from numpy.polynomial import hermite_e, legendre
from numpy.typing import ArrayLike, NDArray

from sna_edge import Output
from sna_edge.errors import InputError
from sna_edge.values.reals import reals

from ..adopted import Adopted, Domain
from ..atoms import Atoms, polynomials

Floats = NDArray[np.float64]


def legendre_powers(degree: int, lower: float, upper: float) -> Floats:
    """Power coefficients [degree+1, degree+1] (column n: P_n, orthonormal for the uniform law on
    [lower, upper])."""
    return _powers(
        legendre.leg2poly,
        degree,
        (lower + upper) / 2,
        (upper - lower) / 2,
        lambda n: np.sqrt(2 * n + 1.0),
    )


def hermite_powers(degree: int, mean: float, deviation: float) -> Floats:
    """Power coefficients (column n: He_n, orthonormal for the normal law)."""
    return _powers(
        hermite_e.herme2poly, degree, mean, deviation, lambda n: 1.0 / np.sqrt(factorial(n))
    )


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
    outputs: Sequence[Output] | None = None,
) -> Adopted:
    """f_k = sum_j c[j, k] prod_d P_{d, indices[j, d]}(x_d), P_{d, n} = sum_m powers[d][m, n] x^m.

    coefficients [J] or [J, K], indices [J, D] (degrees), powers[d] [m, n] as `legendre_powers` or
    `hermite_powers` give them; identity matrices for monomials (numpoly's `exponents` and
    `coefficients`). Raises InputError for shapes that do not fit.

    1 + 2 P_1(a) + P_1(a) P_2(b) / 2, orthonormal Legendre polynomials on [-1, 1]:

    >>> from sna_export.adopt import Domain, from_chaos, legendre_powers
    >>> domain = [Domain("a", "", -1.0, 1.0), Domain("b", "", -1.0, 1.0)]
    >>> powers = [legendre_powers(2, -1.0, 1.0)] * 2
    >>> model = from_chaos([1.0, 2.0, 0.5], [[0, 0], [1, 0], [1, 2]], powers, domain).compile()
    >>> print(f"{model(a=1.0, b=1.0)[0]:.6f}")  # 1 + 2 sqrt 3 + sqrt 15 / 2
    6.400593
    >>> model.certificate["adoption"]
    'exact'
    """
    index, c = _degrees(indices), reals(coefficients, "coefficients", finite=True)
    c = c[:, None] if c.ndim == 1 else c
    if (
        index.ndim != 2
        or len(index) != len(c)
        or index.shape[1] != len(domain)
        or len(powers) != len(domain)
    ):
        raise InputError(
            f"coefficients {c.shape} and indices {index.shape} do not fit {len(domain)} inputs;"
            " give [J] and [J, D]"
        )
    outputs = outputs or [Output(f"y{k}" if c.shape[1] > 1 else "y") for k in range(c.shape[1])]
    if c.shape[1] != len(outputs):
        raise InputError(f"coefficients have {c.shape[1]} columns for {len(outputs)} outputs")
    tables = [reals(p, "powers", finite=True) for p in powers]

    def atoms(d: int, degrees: NDArray[np.int64]) -> Atoms:
        top = int(degrees.max(initial=0)) + 1
        return polynomials(tables[d][:top, degrees], domain[d].lower, domain[d].upper)

    return expansion(c, index, atoms, np.array([t[0, 0] for t in tables]), domain, outputs)


def _degrees(indices: ArrayLike) -> NDArray[np.int64]:
    found = reals(indices, "indices", finite=True)
    if np.any(found != np.rint(found)) or np.any(found < 0):
        raise InputError("indices are degrees of polynomials; give whole numbers from 0")
    return found.astype(np.int64)


def expansion(
    c: Floats,
    index: NDArray[np.int64],
    atoms: Callable[[int, NDArray[np.int64]], Atoms],
    zeroth: Floats,
    domain: Sequence[Domain],
    outputs: Sequence[Output],
) -> Adopted:
    """sum_j c[j, k] prod_d P_{d, index[j, d]}(x_d): `atoms(d, degrees)` are the P_{d, n}, `zeroth`
    [D] the constants P_{d, 0}."""
    varies = index.any(axis=1)
    bias = c[~varies].sum(axis=0) * np.prod(zeroth)
    outputs = tuple(
        Output(o.name, o.unit, bias=float(b)) for o, b in zip(outputs, bias, strict=True)
    )
    kept = index[varies]
    modes = tuple(np.flatnonzero(column) for column in kept.T)
    made = tuple(atoms(d, kept[used, d]) for d, used in enumerate(modes))
    weights = c[varies] * np.prod(np.where(kept == 0, zeroth, 1.0), axis=1)[:, None]
    return Adopted(
        tuple(domain), made, modes, weights, outputs, f"polynomial chaos of {len(c)} terms"
    )
