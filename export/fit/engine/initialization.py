"""Starting tables: constant atoms with a seeded tilt and ripple."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis, levels

from ..data.free_coefficients import free_size
from .factors import SeparableFunction

Bools = NDArray[np.bool_]


def mode_sets(
    n_axes: int, rank: int, *, additive: bool = False, pairs: Sequence[tuple[int, int]] = ()
) -> Bools:
    """uses [D, R]: `rank` modes of all axes, one mode per axis if `additive`, one per pair."""
    parts = [np.ones((n_axes, rank), dtype=bool)]
    if additive:
        parts.append(np.eye(n_axes, dtype=bool))
    for pair in pairs:
        parts.append(np.isin(np.arange(n_axes), pair)[:, None])
    return np.concatenate(parts, axis=1)


def random_start(
    bases: Sequence[SpanBasis],
    uses: Bools,
    n_outputs: int,
    rng: np.random.Generator,
    size: float = 0.3,
) -> SeparableFunction:
    """A random separable function near constant modes. `uses` [D, R] over the input axes; the bias
    mode is added."""
    rank = uses.shape[1]
    full = np.zeros((len(bases) + 1, rank + 1), dtype=bool)
    full[:-1, :-1] = uses
    full[-1, :-1] = n_outputs > 1
    full[-1, -1] = True
    tables = []
    for basis, used in zip((*bases, levels(n_outputs)), full, strict=True):
        m, columns = free_size(basis), int(used.sum())
        tilt = np.linspace(-1.0, 1.0, m)[:, None] if m > 1 else np.zeros((1, 1))
        ripple = 0.5 * rng.standard_normal((m, columns)) if m > 1 else 0.0
        tables.append(
            1.0 + size * (rng.standard_normal((1, columns)) * tilt + ripple) * np.ones((m, 1))
        )
    tables[-1] = tables[-1] if n_outputs > 1 else np.ones((1, 1))
    tables[-1][:, -1] = 0.0
    return SeparableFunction((*bases, levels(n_outputs)), full, tuple(tables))


def grown(
    f: SeparableFunction, uses: Bools, rng: np.random.Generator, size: float = 1e-2
) -> SeparableFunction:
    """f with the modes `uses` [D, R'] more, each of size about `size` of a unit mode; f itself
    stays within that."""
    new = random_start(f.bases[:-1], uses, f.n_outputs, rng, 0.5)
    tables = []
    for old, fresh, used in zip(f.tables[:-1], new.tables[:-1], new.uses[:-1], strict=True):
        orders = np.maximum(new.orders[used], 1)
        tables.append(np.c_[old, fresh * size ** (1.0 / orders)])
    weights = f.tables[-1] if f.n_outputs == 1 else np.c_[f.tables[-1], new.tables[-1][:, :-1]]
    return SeparableFunction(
        f.bases, np.concatenate([f.uses, new.uses[:, :-1]], axis=1), (*tables, weights)
    )
