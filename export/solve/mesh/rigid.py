"""Whether a part is held: no motion of it as a whole may cost nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from ..weak_form.errors import ProblemError
from .part import NodeAxis

Floats = NDArray[np.float64]
LOOSE = 1e-9  # of the largest entry: a row that sums to 0
NOTHING = 1e-12  # of the squared size: a motion that is 0 where held, an image that is 0


def motions(axis: NodeAxis) -> tuple[Floats, list[str]]:
    """Shifts and turns of the part [n_rows, m], and what they are called; shifts alone where the
    places of its nodes are not known."""
    c, columns, names = axis.components, [], []
    count, x = axis.n_rows // c, np.zeros((0, 0)) if axis.points is None else axis.points
    if len(x):
        x = x - x.mean(axis=1, keepdims=True)
        x = x / np.abs(x).max()
    for i in range(c):
        shift = np.zeros((count, c))
        shift[:, i] = 1.0
        columns.append(shift.reshape(-1))
        names.append(f"a shift along {axis.labels[i]}")
        for j in range(i if len(x) >= c else 0):
            turn = np.zeros((count, c))
            turn[:, i], turn[:, j] = x[j], -x[i]
            columns.append(turn.reshape(-1))
            names.append(f"a turn in the plane {axis.labels[j]} {axis.labels[i]}")
    return np.stack(columns, axis=1), names


def need_held(axis: NodeAxis, matrices: Sequence[Any]) -> None:
    """Raises ProblemError for a motion that nothing holds; matrices on all rows."""
    found, names = motions(axis)
    held = np.ones(axis.n_rows, dtype=bool)
    held[axis.free.tocoo().row] = False
    images = np.vstack([found[held], *(m @ found / abs(m).max() for m in matrices)])
    values, turns = np.linalg.eigh(images.T @ images)
    if values[0] > NOTHING * max(values[-1], 1e-300):
        return
    most = int(np.argmax(np.abs(turns[:, 0])))
    raise ProblemError(
        f"nothing holds {axis.name!r} against {names[most]}: its supports leave it free; hold"
        " another component, or another boundary"
    )


def need_joined(axis: NodeAxis, matrices: Sequence[Any]) -> None:
    """Raises ProblemError for a body of the part that neither a support nor a term holds."""
    if not matrices:
        return
    c = axis.components
    row = np.arange(axis.n_rows)
    nodes = sparse.csr_array((np.ones(axis.n_rows), (row, row // c)))
    pattern = nodes.T @ sum(abs(m) for m in matrices) @ nodes
    count, body = connected_components(pattern, directed=False)
    if count == 1:
        return
    free = np.ones(count, dtype=bool)
    held = np.setdiff1d(row, axis.free.tocoo().row)
    free[body[held // c]] = False
    shift = sparse.csr_array((np.ones(axis.n_rows), (row, body[row // c])))
    for matrix in matrices:
        free &= abs(matrix @ shift).max(axis=0).toarray().reshape(-1) < LOOSE * abs(matrix).max()
    if free.any():
        raise ProblemError(
            f"{axis.name!r} has {count} bodies, and nothing holds the one of node"
            f" {int(np.flatnonzero(free[body])[0])}; join them, or hold it too"
        )
