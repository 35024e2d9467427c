"""Several values at once: how far a part, or the mean of a subgroup, lies from the usual ones as
they vary together.

    T^2 = n (x - m)' S^-1 (x - m)

m and S are of the reference: of N single rows of p values, or of N subgroups of n rows, S the mean
of their covariances. Limits at a false alarm rate alpha; of the reference itself (first) and of new
points (second), with v = N n - N - p + 1:

    single    (N-1)^2 / N beta(p/2, (N-p-1)/2)        p (N+1)(N-1) / (N (N-p)) F(p, N-p)
    groups    p (N-1)(n-1) / v F(p, v)                p (N+1)(n-1) / v F(p, v)

Sources: Tracy, Young and Mason, J. Qual. Technol. 24 (1992); Montgomery, Introduction to
Statistical Quality Control (2009), section 11.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InputError
from ...numerics.distributions import beta_quantile, f_quantile
from .chart import MISSING, Chart
from .point import Point, Signal
from .rules import RULES

Floats = NDArray[np.float64]
ALPHA = 0.0027
"""As often as a normal number lies beyond three sigma."""
MOST_ALIKE = 1e12
"""Condition number of the correlations from which on columns say the same."""


@dataclass(kw_only=True)
class Hotelling(Chart):
    """Rows of p values, or subgroups [n, p]; `inverse` is S^-1, `upper` the limit of new points,
    `upper_reference` that of the reference ones; `size` n, 1 for single rows."""

    kind: ClassVar[str] = "t2"
    words: ClassVar[str] = "Hotelling T2"
    names: list[str]
    center: list[float]
    inverse: list[list[float]]
    size: int
    upper: float
    upper_reference: float

    @classmethod
    def of(
        cls,
        reference: ArrayLike,
        names: list[str] | None = None,
        alpha: float = ALPHA,
        **options: Any,
    ) -> Hotelling:
        """Limits from rows [N, p] or subgroups [N, n, p]; those with a missing value are left out.
        Raises InputError for too few, and for columns that say the same."""
        x = np.asarray(reference, dtype=float)
        x = x[np.isfinite(x).all(axis=tuple(range(1, x.ndim)))]
        size, p = (1 if x.ndim == 2 else x.shape[1]), x.shape[-1]
        _need_rows(len(x), size, p)
        rows = x.reshape(-1, p)
        off = rows - rows.mean(axis=0) if x.ndim == 2 else (x - x.mean(axis=1, keepdims=True))
        off = off.reshape(-1, p)
        s = off.T @ off / (len(x) - 1 if x.ndim == 2 else len(x) * (size - 1))
        labels = names or [f"value {i + 1}" for i in range(p)]
        return cls.stated(rows.mean(axis=0), s, len(x), size, labels, alpha, **options)

    @classmethod
    def stated(
        cls,
        center: ArrayLike,
        covariance: ArrayLike,
        count: int,
        size: int,
        names: list[str],
        alpha: float = ALPHA,
        **options: Any,
    ) -> Hotelling:
        """The chart of a mean [p] and covariance [p, p] of `count` reference rows, or subgroups of
        `size` rows."""
        m, s = np.asarray(center, dtype=float), np.asarray(covariance, dtype=float)
        _need_rows(count, size, len(m))
        deviation = np.sqrt(np.diagonal(s))
        if (
            not (deviation > 0).all()
            or np.linalg.cond(s / np.outer(deviation, deviation)) > MOST_ALIKE
        ):
            raise InputError(
                f"of {', '.join(names)} some do not scatter or say the same as others; leave those"
                " out"
            )
        first, second = limits(count, size, len(m), alpha)
        inverse = np.linalg.inv(s).tolist()
        return cls(
            names=list(names), center=m.tolist(), inverse=inverse, size=size, upper=second,
            upper_reference=first, **options,
        )  # fmt: skip

    def add_reference(self, value: Any) -> tuple[Point, ...]:
        """As `add`, for a point that the limits were made from."""
        usual, self.upper = self.upper, self.upper_reference
        try:
            return self.add(value)
        finally:
            self.upper = usual

    def __post_init__(self) -> None:
        super().__post_init__()
        self._middle, self._inverse = np.array(self.center), np.array(self.inverse)

    def _points(self, value: Any) -> tuple[Point, ...]:
        x, p = np.asarray(value, dtype=float), len(self.center)
        middle, n = float(p), 1  # mean of chi-square with p degrees of freedom
        t2 = nan
        if x.shape[-1:] == (p,):
            n = 1 if x.ndim == 1 else len(x)
            off = (x if x.ndim == 1 else x.mean(axis=0)) - self._middle
            t2 = float(n * off @ self._inverse @ off)
        if not isfinite(t2) and not (x.shape[-1:] == (p,) and np.isfinite(x).all()):
            return (Point("T2", None, middle, None, self.upper, remark=MISSING),)
        signals = (self._signal(t2, n, off, self._inverse),) if t2 > self.upper else ()
        if "beyond" not in self.rules:
            signals = ()
        return (Point("T2", t2, middle, None, self.upper, signals),)

    def _signal(self, t2: float, n: int, off: Floats, inverse: Floats) -> Signal:
        """What T2 would be without each value: n (S^-1 d)_j^2 / (S^-1)_jj is its own part."""
        parts = n * (inverse @ off) ** 2 / np.diagonal(inverse)
        most = self.names[int(np.argmax(parts))]
        says = (
            f"T2 {t2:.6g} is above the upper limit {self.upper:.6g}: the values do not fit together"
            f" as usual; most of it goes with {most}"
        )
        return Signal(RULES["beyond"], says)


def limits(count: int, size: int, p: int, alpha: float = ALPHA) -> tuple[float, float]:
    """Upper limits of T^2 of the reference points and of new ones, as above. Raises InputError for
    an alpha that is no probability."""
    if not 0.0 < alpha < 1.0:
        raise InputError(f"alpha is {alpha:g}; give a probability between 0 and 1, like 0.0027")
    n = float(count)
    if size == 1:
        own = (n - 1.0) ** 2 / n * beta_quantile(1.0 - alpha, 0.5 * p, 0.5 * (n - p - 1.0))
        return own, p * (n + 1.0) * (n - 1.0) / (n * (n - p)) * f_quantile(1.0 - alpha, p, n - p)
    v = n * size - n - p + 1.0
    front = p * (size - 1.0) / v * f_quantile(1.0 - alpha, p, v)
    return (n - 1.0) * front, (n + 1.0) * front


def _need_rows(count: int, size: int, p: int) -> None:
    least = p + 2 if size == 1 else max(2, p // (size - 1) + 1)
    what = "rows" if size == 1 else "subgroups"
    if p < 2:
        raise InputError("T2 is of several columns at once; name two or more")
    if count < least:
        raise InputError(
            f"only {count} reference {what} have no missing value, and T2 of {p} columns needs"
            f" {least}; give more"
        )
