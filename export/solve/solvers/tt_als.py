"""Galerkin alternating least squares in tensor-train form, ranks adapted by enrichment with the
residual.

Core d with the others fixed: sum_k L_k (x) M_{k,d} (x) R_k X = b, block-banded in the rows of axis
d. After every solve the core is truncated in the L2 norm and enriched by the residual seen through
a small train Z of rank `kick`. Source: Dolgov & Savostyanov, Alternating minimal energy methods for
linear systems in higher dimensions, SIAM J. Sci. Comput. 36 (2014).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import OutOfTime

from ..trains.cores import Cores, mirrored, random_train, right_orthogonal, truncated
from .interfaces import Bond, LocalTerm, advance, local_terms, start, train_step
from .memory import need_memory
from .progress import Progress
from .tensor_system import TensorSystem

Floats = NDArray[np.float64]
WATCHED_TERMS = 12  # up to so many terms the residual is evaluated after every sweep


@dataclass(frozen=True)
class TTSettings:
    """Ranks up to `rank_max`; `tolerance` is the relative L2 truncation and the change of a sweep
    that stops it; `kick` is the rank of the residual train that enriches the solution (AMEn), 0 for
    none; `sweeps` half sweeps at most."""

    rank_max: int = 24
    tolerance: float = 1e-4
    kick: int = 3
    sweeps: int = 30
    seed: int = 0
    device: str | None = None


def solve_tt(
    system: TensorSystem, settings: TTSettings, progress: Progress, guess: Cores | None = None
) -> Cores:
    """Half sweeps with enrichment until the residual, or the change of two in a row, is below the
    tolerance; then one without."""
    rng = np.random.default_rng(settings.seed)
    cores = guess if guess is not None else random_train(system.sizes, 2, rng)
    cores = right_orthogonal(cores)
    probe = right_orthogonal(random_train(system.sizes, settings.kick, rng))
    flipped, calm = False, 0
    rights = _all_bonds(system, cores, probe)
    for sweep in range(settings.sweeps):
        active = system.mirrored if flipped else system
        before = list(cores)
        try:
            rights, change = _half_sweep(active, cores, probe, rights, settings, progress)
        except OutOfTime:
            return _unflipped(cores if sweep == 0 else before, flipped)
        cores, probe, flipped = mirrored(cores), mirrored(probe), not flipped
        residual = _watched_residual(system.mirrored if flipped else system, cores)
        progress.report(max(c.shape[0] for c in cores), change, residual)
        calm = calm + 1 if change <= settings.tolerance else 0
        if (
            calm >= 2
            or residual <= settings.tolerance
            or progress.expired
            or sweep + 2 >= settings.sweeps
        ):
            break
    active, before = system.mirrored if flipped else system, list(cores)
    try:
        _half_sweep(active, cores, probe, rights, replace(settings, kick=0), progress)
    except OutOfTime:
        cores = before
    return _unflipped(cores, flipped)


def _unflipped(cores: Cores, flipped: bool) -> Cores:
    """The train from the first axis to the last."""
    return mirrored(cores) if flipped else cores


def _watched_residual(system: TensorSystem, cores: Cores) -> float:
    """The relative residual where it costs less than a sweep, else NaN: it needs K^2 / 2 inner
    products of trains."""
    cheap = len(system.terms) <= WATCHED_TERMS and not system.operators
    return residual_norm(system, cores) if cheap else float("nan")


@dataclass
class _Pair:
    """Bonds of one place: the unknown with itself, the probe with the unknown."""

    own: Bond
    probe: Bond


def _first(system: TensorSystem) -> _Pair:
    return _Pair(_outermost(system), _outermost(system))


def _outermost(system: TensorSystem) -> Bond:
    """The bond before the first axis."""
    bond = start(np.ones((1, 1)), np.ones((1, system.loads[0].shape[1])))
    bond.operators = [np.ones((1, 1, 1)) for _ in system.operators]
    bond.train_load = None if system.train_load is None else np.ones((1, 1))
    bond.moved = [np.ones((1, 1, 1)) for _ in system.moved]
    return bond


def _all_bonds(system: TensorSystem, cores: Cores, probe: Cores) -> list[_Pair]:
    """Bonds of the mirrored system, from the last axis to the first."""
    back, cores, probe = system.mirrored, mirrored(cores), mirrored(probe)
    pairs = [_first(back)]
    for d in range(system.dimension - 1):
        pairs.append(_advanced(back, d, pairs[-1], cores[d], probe[d]))
    return pairs


def _advanced(system: TensorSystem, d: int, pair: _Pair, core: Floats, probe: Floats) -> _Pair:
    images = _images(system, d, core)
    return _Pair(
        _next(system, d, pair.own, core, core, images),
        _next(system, d, pair.probe, probe, core, images),
    )


def _next(
    system: TensorSystem, d: int, bond: Bond, test: Floats, trial: Floats, images: list[Floats]
) -> Bond:
    """The bond behind axis d."""
    found = advance(system, d, bond, train_step(test, images), _load(system, d, bond.load, test))
    found.operators = [
        o[d].advance(state, test, trial)
        for o, state in zip(system.operators, bond.operators, strict=True)
    ]
    if system.before is not None:
        found.moved = [
            o[d].advance(state, test, system.before[d])
            for o, state in zip(system.moved, bond.moved, strict=True)
        ]
    if system.train_load is not None and bond.train_load is not None:
        mixed = np.tensordot(bond.train_load, system.train_load[d], ([0], [0]))  # [a, n, t]
        found.train_load = np.tensordot(mixed, test, ([0, 1], [0, 1]))
    return found


def _images(system: TensorSystem, d: int, core: Floats) -> list[Floats]:
    return [apply_axis(m, core) for m in system.families[d].matrices]


def apply_axis(matrix: object, core: Floats) -> Floats:
    """M [m, n] applied to the rows of a core: [a, n, b] -> [a, m, b]."""
    a, n, b = core.shape
    moved = np.asarray(matrix @ core.transpose(1, 0, 2).reshape(n, a * b))  # type: ignore[operator]
    return np.ascontiguousarray(moved.reshape(-1, a, b).transpose(1, 0, 2))


def _load(system: TensorSystem, d: int, load: Floats, core: Floats) -> Floats:
    """[a, S] -> [b, S]: sum over a, i of core[a, i, b] F[i, s] load[a, s]."""
    a, n, b = core.shape
    projected = (core.transpose(0, 2, 1).reshape(a * b, n) @ system.loads[d]).reshape(a, b, -1)
    return np.einsum("abs,as->bs", projected, load)


def _half_sweep(
    system: TensorSystem,
    cores: Cores,
    probe: Cores,
    rights: list[_Pair],
    settings: TTSettings,
    progress: Progress,
) -> tuple[list[_Pair], float]:
    """Solve cores 0 .. D-1 in place; returns the left bonds 0 .. D-1 and the largest relative
    change of a core. Raises OutOfTime at the deadline, between the steps of an elimination: the
    list then holds a train that is not the one before."""
    last, change = system.dimension - 1, 0.0
    pairs = [_first(system)]
    share = settings.tolerance / np.sqrt(max(last, 1))
    for d in range(last + 1):
        left, right = pairs[d], rights[last - d]
        fresh = _solve_core(system, d, left.own, right.own, settings, progress)
        change = max(change, _relative(fresh - cores[d], fresh))
        if d == last:
            cores[d] = fresh
            break
        a, n, b = fresh.shape
        basis, rest = truncated(fresh.reshape(a * n, b), share, settings.rank_max)
        kept = (basis @ rest).reshape(a, n, b)
        if settings.kick:
            seen = _residual_core(system, d, left.probe, right.probe, kept)
            probe[d] = np.linalg.qr(seen.reshape(-1, seen.shape[2]))[0].reshape(*seen.shape[:2], -1)
            room = min(settings.rank_max, a * n) - basis.shape[1]
            extra = _residual_core(system, d, left.own, right.probe, kept).reshape(a * n, -1)
            basis, rest = _enriched(basis, rest, extra[:, : max(room, 0)])
        cores[d] = basis.reshape(a, n, -1)
        cores[d + 1] = np.tensordot(rest, cores[d + 1], 1)
        pairs.append(_advanced(system, d, left, cores[d], probe[d]))
    return pairs, change


def _relative(delta: Floats, of: Floats) -> float:
    size = float(np.linalg.norm(of))
    return float(np.linalg.norm(delta)) / size if size > 0 else 0.0


def _enriched(basis: Floats, rest: Floats, extra: Floats) -> tuple[Floats, Floats]:
    if not extra.size:
        return basis, rest
    q, r = np.linalg.qr(np.hstack([basis, extra]))
    return q, r[:, : basis.shape[1]] @ rest


def _solve_core(
    system: TensorSystem,
    d: int,
    left: Bond,
    right: Bond,
    settings: TTSettings,
    progress: Progress,
) -> Floats:
    a, b = left.none.shape[0], right.none.shape[0]
    family = system.families[d]
    need_memory(8.0 * (a * b) ** 2 * family.blocks_held(bool(system.operators)), a, b)
    blocks = np.zeros((len(family.matrices), a * b, a * b))
    for term in local_terms(system, d, left, right):
        blocks[term.matrix] += np.kron(term.left, term.right)
    rhs = _local_load(system, d, left, right)
    sides = rhs.transpose(1, 0, 2).reshape(-1, a * b)
    between = [
        (o[d], lhs, rhs_)
        for o, lhs, rhs_ in zip(system.operators, left.operators, right.operators, strict=True)
    ]
    solved = family.solve(
        blocks, sides, device=settings.device, watch=progress.require, operators=between
    )
    return np.ascontiguousarray(solved.reshape(-1, a, b).transpose(1, 0, 2))


def _local_load(system: TensorSystem, d: int, left: Bond, right: Bond) -> Floats:
    """[a, n, b] = sum_s left[a, s] F[n, s] right[b, s]."""
    a, b = left.load.shape[0], right.load.shape[0]
    pairs = (left.load[:, None, :] * right.load[None, :, :]).reshape(a * b, -1)
    found = (pairs @ system.loads[d].T).reshape(a, b, -1).transpose(0, 2, 1)
    if system.before is not None:
        for operator, lhs, rhs in zip(system.moved, left.moved, right.moved, strict=True):
            found = found + operator[d].apply(lhs, system.before[d], rhs)
    if system.train_load is None or left.train_load is None or right.train_load is None:
        return found
    mixed = np.tensordot(left.train_load, system.train_load[d], ([0], [0]))
    return found + np.tensordot(mixed, right.train_load, ([2], [0]))


def _residual_core(system: TensorSystem, d: int, left: Bond, right: Bond, core: Floats) -> Floats:
    """b - A X of core d through the given interfaces, [a, n, b] in the test ranks of the
    interfaces."""
    out = _local_load(system, d, left, right).copy()
    terms = local_terms(system, d, left, right)
    for matrix in sorted({t.matrix for t in terms}):
        group = [t for t in terms if t.matrix == matrix]
        out -= apply_axis(system.families[d].matrices[matrix], _sandwiched(group, core))
    for operator, lhs, rhs in zip(system.operators, left.operators, right.operators, strict=True):
        out -= operator[d].apply(lhs, core, rhs)
    return out


def _sandwiched(terms: list[LocalTerm], core: Floats) -> Floats:
    """sum of left X right^T: [test a, n, test b]."""
    return sum(np.tensordot(np.tensordot(t.left, core, 1), t.right, ([2], [1])) for t in terms)  # type: ignore[return-value]


def inner(a: Cores, b: Cores) -> float:
    """<a, b> of two trains with equal row sizes."""
    state = np.ones((1, 1))
    for p, q in zip(a, b, strict=True):
        state = train_step(p, [q])(state, 0)
    return float(state[0, 0])


def residual_norm(system: TensorSystem, cores: Cores) -> float:
    """||b - A u|| / ||b|| in the scaled coefficients, from inner products of trains.

    The terms cancel: what is returned is never below the rounding of their sum (1e-8 of the largest
    term). NaN with terms that are trains of matrices: it costs too much.
    """
    if system.operators or system.train_load is not None:
        return float("nan")
    images = [
        [apply_axis(system.matrix(k, d), c) for d, c in enumerate(cores)]
        for k in range(len(system.terms))
    ]
    scale = float(np.prod([f.T @ f for f in system.loads], axis=0).sum())
    parts = [scale]
    for k, m in combinations_with_replacement(range(len(images)), 2):
        parts.append((1 if k == m else 2) * inner(images[k], images[m]))
    parts += [-2 * _against_load(system, image) for image in images]
    floor = np.finfo(float).eps * float(np.abs(parts).sum())
    return float(np.sqrt(max(sum(parts), floor) / scale)) if scale > 0 else 0.0


def _against_load(system: TensorSystem, cores: Cores) -> float:
    state = np.ones((1, system.loads[0].shape[1]))
    for d, core in enumerate(cores):
        state = _load(system, d, state, core)
    return float(state.sum())
