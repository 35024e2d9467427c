"""Contributions of the coordinates of a model against others, or against one-dimensional means.

Outputs that are sums of products: exactly, along the diagonal. Behind a link: by all coalitions of
the inputs that differ, or by random orders where these are too many. Against means the game behind
a link is the link of the mean linear part, g(E f): of exp the geometric mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.classes import as_probabilities
from ...core.interaction import CP
from ...core.output import values
from ...core.record import ModelRecord
from .atoms import Side
from .coalitions import ALL, ORDERS, Game, enumerated, half_width, ordered
from .diagonal import of_products, of_train

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Players = Sequence[Sequence[int]]
"""Columns that each input moves: its own, and of one that may be missing the flag that says so."""
CELLS = 1 << 16
"""Numbers of a work array; more rows go in blocks."""


def contributed(
    model: ModelRecord, players: Players, point: Side, reference: Side
) -> tuple[Floats, Floats, Floats, Floats]:
    """contribution [N, P, K], base [K], value [N, K] and error [N, P, K] of points against the
    mean over all rows of `reference`."""
    linked = {k for k, o in enumerate(model.outputs) if o.link != "identity"}
    train_of_more = not isinstance(model.interaction, CP) and any(len(p) > 1 for p in players)
    sums = [] if train_of_more else [k for k in range(len(model.outputs)) if k not in linked]
    shape = (len(point), len(players), len(model.outputs))
    out, error = np.zeros(shape), np.zeros(shape)
    base, value = np.zeros(shape[2]), np.zeros((shape[0], shape[2]))
    rest = [k for k in range(shape[2]) if k not in sums]
    if rest:
        for i in range(shape[0]):
            row = point.rows(i)
            sides = [reference.rows(j) for j in range(len(reference))]
            games = [coalition(model, players, row, side) for side in sides]
            one = over_references(games, len(players))
            out[i], base, value[i], error[i] = one
    if sums:
        share, start, end = _diagonal(model, players, point, reference)
        out[:, :, sums], base[sums], value[:, sums] = share[:, :, sums], start[sums], end[:, sums]
        error[:, :, sums] = 0.0
    return out, base, value, error


def outputs_of(model: ModelRecord, f: Floats) -> Floats:
    """Outputs [M, K] of linear parts without bias; shares of several labels as probabilities."""
    with np.errstate(over="ignore", invalid="ignore"):
        y = values(model.outputs, f + [o.bias for o in model.outputs])
        return as_probabilities(model.classes, y)


# Sums of products


def _diagonal(
    model: ModelRecord, players: Players, point: Side, reference: Side
) -> tuple[Floats, Floats, Floats]:
    """Contributions [N, P, K], base [K] and values [N, K] of all outputs as if behind no link."""
    scale = np.array([o.scale for o in model.outputs])
    base = outputs_of(model, _linear(model, reference.atoms)).mean(axis=0)
    width = max(1, model.interaction.weights.shape[0]) * len(players) * (len(players) + 1) // 2
    many = max(1, CELLS // width)
    parts = []
    if len(reference) == 1:
        for start in range(0, len(point), many):
            parts.append(_pairs(model, players, point.rows(start, many), reference))
    else:
        for i in range(len(point)):
            starts = range(0, len(reference), many)
            one = [_pairs(model, players, point.rows(i), reference.rows(s, many)) for s in starts]
            parts.append(np.concatenate(one).mean(axis=0, keepdims=True))
    share = np.concatenate(parts) * scale
    return share, base, outputs_of(model, _linear(model, point.atoms))


def _pairs(model: ModelRecord, players: Players, point: Side, reference: Side) -> Floats:
    """Contributions [N, P, K] to the linear parts, row beside row; one of the sides may be a
    single row."""
    rows = max(len(point), len(reference))
    same = (
        np.zeros((len(players), rows), bool)
        if reference.x is None
        else _same(players, point, reference)
    )
    work = model.interaction
    if not isinstance(work, CP):
        moves = [
            np.where(same[p][:, None, None], 0.0, point.atoms[d] - reference.atoms[d])
            for p, (d,) in enumerate(players)
        ]
        return of_train(model, list(reference.atoms), moves, rows)
    a, b = (_merged(players, side, (rows, work.rank)) for side in (point, reference))
    change = np.where(same[:, :, None], 0.0, a - b)
    return of_products(a, b, change, work.weights)


def _same(players: Players, point: Side, reference: Side) -> Bools:
    """Where every column of a player is as in the reference [P, N]."""
    assert point.x is not None and reference.x is not None
    equal: Bools = point.x == reference.x
    if _alone(players):
        return equal.T
    return np.stack([equal[:, list(p)].all(axis=1) for p in players])


def _alone(players: Players) -> bool:
    """Whether every player moves one column, in their order."""
    return all(len(p) == 1 and p[0] == i for i, p in enumerate(players))


def _merged(players: Players, side: Side, shape: tuple[int, int]) -> Floats:
    """Atoms of players [P, N, R]: products of those of their axes."""
    if _alone(players):
        return np.broadcast_to(np.asarray(side.atoms), (len(players), *shape))
    out = np.empty((len(players), *shape))
    for p, (d, *more) in enumerate(players):
        out[p] = side.atoms[d]
        for e in more:
            out[p] *= side.atoms[e]
    return out


def _linear(model: ModelRecord, given: Sequence[Floats] | Floats) -> Floats:
    """Linear parts [n, K] without bias of atoms."""
    h = given[0]
    for a in given[1:]:
        h = h * a if isinstance(model.interaction, CP) else h @ a
    if not isinstance(model.interaction, CP):
        h = h[:, 0]
    return np.asarray(h @ model.interaction.weights)


# Behind a link


def coalition(
    model: ModelRecord, players: Players, point: Side, reference: Side
) -> tuple[Game, list[int]]:
    """The game of outputs of one point against one reference, and which players differ."""
    differ = np.ones(len(players), bool)
    if reference.x is not None:
        differ = ~_same(players, point, reference)[:, 0]
    active = np.flatnonzero(differ).tolist()
    column = {d: i for i, p in enumerate(active) for d in players[p]}
    cp = isinstance(model.interaction, CP)

    def game(masks: Bools) -> Floats:
        h: Any = np.ones((1, model.interaction.rank)) if cp else np.ones((1, 1))
        for d, (a, b) in enumerate(zip(point.atoms, reference.atoms, strict=True)):
            if d not in column:
                h = h * b if cp else h @ b[0]
            else:
                chosen = masks[:, column[d], None]
                h = h * np.where(chosen, a, b) if cp else np.where(chosen, h @ a[0], h @ b[0])
        f = np.broadcast_to(h @ model.interaction.weights, (len(masks), len(model.outputs)))
        return outputs_of(model, f)

    return game, active


def over_references(
    games: Sequence[tuple[Game, list[int]]], players: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """contribution [P, K], base [K], value [K] and error [P, K]: the mean over the games of all
    references, of which each says which players differ."""
    rng = np.random.default_rng(0)
    whole = sum(1 << len(active) for _, active in games) <= ALL
    pairs = max(2, -(-ORDERS // len(games)))
    parts, bases, value = [], [], np.zeros(0)
    for game, active in games:
        n = len(active)
        if whole or n < 2:
            found, base, value = enumerated(game, n)
            found = found[None]
        else:
            found, base, value = ordered(game, n, pairs, rng)
        part = np.zeros((len(found), players, len(base)))
        part[:, active] = found
        parts.append(part)
        bases.append(base)
    samples = np.concatenate(parts)
    error = np.zeros(samples.shape[1:]) if whole else half_width(samples)
    return (
        np.stack([p.mean(axis=0) for p in parts]).mean(axis=0),
        np.mean(bases, axis=0),
        value,
        error,
    )
