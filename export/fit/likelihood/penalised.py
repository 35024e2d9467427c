"""Maximum penalised likelihood of a linear part.

    min over b, c of  sum_n weight_n loss(y_n, z_n b + c) + |b|^2 / 2

by Newton steps (iteratively reweighted least squares) where there is one linear part, by L-BFGS in
coordinates that make the curvature even where there are several.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, cholesky, eigh, solve_triangular
from scipy.optimize import minimize

from .families import Family

Floats = NDArray[np.float64]
STEPS, HALVINGS = 50, 12
CLOSE = 1e-4
"""Newton stops after a step that promised less than this share of the objective; what is left is
about its square."""
FREE = 1e-7
"""Ridge of the constant."""
SINGULAR = 1e-12


def compressed(z: Floats) -> tuple[Floats, Floats | None]:
    """z [N, P] with P > N turned to as many columns as rows with the same inner products, and the
    turn V [P, N] (None where nothing was turned): b = V b'."""
    if z.shape[1] <= z.shape[0]:
        return z, None
    values, vectors = eigh(z @ z.T)
    kept = values > SINGULAR * values[-1]
    root = np.sqrt(values[kept])
    vectors = vectors[:, kept]
    return vectors * root, (z.T @ vectors) / root


def fitted(
    family: Family, z: Floats, y: Floats, weight: Floats, start: Floats | None = None
) -> Floats:
    """[1 + P, K]: constants, then b. `start` likewise."""
    design = np.c_[np.ones(len(z)), z]
    ridge = np.r_[FREE, np.ones(z.shape[1])]
    if start is None or start.shape != (design.shape[1], family.columns):
        start = np.zeros((design.shape[1], family.columns))
        start[0] = family.constant(y, weight)
    solve = _newton if family.columns == 1 else _quasi_newton
    return solve(family, design, ridge, y, weight, start)


def linear_part(theta: Floats, z: Floats) -> Floats:
    """f [N, K]."""
    return np.asarray(theta[0] + z @ theta[1:])


def _newton(
    family: Family, design: Floats, ridge: Floats, y: Floats, weight: Floats, theta: Floats
) -> Floats:
    b = theta[:, 0].copy()

    def objective(b: Floats) -> float:
        with np.errstate(over="ignore"):
            loss = float(weight @ family.loss(y, (design @ b)[:, None]))
        return loss + 0.5 * float(ridge @ b**2)

    before = objective(b)
    for _ in range(STEPS):
        f = (design @ b)[:, None]
        slope = design.T @ (weight * family.slope(y, f)[:, 0]) + ridge * b
        w = weight * family.curvature(y, f)[:, 0]
        a = design.T @ (design * w[:, None])
        a[np.diag_indices_from(a)] += ridge
        step = cho_solve(cho_factor(a, check_finite=False), slope)
        promised, share = 0.5 * float(slope @ step), 1.0
        for _ in range(HALVINGS):
            after = objective(b - share * step)
            if after <= before:
                break
            share *= 0.5
        else:
            break
        b, before = b - share * step, after
        if promised < CLOSE * max(abs(before), 1.0):
            break
    return b[:, None]


def _quasi_newton(
    family: Family, design: Floats, ridge: Floats, y: Floats, weight: Floats, theta: Floats
) -> Floats:
    """Coordinates u with theta = L^-T u, L L' = design' W design + ridge, W the curvature at the
    start."""
    w = weight * family.curvature(y, design @ theta).mean(axis=1)
    a = design.T @ (design * np.maximum(w, 1e-3 * w.max())[:, None])
    a[np.diag_indices_from(a)] += ridge
    low = cholesky(a, lower=True, check_finite=False)
    turned = solve_triangular(low, design.T, lower=True, check_finite=False).T

    def back(u: Floats) -> Floats:
        return np.asarray(solve_triangular(low, u, lower=True, trans="T", check_finite=False))

    def objective(flat: Floats) -> tuple[float, Floats]:
        u = flat.reshape(theta.shape)
        b, f = back(u), turned @ u
        value = float(weight @ family.loss(y, f)) + 0.5 * float(ridge @ (b**2).sum(axis=1))
        slope = turned.T @ (weight[:, None] * family.slope(y, f)) + solve_triangular(
            low, ridge[:, None] * b, lower=True, check_finite=False
        )
        return value, slope.ravel()

    found = minimize(
        objective,
        (low.T @ theta).ravel(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 200, "ftol": 1e-9, "gtol": 1e-6 * len(y)},
    )
    return back(found.x.reshape(theta.shape))
