"""One-dimensional distributions of inputs, truncated to the closed domain of their axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import erf, exp, log, pi, sqrt
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..errors import InputError

Floats = NDArray[np.float64]


class Distribution(Protocol):
    """A density on an axis. `marks` are points between which it is smooth enough for 20-point Gauss
    quadrature."""

    def density(self, axis: Axis, x: Floats) -> Floats:
        """p(x) [N], not truncated; per level on a categorical axis."""
        ...

    def marks(self, axis: Axis) -> list[float]:
        """Where quadrature starts a new piece, in units of the axis."""
        ...

    def mass(self, axis: Axis) -> float:
        """Probability inside the domain; what is missing from 1 is lost by truncation."""
        ...


@dataclass(frozen=True)
class Uniform:
    """p(x) = 1 / (b - a) on [a, b]; the whole axis by default; equal shares of all levels.

    >>> from sna_edge import Uniform, spline_axis
    >>> axis = spline_axis("power", "W", 100, 200)
    >>> Uniform(90, 190).mass(axis), Uniform().ends(axis)
    (0.9, (100.0, 200.0))
    """

    a: float | None = None
    b: float | None = None

    def ends(self, axis: Axis) -> tuple[float, float]:
        """a and b on an axis. Raises InputError unless a < b."""
        a = axis.lower if self.a is None else self.a
        b = axis.upper if self.b is None else self.b
        if not a < b and axis.kind != "categorical":
            raise InputError(f"uniform distribution of {axis.name!r} needs a < b, got [{a}, {b}]")
        return a, b

    def density(self, axis: Axis, x: Floats) -> Floats:
        """p(x) [N]."""
        if axis.kind == "categorical":
            return np.full(x.shape, 1.0 / axis.basis.n_spans)
        a, b = self.ends(axis)
        return ((x >= a) & (x <= b)) / (b - a)

    def marks(self, axis: Axis) -> list[float]:
        """Where quadrature starts a new piece."""
        return [] if axis.kind == "categorical" else list(self.ends(axis))

    def mass(self, axis: Axis) -> float:
        """Probability inside the domain."""
        if axis.kind == "categorical":
            return 1.0
        a, b = self.ends(axis)
        return max(0.0, min(b, axis.upper) - max(a, axis.lower)) / (b - a)


@dataclass(frozen=True)
class Normal:
    """p(x) = exp(-(x - mean)^2 / (2 s^2)) / (s sqrt(2 pi)), s = `deviation` the standard deviation,
    both in units of the axis.

    >>> from sna_edge import Normal, spline_axis
    >>> Normal(150, 50).mass(spline_axis("power", "W", 100, 200)).__round__(4)
    0.6827
    """

    mean: float
    deviation: float

    def density(self, axis: Axis, x: Floats) -> Floats:
        """p(x) [N]."""
        z = (x - self.mean) / self.deviation
        return np.asarray(np.exp(-0.5 * z * z) / (self.deviation * sqrt(2 * pi)))

    def marks(self, axis: Axis) -> list[float]:
        """Where quadrature starts a new piece."""
        return [self.mean + k * self.deviation for k in range(-9, 10)]

    def mass(self, axis: Axis) -> float:
        """Probability inside the domain."""
        low, high = ((v - self.mean) / (self.deviation * sqrt(2)) for v in (axis.lower, axis.upper))
        return 0.5 * (erf(high) - erf(low))


@dataclass(frozen=True)
class LogNormal:
    """log x is normal with mean `mu` and standard deviation `sigma`; the axis must lie above 0
    (InputError).

    >>> from sna_edge import LogNormal, spline_axis
    >>> LogNormal(0.0, 1.0).mass(spline_axis("dose", "mg", 1, 1000)).__round__(4)
    0.5
    """

    mu: float
    sigma: float

    def density(self, axis: Axis, x: Floats) -> Floats:
        """p(x) [N]."""
        if axis.lower <= 0:
            raise InputError(
                f"log-normal distribution needs axis {axis.name!r} above 0, it starts at"
                f" {axis.lower}"
            )
        z = (np.log(x) - self.mu) / self.sigma
        return np.asarray(np.exp(-0.5 * z * z) / (x * self.sigma * sqrt(2 * pi)))

    def marks(self, axis: Axis) -> list[float]:
        """Where quadrature starts a new piece."""
        return [exp(self.mu + k * self.sigma) for k in range(-9, 10)]

    def mass(self, axis: Axis) -> float:
        """Probability inside the domain."""
        low, high = ((log(v) - self.mu) / (self.sigma * sqrt(2)) for v in (axis.lower, axis.upper))
        return 0.5 * (erf(high) - erf(low))


@dataclass(frozen=True)
class Levels:
    """Probabilities of the levels of a categorical axis, named as anywhere (`Axis.coordinate`);
    levels that are left out have none. Raises InputError for what is no level.

    >>> import numpy as np
    >>> from sna_edge import Levels, level_axis
    >>> machine = level_axis("machine", ("A", "B"))
    >>> Levels({"A": 0.25, "B": 0.75}).density(machine, np.array([0.0, 1.0])).tolist()
    [0.25, 0.75]
    """

    probability: Mapping[object, float]

    def density(self, axis: Axis, x: Floats) -> Floats:
        """p(x) [N]."""
        p = np.zeros(len(axis.level_names))
        for level, share in self.probability.items():
            i = axis.coordinate(level)
            if not np.isfinite(i):
                raise InputError(f"{level!r} is not a level of {axis.describe()}")
            p[int(i)] += share
        return p[x.astype(np.int64)]

    def marks(self, axis: Axis) -> list[float]:
        """Where quadrature starts a new piece."""
        return []

    def mass(self, axis: Axis) -> float:
        """Probability inside the domain."""
        return float(sum(self.probability.values()))


def quadrature(axis: Axis, distribution: Distribution) -> tuple[Floats, Floats]:
    """Nodes x and weights w with E[g] = sum w g(x) under the truncated, renormalised distribution;
    sum w = 1."""
    smooth = isinstance(distribution, Uniform)
    x, w = axis.basis.nodes(None if smooth else 20, distribution.marks(axis))
    w = w * distribution.density(axis, x)
    total = w.sum()
    if not total > 0:
        raise InputError(
            f"the distribution of {axis.name!r} has no mass inside {axis.describe()}; move it"
            " inside"
        )
    return x, w / total
