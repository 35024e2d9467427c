"""The function of a shape that is nearest to a free one.

    min over g of  mean (g - f)^2  +  strength mean_z sum_b (MARGIN - slope_b g(z))_+^2

with slopes of order one and two that shall not be negative, over the width of their input. What has
a shape is a convex set: the nearest of it to f is nearer to each of its functions, the truth among
them, than f is. g has the modes of f and functions of single inputs beside; its coefficients move
together by Levenberg-Marquardt steps, with points where a slope is least added as it grows strict.
What is left below zero by the enclosure of a slope is lifted by a straight line or a parabola, so
the shape is proved. Sources: Luenberger, Optimization by Vector Space Methods (1969), section 3.12;
Blankenship and Falk, Infinitely constrained optimization problems (1976).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis, bspline
from sna_edge.numerics.low_discrepancy import points
from sna_edge.numerics.time_budget import TimeBudget

from ..data.free_coefficients import fold, free_size
from ..engine.factors import SeparableFunction, partial_products
from .lift import Bound, ends, in_domain, least, lifted

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
STRENGTHS = (1e1, 1e3, 3e4, *[1e5] * 6)
BENDS = 1e-2
"""Strength of a bend beside that of a slope."""
MARGIN = 0.01
"""Slopes over the width of the input that points ask for, of the spread of f."""
SPREAD_POINTS, AT_FACES, NEAR = 1600, 0.3, 10
"""Points of the domain; share of their coordinates that are moved to an end; points drawn around
each place where a slope is least."""
SOME_ROWS = 5000
"""Most rows (evenly spaced) at which g is compared with f: f has no noise."""
DOMAIN_SHARE = 0.2
"""Weight of these points where g shall equal f, of that of the rows."""
STEPS, SETTLED, MOST_DAMPED = 25, 1e-3, 1e6
SPANS = 4
MOST_PARAMETERS = 400
"""Coefficients up to which they are solved for together."""


def projected(
    f: SeparableFunction,
    bounds: Sequence[Bound],
    x: Floats,
    weight: Floats | None,
    seed: int,
    budget: TimeBudget,
) -> SeparableFunction | None:
    """The nearest function with these bounds to f, over SOME_ROWS of the rows x [N, D] of `weight`
    [N] and the domain; None where that is too large or time is over."""
    g = begun(f, bounds)
    if g.parameters > MOST_PARAMETERS:
        return None
    some = np.arange(0, len(x), -(-len(x) // SOME_ROWS))
    share = np.ones(len(some)) if weight is None else weight[some]
    search = _Search.of(f, bounds, x[some], share, seed)
    for strength in STRENGTHS:
        g = search.descended(g, strength, budget)
        if budget.over():
            return None
        search.look_at(g, strength == STRENGTHS[-1])
    return lifted(g, bounds)


def begun(f: SeparableFunction, bounds: Sequence[Bound]) -> SeparableFunction:
    """f with cubic splines of SPANS spans at least along the inputs of the bounds, and a function
    of each input for each output, zero yet."""
    asked = {b.axis for b in bounds}
    axes, outputs = len(f.bases) - 1, f.n_outputs
    fresh = np.zeros((axes + 1, axes * outputs), dtype=bool)
    fresh[np.repeat(np.arange(axes), outputs), np.arange(axes * outputs)] = True
    fresh[-1] = True
    bases, tables = list[SpanBasis](), list[Floats]()
    for d, basis in enumerate(f.bases[:-1]):
        made = _cubic(basis) if d in asked else basis
        table = f.tables[d] if made is basis else _carried(basis, made, f.tables[d])
        bases.append(made)
        tables.append(np.hstack([table, np.zeros((free_size(made), outputs))]))
    weights = np.ones((outputs, f.rank))
    weights[:, f.uses[-1]] = f.tables[-1]
    uses = np.hstack([f.uses, fresh])
    uses[-1] = True
    weights = np.hstack([weights, np.tile(np.eye(outputs), axes)])
    return SeparableFunction((*bases, f.bases[-1]), uses, (*tables, weights))


def _cubic(basis: SpanBasis) -> SpanBasis:
    if basis.kind == "spline" and basis.degree == 3 and basis.n_spans >= SPANS:
        return basis
    return bspline(np.interp(
        np.linspace(0.0, 1.0, max(SPANS, basis.n_spans) + 1),
        np.linspace(0.0, 1.0, basis.n_spans + 1),
        basis.breaks,
    ), 3)  # fmt: skip


def _carried(old: SpanBasis, new: SpanBasis, table: Floats) -> Floats:
    """The atoms of `old` in the basis `new`, least squares on a fine grid."""
    at = np.linspace(old.lower, old.upper, 20 * (new.n_rows + old.n_rows))
    return np.asarray(np.linalg.lstsq(new.design(at), fold(old, old.design(at)) @ table)[0])


@dataclass(frozen=True, eq=False)
class _Points:
    """Designs [P, m_d] of each input at points, by the order of the derivative."""

    designs: tuple[tuple[Floats, ...], ...]

    @classmethod
    def of(cls, bases: Sequence[SpanBasis], x: Floats, orders: int) -> _Points:
        return cls(tuple(
            tuple(fold(b, b.design(x[:, d], nu)) if nu == 0 or b.kind == "spline" else x[:, :0]
                  for d, b in enumerate(bases))
            for nu in range(orders + 1)
        ))  # fmt: skip

    def atoms(self, g: SeparableFunction, axis: int = -1, order: int = 0) -> list[Floats]:
        """phi_d [P, R], of `axis` the derivative of this order."""
        out = []
        for d, design in enumerate(self.designs[0]):
            used, here = g.uses[d], order if d == axis else 0
            phi = np.zeros((len(design), g.rank)) if here else np.ones((len(design), g.rank))
            phi[:, used] = self.designs[here][d] @ g.tables[d]
            out.append(phi)
        return out

    def of_rows(self, rows: Ints) -> _Points:
        return _Points(tuple(tuple(d[rows] if d.size else d for d in of) for of in self.designs))

    def jacobian(self, g: SeparableFunction, k: int, axis: int = -1, order: int = 0) -> Floats:
        """Of output k, or its derivative, by all coefficients of the inputs: [P, parameters]."""
        others, _ = partial_products(self.atoms(g, axis, order))
        parts = []
        for d, h in enumerate(others):
            used, design = g.uses[d], self.designs[order if d == axis else 0][d]
            weighed = h[:, used] * g.tables[-1][k, used]
            parts.append((design[:, :, None] * weighed[:, None, :]).reshape(len(design), -1))
        return np.hstack(parts)

    def values(self, g: SeparableFunction, axis: int = -1, order: int = 0) -> Floats:
        """[P, K]."""
        _, product = partial_products(self.atoms(g, axis, order))
        return product @ g.tables[-1].T


class _Search:
    """What g is compared with, and the points at which its slopes are looked at."""

    def __init__(
        self, f: SeparableFunction, bounds: Sequence[Bound], x: Floats, weight: Floats, z: Floats
    ) -> None:
        self.bases = begun(f, bounds).bases[:-1]
        self.bounds, self.z = bounds, z
        both = np.vstack([x, z])
        self.target, self.at = f.predict(both), _Points.of(self.bases, both, 0)
        share = np.r_[weight / weight.sum(), np.full(len(z), DOMAIN_SHARE / len(z))]
        self.share = share / share.sum()
        mean = self.share @ self.target
        self.size = np.sqrt(self.share @ (self.target - mean) ** 2) + 1e-300
        self.look = _Points.of(self.bases, z, 2)
        self.margin = np.full((len(bounds), self.target.shape[1]), MARGIN)

    @classmethod
    def of(
        cls, f: SeparableFunction, bounds: Sequence[Bound], x: Floats, weight: Floats, seed: int
    ) -> _Search:
        u = points(SPREAD_POINTS, x.shape[1], seed=None)
        faces = np.random.default_rng(seed).random(u.shape) < AT_FACES
        faces[::2] = False
        return cls(f, bounds, x, weight, in_domain(f.bases[:-1], np.where(faces, np.round(u), u)))

    def look_at(self, g: SeparableFunction, strict: bool) -> None:
        """Adds the places where slopes are least, and points near; asks for more where slopes are
        not proved to be at least zero."""
        known = least(g, self.bounds)
        for n, (bound, (low, _)) in enumerate(zip(self.bounds, known, strict=True)):
            spare = low * abs(_scale(self.bases[bound.axis], bound)) / self.size
            moved = self.margin[n] - np.where(spare < 0.0, spare, 0.5 * spare)
            self.margin[n] = np.maximum(moved, 0.0) if strict else self.margin[n]
        found = np.array([place for _, places in known for place in places])
        rng = np.random.default_rng(len(self.z))
        lower, width = ends(self.bases)
        unit = np.repeat((found - lower) / width, NEAR + 1, axis=0)
        unit[len(found) :] += 0.03 * rng.standard_normal((len(unit) - len(found), len(lower)))
        smooth = np.array([b.kind != "levels" for b in self.bases])
        kept = np.repeat(found, NEAR + 1, axis=0)
        moved = np.where(smooth, lower + np.clip(unit, 0.0, 1.0) * width, kept)
        self.z = np.vstack([self.z, moved])
        self.look = _Points.of(self.bases, self.z, 2)

    def short(self, g: SeparableFunction, n: int) -> Floats:
        """By how much the slope of bound n falls short of its margin at the points [P, K], in
        spreads."""
        bound = self.bounds[n]
        b = self.bases[bound.axis]
        slope = self.look.values(g, bound.axis, bound.order) * _scale(b, bound)
        return np.maximum(self.margin[n] - slope / self.size, 0.0)

    def objective(self, g: SeparableFunction, strength: float) -> float:
        off = (self.at.values(g) - self.target) / self.size
        lacking = sum(
            _strength(strength, b) * float((self.short(g, n) ** 2).mean(axis=0).sum())
            for n, b in enumerate(self.bounds)
        )
        return float((self.share @ off**2).sum()) + lacking

    def system(self, g: SeparableFunction, strength: float) -> tuple[Floats, Floats]:
        """Gauss-Newton matrix and gradient."""
        count = sum(t.size for t in g.tables[:-1])
        matrix, gradient = np.zeros((count, count)), np.zeros(count)
        off = (self.at.values(g) - self.target) / self.size
        for k, size in enumerate(self.size):
            j = self.at.jacobian(g, k) / size
            matrix += (j * self.share[:, None]).T @ j
            gradient += j.T @ (self.share * off[:, k])
        for n, bound in enumerate(self.bounds):
            lacking, scale = self.short(g, n), _scale(self.bases[bound.axis], bound)
            weight = _strength(strength, bound) / len(self.z)
            for k, size in enumerate(self.size):
                rows = np.flatnonzero(lacking[:, k])
                if len(rows):
                    part = self.look.of_rows(rows)
                    j = part.jacobian(g, k, bound.axis, bound.order) * (scale / size)
                    matrix += weight * j.T @ j
                    gradient -= weight * (j.T @ lacking[rows, k])
        return matrix, gradient

    def descended(
        self, g: SeparableFunction, strength: float, budget: TimeBudget
    ) -> SeparableFunction:
        """Levenberg-Marquardt steps until one gains less than SETTLED, or time is over."""
        damping, last = 1e-3, self.objective(g, strength)
        for _ in range(STEPS):
            matrix, gradient = self.system(g, strength)
            scale = float(np.diag(matrix).mean())
            while damping < MOST_DAMPED:
                damped = matrix + damping * scale * np.eye(len(matrix))
                step = np.asarray(np.linalg.solve(damped, -gradient))
                new = _moved(g, step)
                value = self.objective(new, strength)
                if value < last:
                    break
                damping *= 5.0
            else:
                return g
            damping = max(damping / 5.0, 1e-9)
            settled = value > last * (1.0 - SETTLED)
            g, last = new, value
            if settled or budget.over():
                break
        return g


def _strength(strength: float, bound: Bound) -> float:
    return strength * (BENDS if bound.order == 2 else 1.0)


def _scale(basis: SpanBasis, bound: Bound) -> float:
    return float(bound.sign * (basis.upper - basis.lower) ** bound.order)


def _moved(g: SeparableFunction, step: Floats) -> SeparableFunction:
    tables, at = [], 0
    for table in g.tables[:-1]:
        tables.append(table + step[at : at + table.size].reshape(table.shape))
        at += table.size
    return g.with_tables([*tables, g.tables[-1]])
