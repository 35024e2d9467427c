"""Families of functions of one coordinate, with what is known about them: pieces that are
polynomials, bounds of derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from sna_edge.core.basis.span import MAX_DEGREE
from sna_edge.values.reals import reals

Floats = NDArray[np.float64]
CRAMER = 1.0864350
"""|He_n(z)| exp(-z^2/4) <= CRAMER sqrt(n!). Source: Abramowitz and Stegun, 22.14.17."""


class Atoms:
    """`count` functions phi_r of one coordinate."""

    count: int

    def value(self, x: Floats) -> Floats:
        """phi_r(x_n), [N, R]."""
        raise NotImplementedError

    def pieces(self) -> tuple[Floats, int, bool] | None:
        """Breaks, degree (at most 7) and continuity where every atom is a polynomial between the
        breaks; else None."""
        return None

    def bound(self, order: int, lower: Floats, upper: Floats) -> Floats | None:
        """At least max |phi_r^(order)| on every [lower, upper], [S, R]; None where nothing is
        known."""
        return None


@dataclass(frozen=True, eq=False)
class Measured(Atoms):
    """Any function x [N] -> [N, R], of which only values are known."""

    function: Callable[[Floats], Floats]
    count: int

    def value(self, x: Floats) -> Floats:
        """phi_r(x_n), [N, R]."""
        return reals(self.function(x), "what a function gives").reshape(len(x), self.count)


@dataclass(frozen=True, eq=False)
class Piecewise(Atoms):
    """A function that is a polynomial of `degree` between `breaks`."""

    function: Callable[[Floats], Floats]
    count: int
    breaks: Floats
    degree: int
    continuous: bool = True

    def value(self, x: Floats) -> Floats:
        """phi_r(x_n), [N, R]."""
        return reals(self.function(x), "what a function gives").reshape(len(x), self.count)

    def pieces(self) -> tuple[Floats, int, bool]:
        """The breaks, the degree and the continuity given."""
        return self.breaks, self.degree, self.continuous


@dataclass(frozen=True, eq=False)
class Gaussians(Atoms):
    """exp(-(x - c_r)^2 / (2 l_r^2)); centres and lengths [R]."""

    centres: Floats
    lengths: Floats

    @property
    def count(self) -> int:  # type: ignore[override]
        """R, the number of atoms."""
        return len(self.centres)

    def value(self, x: Floats) -> Floats:
        """phi_r(x_n), [N, R]."""
        return np.exp(-0.5 * ((x[:, None] - self.centres) / self.lengths) ** 2)

    def bound(self, order: int, lower: Floats, upper: Floats) -> Floats:
        """|phi^(n)| = |He_n(z)| exp(-z^2/2) / l^n <= CRAMER sqrt(n!) exp(-z^2/4) / l^n at the
        nearest z."""
        nearest = np.clip(self.centres, lower[:, None], upper[:, None])
        z = (nearest - self.centres) / self.lengths
        return np.asarray(
            CRAMER * np.sqrt(factorial(order)) * np.exp(-(z**2) / 4) / self.lengths**order
        )


@dataclass(frozen=True, eq=False)
class Fourier(Atoms):
    """cos(w_r x + p_r); frequencies w in radians per unit and phases p, [R]."""

    frequencies: Floats
    phases: Floats

    @property
    def count(self) -> int:  # type: ignore[override]
        """R, the number of atoms."""
        return len(self.frequencies)

    def value(self, x: Floats) -> Floats:
        """phi_r(x_n), [N, R]."""
        return np.cos(x[:, None] * self.frequencies + self.phases)

    def bound(self, order: int, lower: Floats, upper: Floats) -> Floats:
        """|phi^(n)| <= |w|^n."""
        return np.asarray(np.repeat(np.abs(self.frequencies)[None] ** order, len(lower), axis=0))


@dataclass(frozen=True, eq=False)
class Chebyshev(Atoms):
    """sum_j c[j, r] T_j(t), t = (2 x - lower - upper) / (upper - lower); coefficients [n+1, R]."""

    coefficients: Floats
    lower: float
    upper: float

    @property
    def count(self) -> int:  # type: ignore[override]
        """R, the number of atoms."""
        return int(self.coefficients.shape[1])

    def value(self, x: Floats) -> Floats:
        """phi_r(x_n), [N, R]."""
        t = (2 * x - self.lower - self.upper) / (self.upper - self.lower)
        return np.asarray(chebyshev.chebval(t, self.coefficients).T)

    def pieces(self) -> tuple[Floats, int, bool] | None:
        """One piece up to degree 7, else None."""
        degree = len(self.coefficients) - 1
        return (np.array([self.lower, self.upper]), degree, True) if degree <= MAX_DEGREE else None

    def bound(self, order: int, lower: Floats, upper: Floats) -> Floats:
        """sum_{k >= n} |phi^(k)(middle)| half^(k-n) / (k-n)!: the Taylor sum around the middle of
        every interval."""
        middle, half = (lower + upper) / 2, (upper - lower) / 2
        t, stretch = (
            (2 * middle - self.lower - self.upper) / (self.upper - self.lower),
            2 / (self.upper - self.lower),
        )
        total = np.zeros((len(middle), self.count))
        for k in range(order, len(self.coefficients)):
            size = (
                np.abs(chebyshev.chebval(t, chebyshev.chebder(self.coefficients, k)).T) * stretch**k
            )
            total += size * (half ** (k - order) / factorial(k - order))[:, None]
        return total


@dataclass(frozen=True, eq=False)
class Mixed(Atoms):
    """phi_r = sum_m base_m matrix[m, r] + constant_r: radial-basis networks, Fourier series, linear
    heads."""

    base: Atoms
    matrix: Floats
    constant: Floats | float = 0.0

    @property
    def count(self) -> int:  # type: ignore[override]
        """R, the number of atoms."""
        return int(self.matrix.shape[1])

    def value(self, x: Floats) -> Floats:
        """phi_r(x_n), [N, R]."""
        return self.base.value(x) @ self.matrix + self.constant

    def pieces(self) -> tuple[Floats, int, bool] | None:
        """Those of the base."""
        return self.base.pieces()

    def bound(self, order: int, lower: Floats, upper: Floats) -> Floats | None:
        """Bound of the base times |matrix|, for n >= 1."""
        base = self.base.bound(order, lower, upper)
        return None if base is None else base @ np.abs(self.matrix)


def polynomials(power: Floats, lower: float, upper: float) -> Chebyshev:
    """Atoms sum_k power[k, r] x^k on [lower, upper], re-expanded around the middle of the
    interval."""
    half, middle = (upper - lower) / 2, (upper + lower) / 2
    out = np.zeros(power.shape)
    for r, column in enumerate(power.T):
        shifted = np.polynomial.Polynomial(column)(np.polynomial.Polynomial([middle, half])).coef
        series = chebyshev.poly2cheb(shifted)
        out[: len(series), r] = series
    return Chebyshev(out, lower, upper)
