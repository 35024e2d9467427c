"""Which points of the parameters are solved, one after the other, and what they add up to.

u(x, p) = sum over alpha of s_alpha(x) prod_d phi_{d, alpha_d}(p_d), with nested functions phi: a
multi-index alpha stands for one point, and s_alpha, its surplus, is the solution there less what
the sum before it says. Of all points whose indices are complete below them the one with the largest
surplus is built upon next; the surpluses of those that are not built upon say how much is missing.
Source: Chkifa, Cohen & Schwab, High-dimensional adaptive sparse polynomial interpolation and
applications to parametric PDEs, Found. Comput. Math. 14 (2014).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .nested import Nested

Floats = NDArray[np.float64]
Index = tuple[int, ...]
Solve = Callable[[Floats, Floats | None], Floats]
"""(point [H], guess [N] or None) -> coefficients [N]."""


class Chosen:
    """The points so far: `indices` [P] and `surpluses` [P, N]."""

    def __init__(self, axes: Sequence[Nested], solve: Solve) -> None:
        self.axes, self.solve = axes, solve
        self.indices: list[Index] = []
        self.sizes: dict[Index, float] = {}  # of surpluses, times those of their functions
        self.open: set[Index] = set()  # not built upon
        self._surpluses = np.empty((0, 0))
        self.missed = 1.0  # the last solution, relative

    @property
    def surpluses(self) -> Floats:
        """[P, N]."""
        return self._surpluses[: len(self.indices)]

    def next(self) -> list[Index]:
        """The points that building upon the largest surplus asks for; [] at the end of all axes."""
        while self.open:
            best = max(sorted(self.open), key=lambda i: self.sizes[i])
            self.open.remove(best)
            found = [i for i in self._above(best) if self._complete(i)]
            if found:
                return found
        return []

    @property
    def missing(self) -> float:
        """What points that were not built upon added, relative to all: as much is thought to be
        missing."""
        whole = np.sqrt(sum(s * s for s in self.sizes.values()))
        rest = np.sqrt(sum(self.sizes[i] ** 2 for i in self.open))
        return float(rest / whole) if whole > 0 else 0.0

    def point(self, index: Index) -> Floats:
        """Its coordinates [H]."""
        return np.array([a.points[i] for a, i in zip(self.axes, index, strict=True)])

    def add(self, index: Index) -> None:
        """Solve at one more point."""
        guess = self._guess(index) if self.indices else None
        found = self.solve(self.point(index), guess)
        surplus = found if guess is None else found - guess
        size = float(np.linalg.norm(found))
        self.missed = float(np.linalg.norm(surplus)) / size if size > 0 else 0.0
        self.keep(index, surplus)

    def _guess(self, index: Index) -> Floats:
        """What the sum so far says at a point."""
        so_far = np.array(self.indices).reshape(len(self.indices), len(self.axes))
        values = [a.values[so_far[:, d], index[d]] for d, a in enumerate(self.axes)]
        return np.asarray(np.prod(values, axis=0) * np.ones(len(so_far)) @ self.surpluses)

    def keep(self, index: Index, surplus: Floats) -> None:
        """A point with its surplus [N]."""
        count = len(self.indices)
        if count == len(self._surpluses):
            wider = np.empty((max(2 * count, 16), surplus.size))
            wider[:count] = self._surpluses[:count] if count else 0.0
            self._surpluses = wider
        self._surpluses[count] = surplus
        self.indices.append(index)
        basis = np.prod([a.sizes[i] for a, i in zip(self.axes, index, strict=True)])
        self.sizes[index] = float(np.linalg.norm(surplus) * basis)
        if self.axes:
            self.open.add(index)

    def _above(self, index: Index) -> list[Index]:
        """The indices one step further along one axis."""
        steps = range(len(index))
        found = [tuple(n + (d == e) for e, n in enumerate(index)) for d in steps]
        return [i for d, i in enumerate(found) if i[d] < len(self.axes[d].points)]

    def _complete(self, index: Index) -> bool:
        """Whether all indices below are there and built upon."""
        if index in self.sizes:
            return False
        below = [tuple(n - (d == e) for e, n in enumerate(index)) for d in range(len(index))]
        return all(min(i) < 0 or (i in self.sizes and i not in self.open) for i in below)
