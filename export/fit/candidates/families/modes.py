"""Terms as few modes: those that differ on one input alone share a mode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import levels

from ...engine.factors import SeparableFunction
from .axis_functions import AxisFunctions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mode = list[tuple[int, Floats]]
"""(input, coefficients of its functions [m]) of every factor."""


def separable(
    functions: Sequence[AxisFunctions], parts: Sequence[tuple[Ints, Floats]]
) -> SeparableFunction:
    """sum_j c_j prod_d p_{d, index[j, d]}(x_d) for every output, given as (index [J, D], c [J])."""
    found = [(k, mode) for k, (index, c) in enumerate(parts) for mode in _shared(index, c)]
    constants = [float(c[~index.any(axis=1)].sum()) for index, c in parts]
    n_axes, single = len(functions), len(parts) == 1
    tops = np.max([index.max(axis=0, initial=0) for index, _ in parts], axis=0)
    bases = [f.basis(int(top)) for f, top in zip(functions, tops, strict=True)]
    tables = [f.table(b) for f, b in zip(functions, bases, strict=True)]
    absent = [d for d in range(n_axes) if not any(d == e for _, m in found for e, _ in m)]
    found += [(0, [(d, np.zeros(1))]) for d in absent]
    uses = np.zeros((n_axes + 1, len(found) + 1), dtype=bool)
    columns: list[list[Floats]] = [[] for _ in functions]
    for r, (_, mode) in enumerate(found):
        for d, c in mode:
            uses[d, r] = True
            columns[d].append(tables[d][:, : len(c)] @ c)
    uses[-1] = not single
    uses[-1, -1] = True
    weights = np.zeros((len(parts), len(found) + 1))
    weights[[k for k, _ in found], np.arange(len(found))] = 1.0
    weights[:, -1] = constants
    return SeparableFunction(
        (*bases, levels(len(parts))),
        uses,
        (*(np.stack(c, axis=1) for c in columns), weights[:, -1:] if single else weights),
    )


def _shared(index: Ints, c: Floats) -> Iterator[Mode]:
    """Modes of one output: again and again the largest group of terms that differ on one input
    alone."""
    left = {tuple(row): float(v) for row, v in zip(index.tolist(), c, strict=True) if any(row)}
    while left:
        groups = Counter((d, row[:d] + row[d + 1 :]) for row in left for d in range(len(row)))
        d, others = max(groups, key=lambda g: (groups[g], sum(map(bool, g[1])), g))
        mine = {row[d]: row for row in left if row[:d] + row[d + 1 :] == others}
        factor = np.zeros(max(mine) + 1)
        for j, row in mine.items():
            factor[j] = left.pop(row)
        rest = [e for e in range(len(others) + 1) if e != d]
        powers = [(e, j) for e, j in zip(rest, others, strict=True) if j]
        yield [*((e, np.eye(j + 1)[j]) for e, j in powers), (d, factor)]
