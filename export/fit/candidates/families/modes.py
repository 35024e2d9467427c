"""Terms as few modes: those that differ on one input alone share a mode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis, levels

from ...engine.factors import SeparableFunction

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mode = list[tuple[int, Floats]]
"""(input, coefficients of its functions [m]) of every factor."""


class Functions(Protocol):
    """Functions of one input, numbered from 0, the constant 1."""

    def basis(self, top: int) -> SpanBasis:
        """That holds the functions up to number `top`."""

    def table(self, basis: SpanBasis) -> Floats:
        """Rows [n_rows, m] of the functions that the basis holds."""


def separable(
    functions: Sequence[Functions], parts: Sequence[tuple[Ints, Floats]]
) -> SeparableFunction:
    """sum_j c_j prod_d p_{d, index[j, d]}(x_d) for every output, given as (index [J, D], c [J])."""
    modes = [list(_shared(index, c)) for index, c in parts]
    return of_modes(functions, modes, [float(c[~index.any(axis=1)].sum()) for index, c in parts])


def of_modes(
    functions: Sequence[Functions], modes: Sequence[Sequence[Mode]], constants: Sequence[float]
) -> SeparableFunction:
    """A constant and a sum of modes for every output; an input that none sees has a mode of
    zeros."""
    found = [(k, mode) for k, own in enumerate(modes) for mode in own]
    n_axes, single = len(functions), len(modes) == 1
    sizes = [[len(c) - 1 for _, mode in found for e, c in mode if e == d] for d in range(n_axes)]
    bases = [f.basis(max(own, default=0)) for f, own in zip(functions, sizes, strict=True)]
    tables = [f.table(b) for f, b in zip(functions, bases, strict=True)]
    found += [(0, [(d, np.zeros(1))]) for d in range(n_axes) if not sizes[d]]
    uses = np.zeros((n_axes + 1, len(found) + 1), dtype=bool)
    columns: list[list[Floats]] = [[] for _ in functions]
    for r, (_, mode) in enumerate(found):
        for d, c in mode:
            uses[d, r] = True
            columns[d].append(tables[d][:, : len(c)] @ c)
    uses[-1] = not single
    uses[-1, -1] = True
    weights = np.zeros((len(modes), len(found) + 1))
    weights[[k for k, _ in found], np.arange(len(found))] = 1.0
    weights[:, -1] = constants
    return SeparableFunction(
        (*bases, levels(len(modes))),
        uses,
        (*(np.stack(c, axis=1) for c in columns), weights[:, -1:] if single else weights),
    )


def _shared(index: Ints, c: Floats) -> Iterator[Mode]:
    """Modes of one output: again and again the largest group of terms that differ on one input
    alone."""
    left = {tuple(row): float(v) for row, v in zip(index.tolist(), c, strict=True) if any(row)}
    while left:
        groups = Counter((d, row[:d] + row[d + 1 :]) for row in left for d in _seen(row))
        groups.update([g for g in groups if (*g[1][: g[0]], 0, *g[1][g[0] :]) in left])
        d, others = max(groups, key=lambda g: (groups[g], sum(map(bool, g[1])), g))
        mine = {row[d]: row for row in left if row[:d] + row[d + 1 :] == others}
        factor = np.zeros(max(mine) + 1)
        for j, row in mine.items():
            factor[j] = left.pop(row)
        rest = [e for e in range(len(others) + 1) if e != d]
        powers = [(e, j) for e, j in zip(rest, others, strict=True) if j]
        yield [*((e, np.eye(j + 1)[j]) for e, j in powers), (d, factor)]


def _seen(row: tuple[int, ...]) -> Iterator[int]:
    """Inputs of a term."""
    return (d for d, j in enumerate(row) if j)
