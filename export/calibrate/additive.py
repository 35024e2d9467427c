"""Additive functions of a few coordinates, fitted by gamma likelihood with penalties by evidence.

    ln sigma(z) = c_0 + sum_j s_j(z_j)

Every s_j is a spline of hats, or a number a level; how stiff each is comes from the rows: curvature
and slope have a penalty of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis, bspline, levels, uniform_breaks

Floats = NDArray[np.float64]
SPANS = 6
NARROWEST = 1e-3
"""Of an axis: no span is narrower."""
MOST, FLAT = 5, 0.03
"""Coordinates of a function; one that changes sigma by less than 3 % is none."""
STEPS = 60
MOST_STEP = 1.0
"""Of ln sigma at any row, in one step."""
MOST_PULL = 4.0
"""Of one row, in sizes: a row five times as large as expected pulls no harder when it is larger."""
SETTLED, SETTLED_STRENGTH = 1e-3, 0.02
"""Changes of ln sigma and of ln(strength) at which the steps end."""
FAINT, TALL = 1e-3, 0.995
"""|Residuals| below this share of the middle one count as that, those above this quantile as it."""
SOFTEST, STIFFEST = 1e-3, 1e3
"""Range of a strength; the stiffest is meant a row."""
LEAST_DISPERSION = 0.3
"""(|r| / sigma - 1)^2 in the mean: half normal residuals have 0.57, fewer only by chance."""


@dataclass(frozen=True, eq=False)
class Additive:
    """c_0 + sum_j B_j(z_j) c_j; z_j is taken at the nearer end outside its basis."""

    bases: tuple[SpanBasis, ...]
    constant: float
    tables: tuple[Floats, ...]

    def __call__(self, z: Floats) -> Floats:
        """[N] of z [N, C]."""
        total = np.full(len(z), self.constant)
        for column, basis, table in zip(z.T, self.bases, self.tables, strict=True):
            total += hats(basis, column) @ table
        return total

    def about(self, middle: float, shrink: float) -> Additive:
        """middle + shrink (f - middle)."""
        constant = middle + shrink * (self.constant - middle)
        return Additive(self.bases, constant, tuple(shrink * t for t in self.tables))


def coordinate_basis(ends: tuple[float, float], rows: Floats | None = None) -> SpanBasis:
    """Hats on SPANS spans between the `ends` of an axis: even ones, which a file stores as two
    numbers, or with breaks at quantiles of `rows` [N]."""
    low, high = ends
    if rows is None:
        return bspline(uniform_breaks(low, high, SPANS), 1)
    least, breaks = NARROWEST * (high - low), [low]
    for b in np.quantile(rows, np.arange(1, SPANS) / SPANS):
        if b - breaks[-1] > least and high - b > least:
            breaks.append(float(b))
    return bspline([*breaks, high], 1)


def level_basis(n_levels: int) -> SpanBasis:
    """A row a level."""
    return levels(n_levels)


def hats(basis: SpanBasis, z: Floats) -> Floats:
    """Basis values [N, n_rows] at z [N], taken at the nearer end outside."""
    return basis.design(np.clip(z, basis.lower, basis.upper))


@dataclass(frozen=True)
class _Part:
    """c[at]' matrix c[at] of a rank is held small."""

    at: slice
    matrix: Floats
    rank: int


def _parts(bases: Sequence[SpanBasis]) -> list[_Part]:
    """Curvature and slope of every spline, the spread of levels: of the coefficients, whatever the
    widths of the spans."""
    found, start = [], 1
    for basis in bases:
        n = basis.n_rows
        at = slice(start, start + n)
        if basis.kind == "levels" or n == 2:
            found.append(_Part(at, np.eye(n) - 1.0 / n, n - 1))
        else:
            bend, line = np.diff(np.eye(n), 2, axis=0), np.arange(n) - (n - 1) / 2
            found.append(_Part(at, n * bend.T @ bend, n - 2))
            found.append(_Part(at, np.outer(line, line) / (line @ line), 1))
        start += n
    return found


def strongest(z: Floats, size: Floats, bases: Sequence[SpanBasis]) -> tuple[list[int], Additive]:
    """`fitted` to the MOST coordinates along which it changes most: their places among those of z
    [N, C], and the function of these."""
    whole = fitted(z, size, bases)
    pairs = zip(bases, z.T, whole.tables, strict=True)
    spread = np.array([float((hats(b, c) @ t).std()) for b, c, t in pairs])
    order = np.argsort(-spread, kind="stable")[:MOST]
    kept = sorted(int(j) for j in order if spread[j] >= min(FLAT, spread.max()))
    if len(kept) == len(bases):
        return kept, whole
    return kept, fitted(z[:, kept], size, [bases[j] for j in kept])


def fitted(z: Floats, size: Floats, bases: Sequence[SpanBasis]) -> Additive:
    """The function whose exponential is the mean of `size` [N] (|residuals|, some above 0) at z
    [N, C].

    Fisher steps for sum(ln sigma + size / sigma); after each the strength of a part becomes
    dispersion (rank - strength tr(inverse part)) / c' part c. Source: Wood and Fasiolo, A
    generalized Fellner-Schall method for smoothing parameter optimization, Biometrics 73 (2017).
    """
    middle = float(np.median(size)) or float(size.mean())
    y = np.clip(size, FAINT * middle, np.quantile(size, TALL))
    blocks = [hats(b, column) for b, column in zip(bases, z.T, strict=True)]
    means = [b.mean(axis=0) for b in blocks]
    centred = [b - m for b, m in zip(blocks, means, strict=True)]
    c = _solved(np.column_stack([np.ones(len(y)), *centred]), y, _parts(bases))
    tables = np.split(c[1:], np.cumsum([len(m) for m in means])[:-1]) if means else []
    constant = c[0] - sum(m @ t for m, t in zip(means, tables, strict=True))
    return Additive(tuple(bases), float(constant), tuple(tables))


def _solved(design: Floats, y: Floats, parts: list[_Part]) -> Floats:
    gram, n = design.T @ design, len(y)
    for at in {(p.at.start, p.at.stop) for p in parts}:
        gram[slice(*at), slice(*at)] += 1.0  # no row sees the mean coefficient of a coordinate
    c = np.zeros(design.shape[1])
    c[0] = np.log(y.mean())
    strength, eta = np.full(len(parts), 0.1 * n**0.5), np.full(n, c[0])
    for _ in range(STEPS):
        stiff = np.zeros_like(gram)
        for s, p in zip(strength, parts, strict=True):
            stiff[p.at, p.at] += s * p.matrix
        inverse = np.linalg.inv(gram + stiff)
        pull = np.minimum(y * np.exp(-eta) - 1.0, MOST_PULL)
        step = inverse @ (design.T @ pull - stiff @ c)
        moved = design @ step
        largest = float(np.abs(moved).max())
        t = min(1.0, MOST_STEP / max(largest, 1e-12))
        c, eta, before = c + t * step, eta + t * moved, strength
        strength = _strengths(strength, parts, inverse, c, y * np.exp(-eta))
        change = np.abs(np.log(strength / before)).max(initial=0.0)
        if largest < SETTLED and change < SETTLED_STRENGTH:
            break
    return c


def _strengths(
    strength: Floats, parts: list[_Part], inverse: NDArray[Any], c: Floats, ratio: Floats
) -> Floats:
    """The strengths that the evidence asks for next; `ratio` [N] is size over sigma."""
    left = [
        max(p.rank - s * float(np.sum(inverse[p.at, p.at] * p.matrix)), 1e-9)
        for s, p in zip(strength, parts, strict=True)
    ]
    dispersion = float(np.sum((ratio - 1.0) ** 2)) / max(len(ratio) - 1.0 - sum(left), 1.0)
    dispersion = max(dispersion, LEAST_DISPERSION)
    bent = [max(float(c[p.at] @ p.matrix @ c[p.at]), 1e-12) for p in parts]
    return np.clip(dispersion * np.array(left) / bent, SOFTEST, STIFFEST * len(ratio))
