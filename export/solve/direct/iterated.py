"""Systems whose matrix is too large to be factorised, by GMRES: preconditioned by the terms that
name one axis each (`factor`: a Kronecker sum)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, gmres

from ..solvers.fields.operators import Operator
from ..solvers.tensor_system import TensorSystem
from .factor import factorised, load_of

Floats = NDArray[np.float64]
SMALL = 1e-6  # relative preconditioned residual that ends GMRES
KRYLOV = 80  # its directions at most
MOST = 150_000  # coefficients: 96 MB of directions


def iterated_solution(system: TensorSystem) -> Floats | None:
    """The coefficients [n_1, .., n_D]; None where there are too many, where no terms name one axis
    each, or where GMRES does not end. Raises LinAlgError where those terms are singular."""
    plain = tuple(t for t in system.terms if len(t) == 1)
    if np.prod(system.sizes, dtype=float) > MOST or not plain:
        return None
    parts = system.maps, system.background, plain, system.loads
    inverse = factorised(TensorSystem.of(*parts))
    if inverse is None:
        return None

    def image(flat: Floats) -> Floats:
        return inverse(applied(system, flat.reshape(system.sizes))).reshape(-1)

    side = inverse(load_of(system)).reshape(-1)
    whole = LinearOperator((side.size, side.size), image, dtype=float)
    found, left = gmres(whole, side, rtol=SMALL, restart=KRYLOV, maxiter=1)
    return None if left else np.asarray(found.reshape(system.sizes))


def applied(system: TensorSystem, found: Floats) -> Floats:
    """The operator applied to coefficients [n_1, .., n_D]."""
    total = np.zeros(found.shape)
    for k in range(len(system.terms)):
        image = found
        for d in range(system.dimension):
            flat = np.moveaxis(image, d, 0)
            moved = system.matrix(k, d) @ flat.reshape(len(flat), -1)
            image = np.moveaxis(np.asarray(moved).reshape(flat.shape), 0, d)
        total = total + image
    return total + sum(_through(o, found) for o in system.operators)


def _through(operator: Operator, found: Floats) -> Floats:
    """A train of matrices applied to coefficients: axis by axis, its image appended behind."""
    state: Floats = found.reshape(1, -1)  # [r, n_d .. n_D n_1 .. n_(d-1)]
    for core in operator:
        rank, after = len(core.data), core.data.shape[2]
        rest = state.reshape(rank, core.size, -1).transpose(1, 0, 2)
        image = core.joined @ np.ascontiguousarray(rest).reshape(core.size * rank, -1)
        moved = np.asarray(image).reshape(core.size, after, -1).transpose(1, 2, 0)
        state = np.ascontiguousarray(moved)
    return state.reshape(found.shape)
