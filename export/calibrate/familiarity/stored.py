"""A mixture as a companion holds it: T-th roots of its factors in int8, T in the weight, and the
smallest T that leaves something of the density to all but a few rows (FORMAT.md section 14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.beside import Companion, Coordinate, Role
from sna_edge.core.interaction import CP
from sna_edge.core.output import Output
from sna_edge.model import Model

from .hats import Hats
from .mixture import Mixture

Floats = NDArray[np.float64]
LEAST = 2.0**-126
UNIT, STEPS = 2.0**-7, 127
ROOTS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 16.0, 20.0, 24.0, 32.0)
LOST = 1 / 400
"""Share of the rows not fitted that may have no density left: half of p = 0.5 %."""
Q15 = 2.0**15
SPREAD, NEAR, FAR = 0.2, 0.1, 4.0


@dataclass(frozen=True)
class Stored:
    """q(z) = sum_k weight_k prod_d sum_b table_dbk w_b(z_d); ln p is T ln q + `constant`, T =
    `root`."""

    hats: tuple[Hats, ...]
    tables: tuple[Floats, ...]
    weights: Floats
    root: float
    constant: float

    def score(self, z: Floats) -> Floats:
        """T ln max(q, 2^-126) + constant [N] at z [N, C]."""
        q = np.prod(self._factors(z), axis=0) @ self.weights
        return np.asarray(self.root * np.log(np.maximum(q, LEAST)) + self.constant)

    def lost(self, z: Floats, integers: bool) -> NDArray[np.bool_]:
        """Whether nothing is left of q [N] in float32 or, with `integers`, on the integer path,
        which rounds after every product."""
        product: Floats | float = 1.0
        for factor in self._factors(z):
            product = product * factor
            if integers:
                product = np.floor(product * Q15 + 0.5) / Q15
        return np.asarray(np.asarray(product) @ self.weights < (1 / Q15 if integers else LEAST))

    def integer_score(self, z: Floats) -> Floats:
        """`score` as the integer path has it, which rounds after every product."""
        product: Floats | float = 1.0
        for factor in self._factors(z):
            product = np.floor(product * factor * Q15 + 0.5) / Q15
        q = np.asarray(product) @ self.weights
        return np.asarray(self.root * np.log(np.maximum(q, LEAST)) + self.constant)

    def _factors(self, z: Floats) -> list[Floats]:
        pairs = zip(self.hats, self.tables, z.T, strict=True)
        return [h.weights(c) @ table for h, table, c in pairs]

    def companion(self, coordinates: Sequence[Coordinate], weight: float) -> Companion[Model]:
        """`weight` times T ln q as a part of the familiarity score."""
        axes = [h.axis(f"z{d}") for d, h in enumerate(self.hats)]
        model = Model(
            axes,
            CP.full(self.tables, self.weights[:, None]),
            [Output("density")],
            dtypes=("int8",) * len(axes),
        )
        return Companion(Role.FAMILIARITY, model, tuple(coordinates), weight=weight * self.root)


def stored(made: Mixture, root: float) -> Stored:
    """The mixture with every column's largest value 1, its T-th root and the nearest step of
    int8."""
    largest = [node.max(axis=1) for node in made.nodes]
    tables = tuple(
        np.rint((node / top[:, None]).T ** (1 / root) * STEPS) * UNIT
        for node, top in zip(made.nodes, largest, strict=True)
    )
    weight = (np.log(made.share) + np.sum(np.log(largest), axis=0)) / root
    constant = float(weight.max())
    filled = (STEPS * UNIT) ** -len(tables)
    weights = np.exp(weight - constant).astype(np.float32).astype(float) * filled
    return Stored(made.hats, tables, weights, root, root * constant)


def least_root(
    fits: Sequence[tuple[Mixture, Floats]], integers: bool, strange: Sequence[Floats] = ()
) -> float:
    """The first T of ROOTS with which at most max(1, n / 400) of the n rows that were not fitted
    are left with nothing; pairs of a mixture and rows [N, C] that it has not seen.

    With `integers` as few of the `strange` rows (of each mixture) may have another score on the
    integer path, by `NEAR` spreads of the rows, unless that is below all of the rows by `FAR`.
    """
    allowed = max(1.0, LOST * sum(len(z) for _, z in fits))
    for root in ROOTS:
        kept = [(stored(m, root), z) for m, z in fits]
        lost = sum(np.count_nonzero(s.lost(z, integers)) for s, z in kept)
        if lost <= allowed and (not integers or _apart(kept, strange) <= allowed):
            return root
    return ROOTS[-1]


def _apart(kept: Sequence[tuple[Stored, Floats]], strange: Sequence[Floats]) -> int:
    rows = np.concatenate([s.score(z) for s, z in kept])
    spread = np.median(rows) - np.quantile(rows, SPREAD)
    floor, count = rows.min() - FAR * spread, 0
    for (s, _), z in zip(kept, strange, strict=False):
        plain = s.score(z)
        other = np.abs(plain - s.integer_score(z)) > NEAR * spread
        count += int(np.count_nonzero(other & (plain > floor)))
    return count
