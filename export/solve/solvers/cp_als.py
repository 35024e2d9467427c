"""Galerkin alternating least squares in CP form, with rank growth from the residual.

For axis d, the others fixed: sum_k M_{k,d} X G_k^T = sum_s f_{s,d} g_s^T, G_k = Hadamard product
over e != d of U_e^T M_{k,e} U_e: block-banded, symmetric or not. Source: Beylkin & Mohlenkamp,
Algorithms for numerical analysis in high dimensions, SIAM J. Sci. Comput. 26 (2005).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .interfaces import Bond, LocalTerm, advance, hadamard_step, local_terms, start
from .progress import Progress
from .tensor_system import TensorSystem

Floats = NDArray[np.float64]
Tables = list[Floats]  # U_d [n_d, R]
SPENT = 0.3  # share of the tolerance that the compression at the end may use


@dataclass(frozen=True)
class CPSettings:
    """rank_max modes at most, grown by `step`; `sweeps` half sweeps per rank, until a sweep changes
    less than `tolerance`."""

    rank_max: int = 16
    tolerance: float = 1e-8
    step: int = 1
    sweeps: int = 20
    seed: int = 0
    device: str | None = None


def solve_cp(
    system: TensorSystem, settings: CPSettings, progress: Progress, guess: Tables | None = None
) -> Tables:
    """Grow from `guess` (or one random mode) until residual or change falls below the tolerance, or
    rank_max.

    Stops on updates as well: the factored residual cancels near 1e-8 of the load and says nothing
    below.
    """
    rng = np.random.default_rng(settings.seed)
    tables = (
        guess
        if guess is not None
        else random_tables(system, min(settings.step, settings.rank_max), rng)
    )
    tables, change = alternate(system, tables, settings, progress)
    while True:
        residual = residual_norm(system, tables)
        progress.report(tables[0].shape[1], change, residual)
        room = settings.rank_max - tables[0].shape[1]
        if residual <= settings.tolerance or room <= 0 or progress.expired:
            return tables
        before = tables
        tables = _grown(system, tables, min(settings.step, room), settings, progress, rng)
        tables, change = alternate(system, tables, settings, progress)
        if distance(system, before, tables) <= settings.tolerance * norm(system, tables):
            progress.report(tables[0].shape[1], change, residual_norm(system, tables))
            return tables


def random_tables(system: TensorSystem, rank: int, rng: np.random.Generator) -> Tables:
    """Positive random starts: a sign-free guess cannot be orthogonal to a one-signed load in high
    dimension."""
    return [0.5 + rng.random((n, rank)) for n in system.sizes]


def _grown(
    system: TensorSystem,
    tables: Tables,
    step: int,
    settings: CPSettings,
    progress: Progress,
    rng: np.random.Generator,
) -> Tables:
    """The modes plus `step` new ones that solve A delta = b - A u by a few sweeps from a random
    start."""
    left = residual_system(system, tables)
    few = CPSettings(step, settings.tolerance, step, 6, settings.seed, settings.device)
    extra, _ = alternate(left, random_tables(system, step, rng), few, progress)
    return [np.hstack(pair) for pair in zip(tables, extra, strict=True)]


def residual_system(system: TensorSystem, tables: Tables) -> TensorSystem:
    """The same operator with load b - A u, as S + K R columns."""
    loads = []
    for d, table in enumerate(tables):
        sign = -1.0 if d == 0 else 1.0
        images = [sign * np.asarray(system.matrix(k, d) @ table) for k in range(len(system.terms))]
        loads.append(np.hstack([system.loads[d], *images]))
    return system.with_loads(loads)


def residual_norm(system: TensorSystem, tables: Tables) -> float:
    """||b - A u|| / ||b|| in the scaled coefficients, from Gram products.

    The terms cancel: what is returned is never below the rounding of their sum (1e-8 of the largest
    term).
    """
    both = residual_system(system, tables).loads
    gram = np.prod([f.T @ f for f in both], axis=0)
    loads = system.loads[0].shape[1]
    scale = gram[:loads, :loads].sum()
    floor = np.finfo(float).eps * float(np.abs(gram).sum())
    return float(np.sqrt(max(gram.sum(), floor) / scale)) if scale > 0 else 0.0


def norm(system: TensorSystem, tables: Tables) -> float:
    """L2 norm over all axes."""
    gram = np.prod([t.T @ (m @ t) for t, m in zip(tables, system.background, strict=True)], axis=0)
    return float(np.sqrt(max(gram.sum(), 0.0)))


def distance(system: TensorSystem, a: Tables, b: Tables) -> float:
    """L2 norm of a - b."""
    signed = [np.hstack([p if d else -p, q]) for d, (p, q) in enumerate(zip(a, b, strict=True))]
    return norm(system, signed)


def alternate(
    system: TensorSystem, tables: Tables, settings: CPSettings, progress: Progress
) -> tuple[Tables, float]:
    """Half sweeps, left to right then right to left; returns the tables and the last relative
    change."""
    tables, flipped, change = [t.copy() for t in tables], False, np.inf
    if system.dimension == 1:
        return [
            _solve_axis(system, 0, _first(system, tables), _first(system, tables), settings)
        ], 0.0
    bonds = _bonds(system.mirrored, tables[::-1])
    for _ in range(settings.sweeps):
        active = system.mirrored if flipped else system
        bonds, change = _half_sweep(active, tables, bonds, settings)
        tables.reverse()
        flipped = not flipped
        if change <= 0.1 * settings.tolerance or progress.expired:
            break
    if flipped:
        tables.reverse()
    return balanced(tables), change


def _half_sweep(
    system: TensorSystem, tables: Tables, right: list[Bond], settings: CPSettings
) -> tuple[list[Bond], float]:
    """Solve axes 0 .. D-2 in place; returns the left bonds 0 .. D-1 and the relative L2 change."""
    last, moved, size = system.dimension - 1, 0.0, 1.0
    bonds = [_first(system, tables)]
    for d in range(last):
        left, beyond = bonds[d], right[last - d]
        fresh = _solve_axis(system, d, left, beyond, settings)
        gram, delta = left.none * beyond.none, fresh - tables[d]
        moved += _size(system, d, delta, gram)
        size = _size(system, d, fresh, gram)
        lengths = np.linalg.norm(fresh, axis=0)
        lengths[lengths == 0] = 1.0
        tables[d] = fresh / lengths
        tables[d + 1] = tables[d + 1] * lengths
        bonds.append(_advance(system, d, left, tables[d]))
    return bonds, float(np.sqrt(moved / size)) if size > 0 else 0.0


def _size(system: TensorSystem, d: int, table: Floats, gram: Floats) -> float:
    return float(max(np.sum((table.T @ (system.background[d] @ table)) * gram), 0.0))


def _first(system: TensorSystem, tables: Tables) -> Bond:
    rank = tables[0].shape[1]
    return start(np.ones((rank, rank)), np.ones((rank, system.loads[0].shape[1])))


def _bonds(system: TensorSystem, tables: Tables) -> list[Bond]:
    bonds = [_first(system, tables)]
    for d in range(system.dimension - 1):
        bonds.append(_advance(system, d, bonds[-1], tables[d]))
    return bonds


def _advance(system: TensorSystem, d: int, bond: Bond, table: Floats) -> Bond:
    images = [np.asarray(m @ table) for m in system.families[d].matrices]
    return advance(
        system, d, bond, hadamard_step(table, images), bond.load * (table.T @ system.loads[d])
    )


def _solve_axis(
    system: TensorSystem, d: int, left: Bond, right: Bond, settings: CPSettings
) -> Floats:
    blocks = _blocks(len(system.families[d].matrices), local_terms(system, d, left, right))
    rhs = system.loads[d] @ (left.load * right.load).T
    return system.families[d].solve(blocks, rhs, device=settings.device)


def _blocks(count: int, terms: list[LocalTerm]) -> Floats:
    blocks = np.zeros((count, *terms[0].left.shape))
    for term in terms:
        blocks[term.matrix] += term.left * term.right
    return blocks


def balanced(tables: Tables) -> Tables:
    """Every mode with the same length on every axis, largest mode first."""
    lengths = np.stack([np.linalg.norm(t, axis=0) for t in tables])
    size = np.exp(np.mean(np.log(np.maximum(lengths, 1e-300)), axis=0))
    order = np.argsort(-size, kind="stable")
    return [
        (t / np.maximum(n, 1e-300) * size)[:, order] for t, n in zip(tables, lengths, strict=True)
    ]


def reduced_rank(
    system: TensorSystem, tables: Tables, rank: int, settings: CPSettings, progress: Progress
) -> Tables:
    """The best found CP of lower rank in the L2 norm: the same alternation with the mass operator
    and load u."""
    loads = [np.asarray(m @ t) for m, t in zip(system.background, tables, strict=True)]
    target = system.identity.with_loads(loads)
    guess = [t[:, :rank] for t in balanced(tables)]
    return alternate(target, guess, settings, progress)[0]


def fewest_modes(
    system: TensorSystem, tables: Tables, settings: CPSettings, progress: Progress
) -> Tables:
    """Modes dropped one by one while the others, re-fitted, stay within `SPENT` of the tolerance of
    the solved u."""
    allowed = SPENT * settings.tolerance * norm(system, tables)
    kept = tables
    while kept[0].shape[1] > 1 and not progress.expired:
        fewer = reduced_rank(system, tables, kept[0].shape[1] - 1, settings, progress)
        if distance(system, fewer, tables) > allowed:
            break
        kept = fewer
    return kept
