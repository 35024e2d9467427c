"""A solved train as a sum of products: the CP form that every runtime evaluates fastest.

min over U of || train - sum_r (x)_d U_d[:, r] ||, one axis after the other, each a least-squares
problem with the R x R Gram matrix of the others and a proximal term that shrinks with the sweeps:
it carries the alternation across the swamps in which two modes nearly cancel. Source: Navasca, De
Lathauwer & Kindermann, Swamp reducing technique for tensor decomposition, EUSIPCO (2008).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..trains.cores import Cores
from .progress import Progress

Floats = NDArray[np.float64]
PROXIMAL, SHRINK, LEAST = (
    1e-3,
    0.9,
    1e-9,
)  # weight of the last iterate, its factor per sweep, its end; train of norm 1
WATCH, GAIN = 25, 5e-3  # stop when so many sweeps lower the error by less than this share


def cp_of_train(
    cores: Cores,
    rank: int,
    *,
    tolerance: float = 0.0,
    sweeps: int = 600,
    seed: int = 0,
    progress: Progress | None = None,
) -> list[Floats]:
    """Tables [n_d, R] whose sum of products is near the train in the norm of its coefficients.

    Stops at the relative error `tolerance`, after `sweeps`, when the error stalls, or at the time
    limit of `progress`.
    """
    size = float(np.sqrt(_square(cores)))
    if size == 0.0:
        return [np.zeros((c.shape[1], rank)) for c in cores]
    cores = [cores[0] / size, *cores[1:]]
    rng = np.random.default_rng(seed)
    tables = [
        t / np.linalg.norm(t, axis=0)
        for t in (rng.standard_normal((c.shape[1], rank)) for c in cores)
    ]
    errors = []
    for sweep in range(sweeps):
        tables, error = _sweep(cores, tables, max(PROXIMAL * SHRINK**sweep, LEAST))
        errors.append(error)
        stalled = sweep > 100 and errors[-1] > (1 - GAIN) * errors[-1 - WATCH]
        if error <= tolerance or stalled or (progress is not None and progress.expired):
            break
    if progress is not None:
        progress.report(rank, errors[-1])
    return [t * size ** (1 / len(tables)) for t in tables]


def _square(cores: Cores) -> float:
    state = np.ones((1, 1))
    for core in cores:
        half = np.tensordot(state, core, 1)
        state = np.tensordot(half, core, ([0, 1], [0, 1])).T
    return float(state[0, 0])


def _sweep(cores: Cores, tables: list[Floats], proximal: float) -> tuple[list[Floats], float]:
    """One pass over the axes; returns even tables and the relative error."""
    last, rank = len(cores) - 1, tables[0].shape[1]
    rights = [np.ones((1, rank))]
    for d in range(last, 0, -1):
        rights.append(_contract(cores[d], tables[d], rights[-1]))
    rights.reverse()
    grams = [t.T @ t for t in tables]
    left, error = np.ones((1, rank)), 0.0
    for d, core in enumerate(cores):
        others = np.prod([g for e, g in enumerate(grams) if e != d], axis=0)
        target = _project(core, left, rights[d])
        tables[d] = np.linalg.solve(
            others + proximal * np.eye(rank), (target + proximal * tables[d]).T
        ).T
        if d == last:
            square = (
                1.0 - 2.0 * np.sum(target * tables[d]) + np.sum(others * (tables[d].T @ tables[d]))
            )
            error = float(np.sqrt(max(square, 0.0)))
            break
        lengths = np.linalg.norm(tables[d], axis=0)
        tables[d] = tables[d] / lengths
        tables[d + 1] = tables[d + 1] * lengths
        grams[d], grams[d + 1] = tables[d].T @ tables[d], tables[d + 1].T @ tables[d + 1]
        left = _contract(core.transpose(2, 1, 0), tables[d], left)
    return _even(tables), error


def _contract(core: Floats, table: Floats, state: Floats) -> Floats:
    """[a, R] = sum over i, b of core[a, i, b] table[i, R] state[b, R]."""
    a, n, b = core.shape
    mixed = (core.transpose(0, 2, 1).reshape(a * b, n) @ table).reshape(a, b, -1)
    return np.asarray((mixed * state).sum(axis=1))


def _project(core: Floats, left: Floats, right: Floats) -> Floats:
    """[i, R] = sum over a, b of core[a, i, b] left[a, R] right[b, R]."""
    a, n, b = core.shape
    pairs = (left[:, None, :] * right[None, :, :]).reshape(a * b, -1)
    return np.asarray(core.transpose(1, 0, 2).reshape(n, a * b) @ pairs)


def _even(tables: list[Floats]) -> list[Floats]:
    """The same modes with equal lengths on every axis."""
    lengths = np.stack([np.linalg.norm(t, axis=0) for t in tables])
    mean = np.exp(np.mean(np.log(np.maximum(lengths, 1e-300)), axis=0))
    return [t / np.maximum(n, 1e-300) * mean for t, n in zip(tables, lengths, strict=True)]
