"""Shapley values of any game of n players that can be evaluated: by all coalitions, or by random
orders in which the players come.

    contribution_i = sum_{S without i} |S|! (n - 1 - |S|)! / n! (v(S + i) - v(S))

Random orders come in pairs, each with its reverse, whose errors partly cancel. Source: Castro,
Gomez and Tejada, Comput. Oper. Res. 36 (2009).
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb, sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Game = Callable[[Bools], Floats]
"""v [M, K] of coalitions [M, n]."""
BLOCK = 1 << 13
"""Coalitions that are evaluated at once."""
ALL = 1 << 17
"""Settings of one answer up to which all coalitions are evaluated."""
ORDERS = 1024
"""Pairs of random orders of one answer otherwise."""
NORMAL = 1.96
"""Standard errors that 95 of 100 cases lie within."""


def enumerated(game: Game, n: int) -> tuple[Floats, Floats, Floats]:
    """Contributions [n, K], v of nobody [K] and v of all [K]."""
    number = np.arange(1 << n)
    masks = (number[:, None] >> np.arange(n)) & 1 == 1
    v = in_blocks(game, masks)
    weight = np.array([1.0 / (n * comb(n - 1, size)) for size in range(n)])
    out = np.empty((n, v.shape[1]))
    for i in range(n):
        pairs = v.reshape(1 << (n - 1 - i), 2, 1 << i, -1)
        sizes = masks.sum(axis=1).reshape(pairs.shape[:3])[:, 0]
        with np.errstate(invalid="ignore"):
            out[i] = np.einsum("ab,abk->k", weight[sizes], pairs[:, 1] - pairs[:, 0])
    return out, v[0], v[-1]


def ordered(
    game: Game, n: int, pairs: int, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Contributions [pairs, n, K] by random orders and their reverse, v of nobody and of all."""
    order = np.argsort(rng.random((pairs, n)), axis=1)
    order = np.concatenate([order, order[:, ::-1]])
    place = np.argsort(order, axis=1)
    masks = place[:, None, :] < np.arange(n + 1)[:, None]  # [2 pairs, n + 1, n]
    v = in_blocks(game, masks.reshape(-1, n)).reshape(len(order), n + 1, -1)
    with np.errstate(invalid="ignore"):
        steps = np.take_along_axis(np.diff(v, axis=1), place[:, :, None], axis=1)
    return (steps[:pairs] + steps[pairs:]) / 2.0, v[0, 0], v[0, -1]


def half_width(samples: Floats) -> Floats:
    """How far the mean of samples [M, ..] may be off in 95 of 100 cases."""
    return np.asarray(NORMAL * samples.std(axis=0, ddof=1) / sqrt(len(samples)))


def in_blocks(game: Game, masks: Bools) -> Floats:
    """v of many coalitions, some at once."""
    starts = range(0, len(masks), BLOCK)
    return np.concatenate([game(masks[s : s + BLOCK]) for s in starts])
