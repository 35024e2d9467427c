"""From atoms to the linear parts f [N, K] and their gradients [N, K, D]."""

from __future__ import annotations

import numpy as np

from sna_edge.core.interaction import CP, TT
from sna_edge.model import Model

from .ir import Graph, Tensor

Atoms = list[Tensor | None]


def combine(
    g: Graph, model: Model, atoms: Atoms, slopes: Atoms | None, bias: np.ndarray
) -> tuple[Tensor, Tensor | None]:
    """f [N, K] and df/dx [N, K, D] (None without `slopes`); `bias` [K] is added to f."""
    if isinstance(model.interaction, TT):
        return _train(g, model.interaction, atoms, slopes, bias)
    factors = Factors.of(g, model.interaction, atoms)
    weights = model.interaction.weights
    f = g.linear(g.product(factors.gather(g, atoms)), weights, bias)
    if slopes is None:
        return f, None
    return f, factors.gradient(g, atoms, slopes, weights)


class Factors:
    """Modes as products of L factors: factor l of mode r is column `index[l, r]` of all atoms side
    by side.

    Modes with fewer than L axes point at a column of ones behind the last atom. With `index` None
    every mode uses every axis.
    """

    def __init__(self, cp: CP, index: np.ndarray | None, axis: np.ndarray) -> None:
        self.cp, self.index, self.axis = cp, index, axis

    @classmethod
    def of(cls, g: Graph, cp: CP, atoms: Atoms) -> Factors:
        """Which atoms each mode multiplies."""
        uses = cp.uses
        if uses.all():
            return cls(cp, None, np.repeat(np.arange(len(uses))[:, None], cp.rank, axis=1))
        ends = np.cumsum([0, *(len(m) for m in cp.modes)])
        order = int(uses.sum(axis=0).max())
        index = np.full((order, cp.rank), ends[-1])
        axis = np.full((order, cp.rank), -1)
        filled = np.zeros(cp.rank, dtype=int)
        for d, modes in enumerate(cp.modes):
            index[filled[modes], modes] = ends[d] + np.arange(len(modes))
            axis[filled[modes], modes] = d
            filled[modes] += 1
        return cls(cp, index, axis)

    def gather(self, g: Graph, atoms: Atoms, fill: float = 1.0) -> list[Tensor]:
        """L factors [N, R]."""
        there = [a for a in atoms if a is not None]
        if self.index is None:
            return there
        column = g.add(g.mul(g.slice(there[0], 1, 0, 1), 0.0), fill)
        side_by_side = g.concat([*there, column], 1)
        return [g.gather(side_by_side, g.constant(row, "int32"), 1) for row in self.index]

    def gradient(self, g: Graph, atoms: Atoms, slopes: Atoms, weights: np.ndarray) -> Tensor:
        """sum_l (slope of factor l * product of the other factors) W, sorted to the axis of factor
        l: [N, K, D]."""
        values, steep = self.gather(g, atoms), self.gather(g, slopes, 0.0)
        others = products_of_others(g, values)
        terms = [s if o is None else g.mul(s, o) for s, o in zip(steep, others, strict=True)]
        k, d = weights.shape[1], len(self.cp.tables)
        if self.index is None:
            by_axis = g.linear(g.stack(terms, 0), weights)
            return g.transpose(by_axis, (1, 2, 0))
        wide = np.zeros((len(terms), self.cp.rank, k, d))
        level, mode = np.nonzero(self.axis >= 0)
        wide[level, mode, :, self.axis[level, mode]] = weights[mode]
        flat = g.linear(g.concat(terms, 1), wide.reshape(-1, k * d))
        return g.reshape(flat, (None, k, d))


def products_of_others(g: Graph, values: list[Tensor]) -> list[Tensor | None]:
    """prod_{m != l} values[m] for every l, by prefix and suffix products; None where there is no
    other."""
    count = len(values)
    before: list[Tensor | None] = [None] * count
    after: list[Tensor | None] = [None] * count
    for i in range(1, count):
        before[i] = _times(g, before[i - 1], values[i - 1])
        after[count - 1 - i] = _times(g, after[count - i], values[count - i])
    return [b if a is None else _times(g, b, a) for b, a in zip(before, after, strict=True)]


def _times(g: Graph, a: Tensor | None, b: Tensor) -> Tensor:
    return b if a is None else g.mul(a, b)


def _train(
    g: Graph, tt: TT, atoms: Atoms, slopes: Atoms | None, bias: np.ndarray
) -> tuple[Tensor, Tensor | None]:
    """v = Phi_1 Phi_2 .. Phi_D; the gradient replaces one Phi by its slope, with chains from both
    ends."""
    shapes = [c.shape[1:] for c in tt.cores]
    mats = [_matrix(g, a, s) for a, s in zip(atoms, shapes, strict=True)]
    left: list[Tensor] = [mats[0]]
    for mat in mats[1:]:
        left.append(g.matmul(left[-1], mat))
    f = g.linear(g.reshape(left[-1], (None, tt.rank)), tt.weights, bias)
    if slopes is None:
        return f, None
    k = tt.weights.shape[1]
    steep = [_matrix(g, a, s) for a, s in zip(slopes, shapes, strict=True)]
    parts: list[Tensor] = []
    right: Tensor | None = None
    for d in reversed(range(len(mats))):
        row = steep[d] if d == 0 else g.matmul(left[d - 1], steep[d])
        part = g.linear(row, tt.weights) if right is None else g.matmul(row, right)
        parts.insert(0, g.reshape(part, (None, k)))
        right = g.linear(mats[d], tt.weights) if right is None else g.matmul(mats[d], right)
    return f, g.stack(parts, 2)


def _matrix(g: Graph, atom: Tensor | None, shape: tuple[int, int]) -> Tensor:
    assert atom is not None
    return g.reshape(atom, (None, *shape))
