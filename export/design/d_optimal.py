"""D-optimal plans: rows that make det(X'X) of a stated polynomial model largest, by exchange.

y = b_0 + sum b_i z_i [+ sum b_ij z_i z_j] [+ sum b_ii z_i^2],  z in [-1, 1]
"""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError

from .space import Space, distinct
from .spread import enough

Floats = NDArray[np.float64]
TERMS = ("linear", "interactions", "quadratic")
MOST = 2000
"""Candidate settings."""
STARTS, PASSES = 4, 30
RIDGE = 1e-8
GAIN = 1e-7
"""An exchange must raise the determinant by more than this share."""


def model_matrix(space: Space, x: Floats, terms: str) -> Floats:
    """X [N, P] of settings x [N, D]: a column for each coefficient; levels by contrasts that sum to
    zero."""
    groups = []
    for d, factor in enumerate(space.factors):
        if factor.levels:
            indicator = (x[:, d, None] == factor.positions).astype(float)
            groups.append(indicator[:, :-1] - indicator[:, -1:])
        elif not factor.fixed:
            half = (factor.upper - factor.lower) / 2.0
            groups.append(((x[:, d] - factor.lower) / half - 1.0)[:, None])
    columns = [np.ones((len(x), 1)), *groups]
    if terms != "linear":
        pairs = combinations(groups, 2)
        columns += [_crossed(a, b) for a, b in pairs]
    if terms == "quadratic":
        numbers = [not f.levels for f in space.factors if f.levels or not f.fixed]
        columns += [g**2 for g, is_number in zip(groups, numbers, strict=True) if is_number]
    return np.concatenate(columns, axis=1)


def _crossed(a: Floats, b: Floats) -> Floats:
    """Products of every column of a [N, A] with every one of b [N, B], [N, A B]."""
    return (a[:, :, None] * b[:, None, :]).reshape(len(a), a.shape[1] * b.shape[1])


def d_optimal(space: Space, count: int, terms: str, seed: int, present: Floats) -> Floats:
    """`count` settings, beside the rows present [E, D]; equal rows are replicates that help.

    Fedorov's exchange in the form of Cook and Nachtsheim (1980), from random starts, over corners,
    middles and a Sobol sample. Raises InputError where rows or settings are fewer than the
    coefficients.
    """
    if terms not in TERMS:
        raise InputError(f"terms {terms!r} are unknown; use one of {', '.join(TERMS)}")
    candidates = candidate_settings(space, terms, seed)
    f = model_matrix(space, candidates, terms)
    known = model_matrix(space, present, terms)
    wanted = f.shape[1]
    if count + len(present) < wanted:
        raise InputError(
            f"a {terms} model of these inputs has {wanted} coefficients, more than"
            f" {count + len(present)} rows; ask for at least {wanted - len(present)} rows or fewer"
            " --terms"
        )
    if np.linalg.matrix_rank(np.concatenate([f, known])) < wanted:
        enough(len(candidates), wanted)
        raise InputError(
            f"no rows within the rules tell the {wanted} coefficients of a {terms} model apart;"
            " loosen a rule or take fewer --terms"
        )
    rng = np.random.default_rng(seed)
    trials = [_exchanged(f, known, rng.integers(len(f), size=count)) for _ in range(STARTS)]
    best = max(trials, key=lambda trial: trial[1])[0]
    return candidates[best]


def candidate_settings(space: Space, terms: str, seed: int) -> Floats:
    """Ends (and middles for squares) of every input crossed, where there are not too many, and a
    Sobol sample; those that keep the rules."""
    shares = (0.0, 1.0) if terms != "quadratic" else (0.0, 0.5, 1.0)
    each = [
        f.positions if f.levels or f.fixed
        else f.nearest(f.lower + np.array(shares) * (f.upper - f.lower))
        for f in space.factors
    ]  # fmt: skip
    crossed = float(np.prod([float(len(e)) for e in each]))
    if crossed <= MOST:
        grid = np.array(list(product(*each)))
    else:
        rng = np.random.default_rng(seed)
        grid = np.stack([e[rng.integers(len(e), size=MOST)] for e in each], axis=1)
    grid = grid[space.keeps(grid)]
    if len(grid) < crossed or len(grid) > MOST:  # rules or sampling leave parts of the border out
        grid = np.concatenate([grid, space.sobol(MOST, seed)])
    return distinct(grid)


def exchange_gain(f: Floats, inverse: Floats, old: Floats) -> Floats:
    """[M]: det(X'X) with a row of f [M, P] in place of row `old` [P] of X, over det(X'X); `inverse`
    [P, P] is that of X'X. The matrix determinant lemma, twice."""
    spread = f @ inverse
    own = np.einsum("mp,mp->m", spread, f)
    out = float(old @ inverse @ old)
    return np.asarray((1.0 + own) * (1.0 - out) + (spread @ old) ** 2)


def _exchanged(
    f: Floats, known: Floats, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], float]:
    """Rows of the candidates f [M, P] after exchanges that help, and log det(X'X)."""
    p = f.shape[1]
    start = RIDGE * np.eye(p) + known.T @ known
    for _ in range(PASSES):
        inverse = np.asarray(np.linalg.inv(start + f[rows].T @ f[rows]), dtype=float)
        changed = False
        for i in range(len(rows)):
            gain = exchange_gain(f, inverse, f[rows[i]])
            best = int(np.argmax(gain))
            if gain[best] <= 1.0 + GAIN:
                continue
            rows, changed = rows.copy(), True
            rows[i] = best
            inverse = np.asarray(np.linalg.inv(start + f[rows].T @ f[rows]), dtype=float)
        if not changed:
            break
    return rows, float(np.linalg.slogdet(start + f[rows].T @ f[rows])[1])
