"""Symmetric positive definite systems: damped steps, factors lifted until they exist, inverses."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.linalg.lapack import dpotri

Floats = NDArray[np.float64]
Moved = TypeVar("Moved")
MIRRORED = 128
"""Rows of a matrix that are mirrored at a time."""
EASIER, HARDER = 5.0, 4.0
"""The damping is divided by the one after a step that is taken, multiplied by the other else."""
LEAST_DAMPING, NO_FACTOR = 1e-12, 1e-14
"""The damping that steps end with, and the least after a matrix that had no factor."""


def damped_step(
    a: Floats,
    g: Floats,
    damping: float,
    attempt: Callable[[Floats], Moved | None],
    *,
    tries: int,
) -> tuple[Moved | None, Floats | None, float]:
    """The first solution of (A + damping diag A) d = g, along growing damping, that `attempt`
    accepts.

    a [P, P], g [P]; `attempt(d)` moves by d and returns what came of it, None to refuse. Returns
    that, the lower Cholesky factor [P, P] and the damping to begin the next step with; (None, None,
    damping) after `tries`. Source: Nocedal and Wright, Numerical Optimization (2006), section 10.3.
    """
    diagonal = np.diag(a).copy()
    diagonal = np.maximum(diagonal, 1e-10 * diagonal.max())
    for _ in range(tries):
        lifted = a.copy()
        lifted[np.diag_indices(len(a))] += damping * diagonal
        try:
            factor = cho_factor(lifted, lower=True, overwrite_a=True, check_finite=False)
        except LinAlgError:
            damping = max(10.0 * damping, NO_FACTOR)
            continue
        moved = attempt(cho_solve(factor, g, check_finite=False))
        if moved is not None:
            return moved, factor[0], max(damping / EASIER, LEAST_DAMPING)
        damping *= HARDER
    return None, None, damping


def factorised(a: Floats) -> Floats:
    """Lower Cholesky factor of a, its diagonal lifted as little as needed."""
    lift = 0.0
    while True:
        try:
            return np.asarray(
                cho_factor(a + lift * np.diag(np.diag(a)), lower=True, check_finite=False)[0]
            )
        except LinAlgError:
            lift = max(10.0 * lift, 1e-13)


def inverse_of(factor: Floats, *, overwrite: bool = False) -> Floats:
    """A^-1 [P, P] from the lower Cholesky factor of A; in its place where `overwrite`."""
    return mirrored(dpotri(factor, lower=1, overwrite_c=overwrite)[0]).T


def mirrored(a: Floats) -> Floats:
    """a [P, P] with its lower half written over the upper one, in place."""
    for start in range(0, len(a), MIRRORED):
        end = start + MIRRORED
        square = a[start:end, start:end]
        square[:] = np.tril(square) + np.tril(square, -1).T
        a[start:end, end:] = a[end:, start:end].T
    return a
