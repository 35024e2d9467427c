"""Least squares over sums and products of one-dimensional functions of a given shape.

    f(x) = b + sum_d a_d(x_d) + sum_r s_r prod_d phi_dr(x_d),  s_r = +-1, phi_dr >= 0

Every a_d has the slope and bend asked along its input, every phi_dr these times s_r; then each term
of a slope has one sign, and f has the shape over the whole domain. The additive part and the
factors of one input together are non-negative least squares; inputs take turns. Source: Lawson and
Hanson, Solving Least Squares Problems (1974), chapter 23.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, solve_triangular
from scipy.optimize import nnls

from sna_edge.core.basis import SpanBasis

from ..engine.penalty import ridge, roughness
from .cone import cone

Floats = NDArray[np.float64]
SWEEPS, SETTLED = 40, 1e-4
"""Turns of all inputs at most, and the gain of one below which it is the last."""
LEAST_RIDGE = 1e-7
RESTART = 1e-3
"""Size of the constant factors that a product that vanished begins again with."""
MARGIN = {0: 1e-6, 1: 1e-5, 2: 2e-4}
"""Share of a function by which it stays inside its cone (by the order that is asked of it), so that
rounding to float32 leaves it there."""


@dataclass(frozen=True, eq=False)
class Terms:
    """What may be combined: bases [D], slopes and bends [D], signs s [R] of the products; rough:
    strength of the penalty on second derivatives."""

    bases: tuple[SpanBasis, ...]
    slope: tuple[int, ...]
    bend: tuple[int, ...]
    signs: tuple[int, ...]
    rough: float

    def columns(self, d: int, sign: int) -> Floats:
        """The cone of a factor of input d in a product of this sign."""
        return cone(self.bases[d], sign * self.slope[d], sign * self.bend[d])

    def order(self, d: int) -> int:
        """What is asked along input d: 2 for a bend, 1 for a slope."""
        return 2 if self.bend[d] else abs(self.slope[d])


@dataclass(frozen=True, eq=False)
class Solution:
    """bias b, additive tables a_d [m_d] and factors phi_d [m_d, R]."""

    terms: Terms
    bias: float
    additive: tuple[Floats, ...]
    factors: tuple[Floats, ...]

    def values(self, designs: Sequence[Floats]) -> Floats:
        """f [N] on designs [N, m_d]."""
        out = np.full(len(designs[0]), self.bias)
        product = np.asarray(self.terms.signs, dtype=float) * np.ones((len(out), 1))
        for b, a, phi in zip(designs, self.additive, self.factors, strict=True):
            out += b @ a
            product = product * (b @ phi)
        return np.asarray(out + product.sum(axis=1))

    def inside(self) -> Solution:
        """Moved into the cones by their MARGIN."""
        t = self.terms
        additive, factors = [], []
        for d, (a, phi) in enumerate(zip(self.additive, self.factors, strict=True)):
            share = MARGIN[t.order(d)]
            whole = float(np.abs(np.concatenate([f.ravel() for f in self.additive])).max())
            additive.append(a + share * whole * _middle(t.columns(d, 1)) if t.order(d) else a)
            moved = [
                column + share * column.max() * _middle(t.columns(d, s))
                for s, column in zip(t.signs, phi.T, strict=True)
            ]
            factors.append(np.array(moved).T if moved else phi)
        return replace(self, additive=tuple(additive), factors=tuple(factors))


def _middle(columns: Floats) -> Floats:
    """A function well inside the cone, of size one."""
    inner = (columns / np.maximum(columns.max(axis=0), 1e-300)).mean(axis=1)
    return np.asarray(inner / max(float(inner.max()), 1e-300))


def solve(terms: Terms, designs: Sequence[Floats], y: Floats, w: Floats | None) -> Solution:
    """From a start of its own for each product to where turns lower the misfit of y [N], weighted
    by w [N], no more."""
    root = np.ones(len(y)) if w is None else np.sqrt(w / w.mean())
    fixed = _Additive.of(terms, designs, root)
    factors = [
        np.stack([_begun(terms, d, r, s) for r, s in enumerate(terms.signs)], axis=1)
        if terms.signs
        else np.zeros((b.n_rows, 0))
        for d, b in enumerate(terms.bases)
    ]
    theta, last = np.zeros(fixed.design.shape[1]), np.inf
    for _ in range(SWEEPS if terms.signs else 1):
        for d in range(len(terms.bases) if terms.signs else 1):
            theta, factors, error = _turn(terms, fixed, designs, factors, d, root * y, root)
        if error >= (1.0 - SETTLED) * last:
            break
        last = error
    return fixed.solution(theta, factors).inside()


def _begun(terms: Terms, d: int, r: int, sign: int) -> Floats:
    """A start of its own for each product: a different column of the cone beside a constant."""
    columns = terms.columns(d, sign)
    one = columns[:, (7 * r + 3 * d) % columns.shape[1]]
    return np.asarray(0.3 + one / max(float(one.max()), 1e-300))


@dataclass(frozen=True, eq=False)
class _Additive:
    """The part that every turn solves for: designs of b and -b and of all a_d in one matrix."""

    terms: Terms
    cones: tuple[Floats, ...]
    design: Floats
    gram: Floats
    penalty: Floats

    @classmethod
    def of(cls, terms: Terms, designs: Sequence[Floats], root: Floats) -> _Additive:
        cones = tuple(terms.columns(d, 1) for d in range(len(designs)))
        one = np.ones((len(root), 1))
        parts = [one, -one, *(b @ g for b, g in zip(designs, cones, strict=True))]
        design = np.hstack(parts) * root[:, None]
        penalty = np.zeros((design.shape[1],) * 2)
        at = 2
        for basis, g in zip(terms.bases, cones, strict=True):
            here = slice(at, at + g.shape[1])
            penalty[here, here] = _penalty(basis, g, terms.rough)
            at += g.shape[1]
        return cls(terms, cones, design, design.T @ design / len(root), penalty)

    def solution(self, theta: Floats, factors: Sequence[Floats]) -> Solution:
        at, additive = 2, []
        for g in self.cones:
            additive.append(g @ theta[at : at + g.shape[1]])
            at += g.shape[1]
        return Solution(self.terms, float(theta[0] - theta[1]), tuple(additive), tuple(factors))


def _penalty(basis: SpanBasis, g: Floats, rough: float) -> Floats:
    gram = rough * roughness(basis) if basis.n_rows > 1 else 0.0
    return np.asarray(g.T @ (gram + LEAST_RIDGE * ridge(basis)) @ g)


def _turn(
    terms: Terms,
    fixed: _Additive,
    designs: Sequence[Floats],
    factors: list[Floats],
    d: int,
    y: Floats,
    root: Floats,
) -> tuple[Floats, list[Floats], float]:
    """The additive part and the factors of input d, the others held: their coefficients, and the
    objective."""
    n = len(y)
    others = np.ones((n, len(terms.signs)))
    for e, b in enumerate(designs):
        if e != d:
            others *= b @ factors[e]
    cones = [terms.columns(d, s) for s in terms.signs]
    parts = [
        (s * root * h)[:, None] * (designs[d] @ g)
        for s, h, g in zip(terms.signs, others.T, cones, strict=True)
    ]
    design = np.hstack([fixed.design, *parts])
    size = fixed.design.shape[1]
    gram = np.empty((design.shape[1],) * 2)
    gram[:size, :size] = fixed.gram
    gram[size:] = design[:, size:].T @ design / n
    gram[:size, size:] = gram[size:, :size].T
    gram[:size, :size] += fixed.penalty
    at = size
    for h, g in zip(others.T, cones, strict=True):
        here = slice(at, at + g.shape[1])
        gram[here, here] += float(np.mean(h * h)) * _penalty(terms.bases[d], g, terms.rough)
        at += g.shape[1]
    theta, error = _non_negative(gram, design.T @ y / n, float(y @ y) / n)
    new, at = [], size
    for g in cones:
        new.append(g @ theta[at : at + g.shape[1]])
        at += g.shape[1]
    factors = list(factors)
    if new:
        factors[d] = np.stack(new, axis=1)
        factors = _even(factors)
    return theta[:size], factors, error


def _even(factors: list[Floats]) -> list[Floats]:
    """The same products with factors of one size; what has vanished begins again at constants."""
    size = np.array([phi.max(axis=0) for phi in factors])
    alive = (size > 0.0).all(axis=0)
    whole = np.where(alive, np.prod(np.where(alive, size, 1.0), axis=0), 0.0) ** (1 / len(factors))
    return [
        np.where(alive, phi / np.where(alive, s, 1.0) * whole, RESTART)
        for phi, s in zip(factors, size, strict=True)
    ]


def _non_negative(gram: Floats, right: Floats, total: float) -> tuple[Floats, float]:
    """argmin theta' gram theta - 2 right' theta, theta >= 0, and that plus `total`."""
    lift = 1e-10 * np.trace(gram) / len(gram)
    factor, _ = cho_factor(gram + lift * np.eye(len(gram)))
    upper = np.triu(factor)
    theta, _ = nnls(upper, solve_triangular(upper, right, trans="T"), maxiter=30 * len(right))
    return theta, float(theta @ gram @ theta - 2.0 * right @ theta) + total
