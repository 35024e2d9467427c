"""Roughness and ridge penalties of the factor tables, one strength per axis, mode order and
kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis

from ..data.free_coefficients import fold
from .factors import SeparableFunction

Floats = NDArray[np.float64]
ROUGH_SCALE = 1e-2
"""int phi''^2 of an atom of size one is some hundred on [0, 1]: brings roughness and ridge to like
strengths."""


@dataclass(frozen=True, eq=False)
class Component:
    """strength * sum_{j in columns} C_d[:, j]' gram C_d[:, j]."""

    axis: int
    columns: NDArray[np.int64]
    gram: Floats


def roughness(basis: SpanBasis) -> Floats:
    """int B_i'' B_j'' over the axis scaled to [0, 1] (first derivatives below degree 2; spread of
    the levels)."""
    return _grams(basis)[0]


def ridge(basis: SpanBasis) -> Floats:
    """int B_i B_j over the axis scaled to [0, 1]; the mean over the levels of a categorical
    axis."""
    return _grams(basis)[1]


@cache
def _grams(basis: SpanBasis) -> tuple[Floats, Floats]:
    if basis.kind == "levels":
        n = basis.n_rows
        return np.eye(n) / n - np.full((n, n), 1.0 / n**2), np.eye(n) / n
    width = basis.upper - basis.lower
    nu = min(2, basis.degree)
    rough = ROUGH_SCALE * width ** (2 * nu - 1) * basis.gram(nu)
    return _free_gram(basis, rough), _free_gram(basis, basis.gram(0) / width)


def _free_gram(basis: SpanBasis, gram: Floats) -> Floats:
    return fold(basis, fold(basis, gram).T)


def components(f: SeparableFunction) -> list[Component]:
    """Roughness and ridge of every (axis, mode order); the bias is free and the output axis has a
    ridge alone."""
    out = []
    for d, basis in enumerate(f.bases):
        order_of_column = f.orders[f.uses[d]]
        for order in np.unique(order_of_column[order_of_column > 0]):
            columns = np.flatnonzero(order_of_column == order)
            if d < len(f.bases) - 1 and basis.n_rows > 1:
                out.append(Component(d, columns, roughness(basis)))
            out.append(Component(d, columns, ridge(basis)))
    return out


def penalty_value(f: SeparableFunction, parts: list[Component], strengths: Floats) -> float:
    """sum_j strength_j C' S_j C over all components."""
    return float(sum(s * quadratic(f, c) for s, c in zip(strengths, parts, strict=True)))


def quadratic(f: SeparableFunction, c: Component) -> float:
    """C' S C of one component."""
    table = f.tables[c.axis][:, c.columns]
    return float(np.sum(table * (c.gram @ table)))
