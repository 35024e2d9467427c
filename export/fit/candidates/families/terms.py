"""Which products of functions of one input may be terms: few at first, then what stands beside the
terms that turned out to matter.

A term is a row of `index` [P, D]: the number of its function on every input, 0 where it does not
see the input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from .axis_functions import AxisFunctions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def first_terms(functions: Sequence[AxisFunctions], complete: int, most: int) -> list[Ints]:
    """Two offers: all products up to the highest total degree of which there are at most
    `complete`, and by total degree up to `most`; of the degree that does not fit there, those of
    the fewest inputs."""
    found, whole = np.zeros((1, len(functions)), dtype=np.int64), 1
    for degree in range(1, sum(int(f.degrees[-1]) for f in functions) + 1):
        found = np.concatenate([found, _of_degree(functions, degree, most - len(found))])
        if len(found) >= most:
            break
        whole = len(found) if len(found) <= complete else whole
    return [found[:whole], found] if whole > 1 else [found]


def _of_degree(functions: Sequence[AxisFunctions], degree: int, room: int) -> Ints:
    """At most `room` terms of one total degree, those of few inputs ahead."""
    found: list[Ints] = []
    for order in range(1, min(degree, len(functions)) + 1):
        for axes in combinations(range(len(functions)), order):
            found += _on(functions, axes, degree)
            if len(found) > room:
                break
    return np.array(found[:room], dtype=np.int64).reshape(-1, len(functions))


def _on(functions: Sequence[AxisFunctions], axes: tuple[int, ...], degree: int) -> list[Ints]:
    """Terms that see exactly these inputs, of that total degree."""
    out: list[Ints] = []

    def extend(row: Ints, number: int, left: int) -> None:
        d = axes[number]
        last = number == len(axes) - 1
        for j in range(1, len(functions[d].degrees)):
            mine = int(functions[d].degrees[j])
            if mine > left - (len(axes) - 1 - number) or (last and mine != left):
                continue
            here = row.copy()
            here[d] = j
            if last:
                out.append(here)
            else:
                extend(here, number + 1, left - mine)

    extend(np.zeros(len(functions), dtype=np.int64), 0, degree)
    return out


def grown(functions: Sequence[AxisFunctions], index: Ints, size: Floats, most: int) -> Ints:
    """The terms that matter and what stands beside them, then other terms of before, `most` in all:
    size [P] is that of the coefficients."""
    worth: dict[bytes, float] = {}
    rows: dict[bytes, Ints] = {}
    for row, s in zip(index, size, strict=True):
        rows[row.tobytes()] = row
        worth[row.tobytes()] = np.inf if s > 0 or not row.any() else 0.0
    for place in np.argsort(-size, kind="stable"):
        if size[place] <= 0:
            break
        for row in _beside(functions, index[place]):
            key = row.tobytes()
            rows.setdefault(key, row)
            worth[key] = max(worth.get(key, 0.0), float(size[place]))
    keys = sorted(rows, key=lambda k: (-worth[k], tuple(rows[k])))
    keys = keys[:most]
    return np.array([rows[k] for k in keys], dtype=np.int64)


def _beside(functions: Sequence[AxisFunctions], row: Ints) -> Iterator[Ints]:
    """Terms of one degree more on one input."""
    for d, f in enumerate(functions):
        if f.n_levels:
            steps = range(1, len(f.degrees)) if row[d] == 0 else range(0)
        else:
            steps = range(int(row[d]) + 1, min(int(row[d]) + 2, len(f.degrees)))
        for j in steps:
            other = row.copy()
            other[d] = j
            yield other


def design(values: Sequence[Floats], index: Ints) -> Floats:
    """[N, P] of the terms, from the functions [N, m] of every input."""
    out = np.ones((len(values[0]), len(index)), order="F")
    for d, v in enumerate(values):
        columns = np.asfortranarray(v)
        for j in np.flatnonzero(index[:, d]):
            out[:, j] *= columns[:, index[j, d]]
    return out
