"""Contractions of all axes left of a bond, for sums of products, at a cost linear in the number of
axes.

A term k that names the axes A_k is `open` between min A_k and max A_k; left of that it is the
background product, right of that it is added to the one sum of closed terms. Laplace-like sums so
cost the same per axis for every D.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .tensor_system import TensorSystem

Floats = NDArray[np.float64]
Contraction = Callable[
    [Floats, int], Floats
]  # (state at the left bond, index of the axis's matrix) -> state at the right bond


@dataclass
class Bond:
    """States at one bond: nothing begun, all closed terms, each open term; and the loads. Of every
    term that is a train of matrices [s, a, a'], of a load that is a train of vectors [s, a]; of the
    images of the train before, [s, a, a']."""

    none: Floats
    closed: Floats
    load: Floats
    opened: dict[int, Floats] = field(default_factory=dict)
    operators: list[Floats] = field(default_factory=list)
    train_load: Floats | None = None
    moved: list[Floats] = field(default_factory=list)


@dataclass(frozen=True)
class LocalTerm:
    """One term of axis d between its interfaces: matrix index in the axis's family, left and right
    state."""

    matrix: int
    left: Floats
    right: Floats


def start(none: Floats, load: Floats) -> Bond:
    """The bond before the first axis."""
    return Bond(none, np.zeros_like(none), load)


def advance(system: TensorSystem, d: int, bond: Bond, step: Contraction, load: Floats) -> Bond:
    """The bond after axis d; `step` contracts the axis with one of its matrices, `load` is the
    advanced load state."""
    none = step(bond.none, 0)
    closed = step(bond.closed, 0) if bond.closed.any() else np.zeros_like(none)
    opened: dict[int, Floats] = {}
    for k, first, last in system.extents:
        if first <= d <= last:
            state = step(bond.none if d == first else bond.opened[k], system.index(k, d))
            if d == last:
                closed = closed + state
            else:
                opened[k] = state
    return Bond(none, closed, load, opened)


def local_terms(system: TensorSystem, d: int, left: Bond, right: Bond) -> list[LocalTerm]:
    """The operator on axis d. `right` is a bond of the mirrored sweep: open terms carry the same
    numbers."""
    terms = [LocalTerm(0, left.closed, right.none), LocalTerm(0, left.none, right.closed)]
    for k, first, last in system.extents:
        if first <= d <= last:
            lhs = left.none if first == d else left.opened[k]
            rhs = right.none if last == d else right.opened[k]
            terms.append(LocalTerm(system.index(k, d), lhs, rhs))
    return [t for t in terms if t.left.any() and t.right.any()]


def hadamard_step(test: Floats, images: Sequence[Floats]) -> Contraction:
    """CP: state [R, R'] * (U_test^T M U_trial); images[m] = M_m U_trial [n, R']."""
    return lambda state, m: state * (test.T @ images[m])


def train_step(test: Floats, images: Sequence[Floats]) -> Contraction:
    """TT: state [a, a'] -> [b, b'] through cores test [a, n, b] and images[m] = M_m trial [a', n,
    b']."""
    a, n, b = test.shape

    def step(state: Floats, m: int) -> Floats:
        half = (state.T @ test.reshape(a, -1)).reshape(-1, b)
        return half.T @ images[m].reshape(len(half), -1)

    return step
