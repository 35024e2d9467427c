"""One output over one input: a piecewise polynomial whose roots and extremes are all found, without
a first guess."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..core.basis.nodal import bernstein_matrix
from ..core.basis.span import span_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EPS = float(np.finfo(float).eps)
ROUNDING = 32 * EPS  # values below this share of a span's coefficients cannot be told from zero
SURE = 0.25  # of that: an extreme this far beyond zero has a root on either side
# larger jumps at a break, as a share of the coefficients' size, are meant; smaller ones are float32
# span matrices
JOIN = 1e-5
SEPARATION = 1e-6  # of the axis: roots closer than this are `tangent`


@dataclass(frozen=True)
class RootSet:
    """x [n] increasing, tangent [n], and the closed intervals [m, 2] on which the function equals
    the target."""

    x: Floats
    tangent: NDArray[np.bool_]
    intervals: Floats


@dataclass(frozen=True, eq=False)
class PiecewisePolynomial:
    """f(x) = sum_k coefficients[s, k] u^k on span s, u = (x - breaks[s]) / (breaks[s+1] -
    breaks[s]).

    breaks [S+1], coefficients [S, p+1]; right-continuous at breaks, the last span is closed.
    """

    breaks: Floats
    coefficients: Floats

    @property
    def width(self) -> float:
        """Last break - first break."""
        return float(self.breaks[-1] - self.breaks[0])

    @cached_property
    def size(self) -> float:
        """max_s sum_k |a_sk|: what rounding errors are measured against."""
        return float(np.abs(self.coefficients).sum(axis=1).max())

    @cached_property
    def hull(self) -> tuple[Floats, Floats]:
        """Lower and upper bounds [S] of f on every span: the extreme Bernstein coefficients."""
        p = self.coefficients.shape[1] - 1
        control = self.coefficients @ _to_bernstein(p)
        return control.min(axis=1), control.max(axis=1)

    def __call__(self, x: Floats) -> Floats:
        x = np.asarray(x, dtype=float)
        s = span_of(self.breaks, x)
        u = (x - self.breaks[s]) / (self.breaks[s + 1] - self.breaks[s])
        return horner(self.coefficients[s], u)

    def shifted(self, target: float) -> PiecewisePolynomial:
        """f - target."""
        moved = self.coefficients.copy()
        moved[:, 0] -= target
        return PiecewisePolynomial(self.breaks, moved)

    def at(self, s: Ints, u: Floats) -> Floats:
        """x of the local coordinate u on span s."""
        return np.asarray(
            np.where(
                u < 1.0,
                self.breaks[s] + u * (self.breaks[s + 1] - self.breaks[s]),
                self.breaks[s + 1],
            )
        )

    @cached_property
    def candidates(self) -> tuple[Floats, Floats]:
        """Every position of a possible extreme, span ends and critical points, with the values
        there; both [n]."""
        u = monotone_nodes(self.coefficients)
        s = np.repeat(np.arange(len(u))[:, None], u.shape[1], axis=1)
        return self.at(s, u).reshape(-1), horner(self.coefficients[:, None, :], u).reshape(-1)

    def roots(self, target: float) -> RootSet:
        """All x with f(x) = target."""
        if (
            abs(target) > 2.0 * self.size
        ):  # |f| is at most `size`; a target that is absurdly large would overflow below
            return RootSet(np.empty(0), np.empty(0, dtype=bool), np.empty((0, 2)))
        f = self.shifted(target)
        slack = ROUNDING * (np.abs(self.coefficients).sum(axis=1) + abs(target))
        low, high = f.hull
        reached = (low <= slack) & (high >= -slack)
        opposite = (
            f.coefficients[:-1].sum(axis=1) * f.coefficients[1:, 0] <= 0
        )  # across a break: a root, or a jump
        reached[:-1] |= opposite
        reached[1:] |= opposite
        active = np.flatnonzero(reached)
        if not len(active):
            return RootSet(np.empty(0), np.empty(0, dtype=bool), np.empty((0, 2)))
        return _Sweep(f, active, slack[active], JOIN * (self.size + abs(target))).result()


def horner(a: Floats, u: Floats) -> Floats:
    """sum_k a[..., k] u^k; the leading shapes broadcast."""
    value = np.broadcast_to(a[..., -1], np.broadcast_shapes(a.shape[:-1], u.shape))
    for k in range(a.shape[-1] - 2, -1, -1):
        value = value * u + a[..., k]
    return np.asarray(value, dtype=float)


def differentiated(a: Floats) -> Floats:
    """Coefficients of f' with respect to u."""
    return np.asarray(a[..., 1:] * np.arange(1.0, a.shape[-1]), dtype=np.float64)


_BERNSTEIN: dict[int, Floats] = {}


def _to_bernstein(p: int) -> Floats:
    """Matrix [p+1, p+1] from power to Bernstein coefficients, applied from the right."""
    if p not in _BERNSTEIN:
        _BERNSTEIN[p] = np.asarray(np.linalg.inv(bernstein_matrix(p)), dtype=np.float64)
    return _BERNSTEIN[p]


def monotone_nodes(a: Floats) -> Floats:
    """Points u [S, p+1], increasing from 0 to 1, between which the polynomial a [S, p+1] is
    monotone.

    The roots of one derivative cut [0, 1] into pieces on which the next lower one is monotone, down
    to f' itself.
    """
    spans, p = len(a), a.shape[1] - 1
    nodes: Floats = np.stack([np.zeros(spans), np.ones(spans)], axis=1)
    derivatives: list[Floats] = [a]
    for _ in range(p - 1):
        derivatives.append(differentiated(derivatives[-1]))
    for q in reversed(derivatives[1:]):
        value = horner(q[:, None, :], nodes)
        cut: Floats = nodes[:, :-1].copy()  # where there is no root the left end is repeated
        crossing = value[:, :-1] * value[:, 1:] < 0
        s, i = np.nonzero(crossing)
        if len(s):
            cut[s, i] = bracketed(q[s], nodes[s, i], nodes[s, i + 1])
        touching = (value[:, 1:] == 0) & ~crossing
        cut[touching] = nodes[:, 1:][touching]
        nodes = np.concatenate([nodes[:, :1], cut, nodes[:, -1:]], axis=1)
    return nodes


def bracketed(a: Floats, left: Floats, right: Floats) -> Floats:
    """The root u [n] of a [n, p+1] between `left` and `right`, where the signs differ: Newton kept
    inside by bisection."""
    slope = differentiated(a)
    rising = horner(a, right) > 0
    left, right = left.copy(), right.copy()
    u = 0.5 * (left + right)
    for step in range(80):
        value = horner(a, u)
        below = (value > 0) != rising
        left, right = np.where(below, u, left), np.where(below, right, u)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = u - value / horner(slope, u)
        inside = (newton > left) & (newton < right) & (step % 8 != 7)
        moved = np.where(inside, newton, 0.5 * (left + right))
        done = (np.abs(moved - u) <= EPS) | (value == 0)
        u = np.where(value == 0, u, moved)
        if done.all():
            break
    return np.asarray(u)


class _Sweep:
    """Walks the nodes of the active spans from left to right: crossings, touching points and flat
    spans of f = 0."""

    def __init__(self, f: PiecewisePolynomial, active: Ints, slack: Floats, jump: float) -> None:
        self._f, self._active = f, active
        a = f.coefficients[active]
        self._a, self._u = a, monotone_nodes(a)
        value = horner(a[:, None, :], self._u)
        limit = np.where(self._beyond(value), SURE, 1.0) * slack[:, None]
        self._sign = np.where(np.abs(value) <= limit, 0, np.sign(value)).astype(np.int8)
        self._flat = np.abs(a).sum(axis=1) <= 2 * slack
        self._sign[self._flat] = 0
        self._join(jump)

    def _beyond(self, value: Floats) -> NDArray[np.bool_]:
        """Minima below zero and maxima above it, [rows, nodes]."""
        if self._a.shape[1] < 3:
            return np.zeros(value.shape, dtype=bool)
        bend = horner(differentiated(differentiated(self._a))[:, None, :], self._u)
        return np.asarray((value * bend < 0) & (self._u > 0) & (self._u < 1))

    def _join(self, jump: float) -> None:
        """At a continuous break both sides share one sign; at a jump the right-hand value alone
        belongs to the function."""
        last = len(self._f.coefficients) - 1
        ends, starts = self._f.coefficients.sum(axis=1), self._f.coefficients[:, 0]
        for row, s in enumerate(self._active):
            if s == last:
                continue
            if abs(ends[s] - starts[s + 1]) > jump:
                # the left limit is not attained: a zero there is no root
                if self._sign[row, -1] == 0 and not self._flat[row]:
                    self._sign[row, -1] = self._inner_sign(row)
            elif row + 1 < len(self._active) and self._active[row + 1] == s + 1:
                self._share(row)

    def _share(self, row: int) -> None:
        """One sign for the end of span `row` and the start of the next; opposite signs are a gap (a
        root) or an overlap."""
        ends, starts = (
            self._u[row] == 1.0,
            self._u[row + 1] == 0.0,
        )  # repeated nodes share the sign too
        end, start = self._sign[row, -1], self._sign[row + 1, 0]
        gap = self._sign[row][~ends][-1] == end and self._sign[row + 1][~starts][0] == start
        if end * start == 0 or (end != start and gap):
            self._sign[row][ends] = 0
            self._sign[row + 1][starts] = 0
        elif end != start:
            self._sign[row + 1][starts] = end

    def _inner_sign(self, row: int) -> int:
        inner = self._sign[row, :-1][self._sign[row, :-1] != 0]
        return int(inner[-1]) if len(inner) else 1

    def result(self) -> RootSet:
        row, i = np.nonzero(self._sign[:, :-1] * self._sign[:, 1:] < 0)
        u = (
            bracketed(self._a[row], self._u[row, i], self._u[row, i + 1])
            if len(row)
            else np.empty(0)
        )
        crossing = self._f.at(self._active[row], u)
        touching, tangent, intervals = self._zeros()
        x = np.r_[crossing, touching]
        flags = np.r_[np.zeros(len(crossing), dtype=bool), np.array(tangent, dtype=bool)]
        order = np.argsort(x, kind="stable")
        x, flags = x[order], flags[order]
        close = np.diff(x) < SEPARATION * self._f.width
        flags[:-1] |= close
        flags[1:] |= close
        return RootSet(x, flags, np.reshape(np.array(intervals, dtype=float), (-1, 2)))

    def _zeros(self) -> tuple[list[float], list[bool], list[tuple[float, float]]]:
        """Runs of neighbouring zero nodes: an interval where a flat span is among them, else one
        root."""
        touching: list[float] = []
        tangent: list[bool] = []
        intervals: list[tuple[float, float]] = []
        for run in self._runs():
            rows = [row for row, _ in run]
            flat = [row for row in rows if self._flat[row]]
            positions = [self._position(row, i) for row, i in run]
            if flat:
                spans = self._active[flat]
                intervals.append(
                    (float(self._f.breaks[spans[0]]), float(self._f.breaks[spans[-1] + 1]))
                )
                continue
            before, after = self._neighbour(run[0], -1), self._neighbour(run[-1], 1)
            touching.append(0.5 * (positions[0] + positions[-1]))
            touches = before == after and before != 0
            tangent.append(bool(touches or any(self._level(row, i) for row, i in run)))
        return touching, tangent, intervals

    def _level(self, row: int, i: int) -> bool:
        """True where f' is a zero too, as far as roots 1e-6 apart can be told."""
        slope = differentiated(self._a[row])
        return bool(abs(horner(slope, self._u[row, i])) <= SEPARATION * np.abs(slope).sum())

    def _position(self, row: int, i: int) -> float:
        return float(self._f.at(self._active[row : row + 1], self._u[row, i : i + 1])[0])

    def _runs(self) -> list[list[tuple[int, int]]]:
        runs: list[list[tuple[int, int]]] = []
        columns = self._sign.shape[1]
        previous = None
        for row, i in zip(*np.nonzero(self._sign == 0), strict=True):
            here = (int(row), int(i))
            if previous is not None and self._follows(previous, here, columns):
                runs[-1].append(here)
            else:
                runs.append([here])
            previous = here
        return runs

    def _follows(self, a: tuple[int, int], b: tuple[int, int], columns: int) -> bool:
        if a[0] == b[0]:
            return b[1] == a[1] + 1
        return (
            b[0] == a[0] + 1
            and (a[1], b[1]) == (columns - 1, 0)
            and bool(self._active[b[0]] == self._active[a[0]] + 1)
        )

    def _neighbour(self, node: tuple[int, int], step: int) -> int:
        """Sign just before or after a node, 0 at an end of the domain."""
        row, i = node[0], node[1] + step
        if 0 <= i < self._sign.shape[1]:
            return int(self._sign[row, i])
        s = int(self._active[row]) + step
        if not 0 <= s < len(self._f.coefficients):
            return 0
        near = row + step
        if 0 <= near < len(self._active) and self._active[near] == s:
            return int(self._sign[near, 1 if step > 0 else -2])
        return int(
            np.sign(self._f.coefficients[s].sum() if step > 0 else self._f.coefficients[s, 0])
        )
