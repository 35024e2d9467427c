"""Atoms of all inputs at points, and their means: what contributions are computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...core.interaction import CP
from ...core.record import ModelRecord
from ...numerics.power_table import (
    SpanSearch,
    first_rows,
    span_polynomials,
    stacked_polynomials,
)
from ..axis_profile import atoms
from ..distribution import Distribution, Uniform, quadrature

Floats = NDArray[np.float64]
LARGEST = 64 << 20
"""Bytes of the table of all axes; without one axes are evaluated one after the other."""
FEW = 4
"""Points that are looked up one by one: quicker where spans are uneven."""


@dataclass(frozen=True)
class Side:
    """Atoms of every axis [D]: of CP [n, R], of a train [n, l, r]; `x` [n, D] they were taken at,
    None of means."""

    atoms: Sequence[Floats] | Floats
    x: Floats | None

    def __len__(self) -> int:
        return len(self.atoms[0])

    def rows(self, start: int, count: int = 1) -> Side:
        """Of some of its points."""
        part = slice(start, start + count)
        x = None if self.x is None else self.x[part]
        if isinstance(self.atoms, np.ndarray):
            return Side(self.atoms[:, part], x)
        return Side([a[part] for a in self.atoms], x)


class Atoms:
    """What evaluates the atoms of a model, several times as quickly where it is kept."""

    def __init__(self, model: ModelRecord) -> None:
        self.model = model

    def at(self, x: Floats) -> Side:
        """At x [n, D] inside the domain."""
        if self._table is None:
            return Side([atoms(self.model, d, x[:, d]) for d in range(len(self.model.axes))], x)
        search, base, table = self._table
        few = [search.one(row) for row in x] if len(x) <= FEW else []
        known = [one for one in few if one is not None]
        if few and len(known) == len(few):
            span, u = np.stack([one[0] for one in known]), np.stack([one[1] for one in known])
        else:
            span, u, _ = search.many(x)
        found = table[(base + span).T]  # [D, n, p + 1, R]
        out = found[:, :, -1]
        for k in range(found.shape[2] - 2, -1, -1):
            out = out * u.T[:, :, None] + found[:, :, k]
        return Side(out, x)

    def both(self, x: Floats, reference: Floats) -> tuple[Side, Side]:
        """At x [n, D] and at a reference [m, D]."""
        found = self.at(np.concatenate([x, reference]))
        return found.rows(0, len(x)), found.rows(len(x), len(reference))

    def means(self, over: Sequence[Distribution]) -> Side:
        """Their means under independent distributions [D]: one row."""
        found = []
        for d, distribution in enumerate(over):
            x, w = quadrature(self.model.axes[d], distribution)
            found.append(np.tensordot(w, atoms(self.model, d, x), 1)[None])
        same = isinstance(self.model.interaction, CP)
        return Side(np.stack(found) if same else found, None)

    @cached_property
    def uniform(self) -> Side:
        """Their means over the domain."""
        return self.means([Uniform()] * len(self.model.axes))

    @cached_property
    def _table(self) -> tuple[SpanSearch, NDArray[np.int64], Floats] | None:
        """Span polynomials of all axes in one table; None of trains and where it would be large."""
        work, axes = self.model.interaction, self.model.axes
        if not isinstance(work, CP) or not work.rank:
            return None
        bases = [a.basis for a in axes]
        order = max(b.degree for b in bases) + 1
        if 8 * sum(b.n_spans for b in bases) * order * work.rank > LARGEST:
            return None
        parts = [span_polynomials(b, t) for b, t in zip(bases, work.tables, strict=True)]
        return (
            SpanSearch(axes),
            first_rows(bases),
            stacked_polynomials(parts, work.modes, work.rank),
        )
