"""Probabilities made true on rows that were left out: a shift and a factor of the linear part.

    f' = a + s f,  0 < s <= 1

(Platt scaling; of several classes the factor alone, "temperature"). Both stay exact in the model:
its bias and its weights take them. The factor never sharpens: the ridges were chosen by the loss on
the same rows, and what they let through is as sure as these support. Of ordered classes it is free:
it is the unit of their limits.

Sources: Platt, Advances in Large Margin Classifiers (1999); Guo et al., ICML (2017).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ..data.folds import Folds
from .families import Bernoulli, Family, Multinomial, Ordinal

Floats = NDArray[np.float64]
WIDTHS = 2.0, 0.5
"""Standard deviations of log s and of a that are believed before a row is seen."""


@dataclass(frozen=True)
class Calibration:
    """shift a and factor s; `family` with the limits of ordered classes that belong to them."""

    shift: float
    factor: float
    family: Family

    def of(self, f: Floats) -> Floats:
        """f' [N, K] of f [N, K]."""
        return np.asarray(self.shift + self.factor * f)


def calibration(family: Family, y: Floats, f: Floats, weight: Floats) -> Calibration:
    """That of rows y [N] whose f [N, K] was predicted without them; none for counts and numbers."""
    if not isinstance(family, (Bernoulli, Multinomial, Ordinal)):
        return Calibration(0.0, 1.0, family)
    ordered = isinstance(family, Ordinal)
    shifted = isinstance(family, Bernoulli)

    def parts(t: Floats) -> Calibration:
        return Calibration(
            float(t[1]) if shifted else 0.0,
            float(np.exp(t[0])),
            Ordinal(cuts=tuple(rising(t[1:]))) if ordered else family,
        )

    def objective(t: Floats) -> float:
        made = parts(t)
        prior = 0.5 * (t[0] / WIDTHS[0]) ** 2
        prior += 0.5 * (t[1] / WIDTHS[1]) ** 2 if shifted else 0.0
        return float(weight @ _doubted(made.family, y, made.of(f))) + prior

    start = [0.0, *(logs(family.cuts) if isinstance(family, Ordinal) else [0.0] * shifted)]
    bounds = [(-6.0, 3.0 if ordered else 0.0), *[(None, None)] * (len(start) - 1)]
    found = minimize(objective, start, method="L-BFGS-B", bounds=bounds)
    return parts(found.x)


def _doubted(family: Family, y: Floats, f: Floats) -> Floats:
    """Loss [N] where one row in N + 1 has any label: N rows without a miss do not show that there
    never is one."""
    doubt = 1.0 / (len(y) + 1.0)
    count = len(family.cuts) + 1 if isinstance(family, Ordinal) else max(family.columns, 2)
    others = [family.loss(np.full(len(y), float(k)), f) for k in range(count)]
    return (1.0 - doubt) * family.loss(y, f) + doubt * np.mean(others, axis=0)


def rising(t: Floats) -> Floats:
    """Limits from the first and the logarithms of the steps to the next."""
    return np.cumsum(np.r_[t[0], np.exp(t[1:])])


def logs(cuts: tuple[float, ...]) -> list[float]:
    """The inverse of `rising`."""
    return [cuts[0], *np.log(np.diff(cuts)).tolist()]


def share_cuts(y: Floats, weight: Floats) -> tuple[float, ...]:
    """Limits [K] of ordered classes 0..K where no input says anything."""
    share = np.cumsum(np.bincount(y.astype(int), weight) + 0.5)
    p = share[:-1] / share[-1]
    return tuple(np.log(p / (1.0 - p)).tolist())


def left_out(
    family: Family, y: Floats, f: Floats, weight: Floats, folds: Folds
) -> tuple[Family, Floats]:
    """f' [N, K] of every row by the calibration of the other folds, for figures that no row has
    helped; with the limits of ordered classes of all rows."""
    whole = calibration(family, y, f, weight)
    out = whole.of(f)
    if isinstance(family, Ordinal):
        return whole.family, out
    for fold in folds.judged:
        held = folds.held(fold)
        others = np.setdiff1d(np.arange(len(y)), held)
        if len(others):
            out[held] = calibration(family, y[others], f[others], weight[others]).of(f[held])
    return family, out


def again(family: Family, y: Floats, f: Floats, weight: Floats) -> Family:
    """Ordered classes with the limits that fit f best; other families as they are."""
    if not isinstance(family, Ordinal):
        return family
    made = calibration(family, y, f, weight)
    assert isinstance(made.family, Ordinal)
    return replace(family, cuts=made.family.cuts)
