"""The function of a file as FORMAT.md section 1 writes it, in plain Python floats: slow, obvious,
and without a line of the library."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from fractions import Fraction

CONTINUOUS, PERIODIC, LEVELS = 0, 1, 2
IDENTITY, EXP, LOGISTIC = 0, 1, 2
UNITS = {"f": 1.0, "e": 1.0, "h": 2.0**-15, "b": 2.0**-7}
"""Storage letter of `struct` -> value of one step of the stored table."""


def f32(x: float) -> float:
    """The nearest number that f32 holds."""
    return struct.unpack("<f", struct.pack("<f", x))[0]


def pieces(degree: int) -> list[list[Fraction]]:
    """M[i][k] of an even spline of degree 0 to 3 without ends, as f32 stores it:
    B_i(u) = sum_k M[i][k] u^k."""
    rows = {
        0: [[1]],
        1: [[1, -1], [0, 1]],
        2: [[1, -2, 1], [1, 2, -2], [0, 0, 1]],
        3: [[1, -3, 3, -1], [4, 0, -6, 3], [1, 3, 3, -3], [0, 0, 0, 1]],
    }[degree]
    return [[Fraction(f32(m / math.factorial(degree))) for m in row] for row in rows]


@dataclass
class Line:
    """One axis with its table [row][column] as it decodes; `breaks` where the spans are uneven."""

    lower: float
    upper: float
    spans: int
    degree: int
    storage: str
    table: list[list[float]]
    kind: int = CONTINUOUS
    breaks: list[float] | None = None
    support: list[int] = field(default_factory=list)

    def place(self, x: float) -> tuple[int, float]:
        """Span and local coordinate of a coordinate inside the domain."""
        if self.kind == LEVELS:
            assert x == int(x)
            return int(x), 0.0
        if self.breaks is None:
            t = (x - self.lower) * (self.spans / (self.upper - self.lower))
            s = min(math.floor(t), self.spans - 1)
            u = t - s
        else:
            s = max(s for s in range(self.spans) if self.breaks[s] <= x)
            u = (x - self.breaks[s]) * (1 / (self.breaks[s + 1] - self.breaks[s]))
        return s, min(max(u, 0.0), 1.0)

    def atoms(self, x: float) -> list[float]:
        """phi_c(x) of every column."""
        s, u = self.place(x)
        basis = [sum(float(m) * u**k for k, m in enumerate(row)) for row in pieces(self.degree)]
        columns = range(len(self.table[0]))
        return [sum(b * self.table[s + i][c] for i, b in enumerate(basis)) for c in columns]


@dataclass
class Exit:
    """One output: `link(f) * scale + offset`; `space` 1: its intervals are of the linear part."""

    bias: float = 0.0
    scale: float = 1.0
    offset: float = 0.0
    link: int = IDENTITY
    space: int = 0

    def value(self, f: float) -> float:
        g = {IDENTITY: f, EXP: math.exp(min(f, 700.0)), LOGISTIC: 1 / (1 + math.exp(-f))}[self.link]
        return g * self.scale + self.offset

    def slope(self, f: float) -> float:
        g = math.exp(f) if self.link == EXP else 1 / (1 + math.exp(-f))
        return self.scale * {IDENTITY: 1.0, EXP: g, LOGISTIC: g * (1 - g)}[self.link]

    def cut(self, y: float) -> float:
        """y in the closed range of the link."""
        ends = sorted((self.offset, self.offset + self.scale))
        if self.link == IDENTITY:
            return y
        if self.link == LOGISTIC:
            return min(max(y, ends[0]), ends[1])
        return max(y, self.offset) if self.scale > 0 else min(y, self.offset)


@dataclass
class Function:
    """A CP model (`groups`: (mask, count) in increasing order of mask) or a tensor train (`ranks`:
    right rank of every axis); weights [mode][output]."""

    lines: list[Line]
    exits: list[Exit]
    weights: list[list[float]]
    groups: list[tuple[int, int]] | None = None
    ranks: list[int] | None = None

    def modes(self, x: list[float]) -> list[float]:
        atoms = [line.atoms(v) for line, v in zip(self.lines, x, strict=True)]
        if self.ranks is not None:
            row = [1.0]
            for phi, right in zip(atoms, self.ranks, strict=True):
                row = [sum(v * phi[i * right + j] for i, v in enumerate(row)) for j in range(right)]
            return row
        assert self.groups is not None
        made, used = [], [0] * len(atoms)
        for mask, count in self.groups:
            axes = [d for d in range(len(atoms)) if mask >> d & 1]
            for j in range(count):
                made.append(math.prod(atoms[d][used[d] + j] for d in axes))
            for d in axes:
                used[d] += count
        return made

    def linear(self, x: list[float]) -> list[float]:
        modes = self.modes(x)
        return [
            e.bias + sum(m * w[k] for m, w in zip(modes, self.weights, strict=True))
            for k, e in enumerate(self.exits)
        ]

    def value(self, x: list[float]) -> list[float]:
        return [e.value(f) for e, f in zip(self.exits, self.linear(x), strict=True)]


@dataclass
class Coordinate:
    """What a companion's axis is of: an input, a linear feature, or a prediction (0, 1, 2)."""

    source: int
    index: int = 0
    weights: list[float] = field(default_factory=list)
    constant: float = 0.0


SCALE, FAMILIARITY, CLASS, BASE = 0, 1, 2, 3


@dataclass
class Companion:
    role: int
    output: int
    coordinates: list[Coordinate]
    function: Function
    weight: float = 0.0
    integers: bool = False


@dataclass
class Calibration:
    """Section 15; `pairs` maps (a, b) to the set of levels (i, j) seen together."""

    residuals: int = 0
    quantiles: list[list[float]] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)
    correlation: list[float] = field(default_factory=list)
    scores: int = 0
    score: list[float] = field(default_factory=list)
    least_p: float = 0.0
    pairs: dict[tuple[int, int], set[tuple[int, int]]] = field(default_factory=dict)


@dataclass
class Formula:
    """Section 16: `product` or sum over terms (raw, index, number)."""

    axis: int
    product: bool
    constant: float
    terms: list[tuple[bool, int, float]]


@dataclass
class Readings:
    tolerance: list[float]
    ends: list[tuple[float, float]]
    formulas: list[Formula]


@dataclass
class Whole:
    """Everything that one file of format 1.1 says."""

    values: Function
    companions: list[Companion]
    calibration: Calibration | None
    readings: Readings | None

    def encoded(self, x: list[float]) -> list[float]:
        """u_e: `x - lower` of an input, one column a level."""
        columns: list[float] = []
        for line, v in zip(self.values.lines, x, strict=True):
            if line.kind == LEVELS:
                columns += [float(i == int(v)) for i in range(line.spans)]
            else:
                columns.append(v - line.lower)
        return columns

    def coordinates(self, c: Companion, x: list[float]) -> list[float]:
        made = []
        for at, line in zip(c.coordinates, c.function.lines, strict=True):
            if at.source == 0:
                made.append(x[at.index])
                continue
            if at.source == 1:
                z = at.constant
                for a, u in zip(at.weights, self.encoded(x), strict=True):
                    z += a * u
            else:
                z = self.values.value(x)[at.index]
            made.append(min(max(z, line.lower), line.upper))
        return made

    def companion(self, i: int, x: list[float]) -> list[float]:
        c = self.companions[i]
        return c.function.value(self.coordinates(c, x))

    def sigma(self, k: int, x: list[float]) -> float:
        """Scale of the residuals of output k; 1 where no companion says."""
        for i, c in enumerate(self.companions):
            if c.role == SCALE and c.output == k:
                return self.companion(i, x)[0]
        return 1.0

    def interval(self, k: int, x: list[float], level: float) -> tuple[float, float]:
        assert self.calibration is not None
        a, out, s = (1 - level) / 2, self.values.exits[k], self.sigma(k, x)
        assert a * (self.calibration.residuals + 1) >= 1 - 2.0**-12 and a >= 1 / (1 + math.exp(8.0))
        table, floor = self.calibration.quantiles[k], self.calibration.floors[k]
        shift = 2 * math.log(a / (1 - a))
        low, high = between(table, 16 + shift) * s - floor, between(table, 16 - shift) * s + floor
        if out.space:
            f = self.values.linear(x)[k]
            ends = (out.value(f + low), out.value(f + high))
        else:
            y = self.values.value(x)[k]
            ends = (y + low, y + high)
        return out.cut(min(ends)), out.cut(max(ends))

    def score(self, x: list[float]) -> float:
        total = 0.0
        for i, c in enumerate(self.companions):
            if c.role == FAMILIARITY:
                total += c.weight * math.log(max(self.companion(i, x)[0], 2.0**-126))
        return total

    def familiarity(self, x: list[float]) -> float:
        """p(x)."""
        assert self.calibration is not None
        known = self.calibration
        for (a, b), seen in known.pairs.items():
            if (int(x[a]), int(x[b])) not in seen:
                return 0.0
        if not known.scores:
            return 1.0
        s, least = self.score(x), 1 / (known.scores + 1)
        if s < known.score[0]:
            return least
        j = max(j for j in range(33) if known.score[j] <= s)
        t = (j - 16) / 2
        if j < 32:
            t += 0.5 * (s - known.score[j]) / (known.score[j + 1] - known.score[j])
        return max(least, 1 / (1 + math.exp(-t)))

    def derived(self, inputs: list[float], raw: list[float]) -> list[float]:
        """Coordinates of the value model from readings."""
        assert self.readings is not None
        x = list(inputs)
        given = {f.axis for f in self.readings.formulas}
        for d, (line, room) in enumerate(
            zip(self.values.lines, self.readings.tolerance, strict=True)
        ):
            if d not in given and x[d] < line.lower and line.lower - x[d] <= room:
                x[d] = line.lower
            elif d not in given and x[d] > line.upper and x[d] - line.upper <= room:
                x[d] = line.upper
        for v, (low, high) in zip(raw, self.readings.ends, strict=True):
            assert low <= v <= high
        for f in self.readings.formulas:
            y = f.constant
            for from_raw, i, number in f.terms:
                v = raw[i] if from_raw else x[i]
                y = y * v**number if f.product else y + number * v
            x[f.axis] = y
        return x


def between(table: list[float], place: float) -> float:
    """A table of the grid at a place 0..32 between its entries."""
    j = min(max(math.floor(place), 0), 31)
    return table[j] + (table[j + 1] - table[j]) * (min(max(place, 0.0), 32.0) - j)
