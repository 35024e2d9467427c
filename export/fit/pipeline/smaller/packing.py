"""Modes of few inputs put into common groups: a group of equal inputs is stored four modes at a
time (FORMAT.md section 4), so that one mode alone takes as many bytes as four."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.interaction import CP

Floats = NDArray[np.float64]
Inputs = frozenset[int]
LANES = 4
"""Modes that a group is stored in multiples of."""


def packed(cp: CP) -> CP:
    """The same function: modes that would stand in part of a group alone also see inputs on which
    they are 1, where that makes the tables smaller. Needs bases whose functions add up to 1."""
    rows = [len(t) for t in cp.tables]
    before = [frozenset(np.flatnonzero(column).tolist()) for column in cp.uses.T]
    after = _widened(before, rows)
    if _cells(after, rows) >= _cells(before, rows):
        return cp
    tables, modes = [], []
    for d, table in enumerate(cp.tables):
        mine = [r for r, inputs in enumerate(after) if d in inputs]
        place = {int(r): i for i, r in enumerate(cp.modes[d])}
        columns = [table[:, place[r]] if r in place else np.ones(len(table)) for r in mine]
        tables.append(np.stack(columns, axis=1) if mine else table[:, :0])
        modes.append(np.array(mine, dtype=np.int64))
    return CP(tuple(tables), tuple(modes), cp.weights)


def _cells(modes: Sequence[Inputs], rows: Sequence[int]) -> int:
    """Of all tables as they are stored."""
    groups = Counter(modes)
    return sum(LANES * -(-n // LANES) * sum(rows[d] for d in g) for g, n in groups.items())


def _widened(modes: Sequence[Inputs], rows: Sequence[int]) -> list[Inputs]:
    """Inputs of every mode; whole fours of equal ones stay, the rest are put together."""
    out, left = list(modes), []
    for inputs, count in sorted(Counter(modes).items(), key=lambda g: sorted(g[0])):
        mine = [r for r, m in enumerate(modes) if m == inputs]
        left += mine[count - count % LANES :]
    for four in _fours(left, modes, rows):
        together = frozenset[int]().union(*(modes[r] for r in four))
        for r in four:
            out[r] = together
    return out


def _fours(left: list[int], modes: Sequence[Inputs], rows: Sequence[int]) -> Iterator[list[int]]:
    """Modes of like inputs: from the one of the most inputs on, each time what widens them
    least."""
    left = sorted(left, key=lambda r: (-len(modes[r]), sorted(modes[r])))
    while left:
        four = [left.pop(0)]
        together = modes[four[0]]
        while left and len(four) < LANES:
            best = min(left, key=lambda r: sum(rows[d] for d in modes[r] - together))
            left.remove(best)
            four.append(best)
            together |= modes[best]
        yield four
