"""What groups have in common: a residual is the offset of its group plus what is left.

    y - f(x) = m + b_group + e,    b ~ (0, between^2),    e ~ (0, within^2)

from residuals of rows that were predicted without their group. A new group has both parts, further
rows of a group whose offset is known only the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import ndtri, stdtrit

from sna_edge.core.output import Output

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LARGEST_RATIO = 1e4
"""Of the variances between and within: the ln of the ratio is searched up to it."""


@dataclass(frozen=True, eq=False)
class Components:
    """Standard deviations `between` groups and `within`, in the units of the residuals; mean;
    freedom: effective degrees of freedom of their sum; offset [G] of every group, shrunk to what
    its rows support, and count [G] of its rows."""

    between: float
    within: float
    mean: float
    freedom: float
    offset: Floats
    count: Ints

    @property
    def total(self) -> float:
        """Standard deviation of a row of a new group about the mean."""
        return float(np.hypot(self.between, self.within))

    @property
    def alike(self) -> float:
        """Correlation of two rows of one group."""
        total = self.total**2
        return self.between**2 / total if total > 0 else 0.0

    def widening(self, probability: float | Floats) -> Floats:
        """How much farther out a quantile is for a new group than the rows say, at a probability
        above a half or below: that of t with `freedom` over that of a normal distribution.

        Hundreds of rows of ten groups are ten offsets: their spread is known as badly as that of
        ten numbers.
        """
        p = np.maximum(np.asarray(probability, dtype=float), 1.0 - np.asarray(probability))
        return np.asarray(stdtrit(self.freedom, p) / ndtri(p))


def components(residual: Floats, group: Ints) -> Components:
    """By restricted maximum likelihood from residual [n] and group [n] (0, 1, ..; some may be
    absent).

    With S within the groups, group means m_g of n_g rows, w_g = n_g / (1 + r n_g) and the ratio r
    of the variances: Q = S + sum w_g (m_g - m)^2 is minimised in (n - 1) ln Q + sum ln(1 + r n_g) +
    ln sum w_g. Source: Searle, Casella and McCulloch, Variance Components (1992), chapter 6.
    """
    everyone, place, count = np.unique(group, return_inverse=True, return_counts=True)
    place, n = place.reshape(-1), len(residual)
    means = np.bincount(place, residual) / count
    inner = float(np.sum((residual - means[place]) ** 2))

    def at(ratio: float) -> tuple[float, float, Floats]:
        w = count / (1.0 + ratio * count)
        mean = float(w @ means / w.sum())
        q = inner + float(w @ (means - mean) ** 2)
        return q, mean, w

    def loss(log_ratio: float) -> float:
        ratio = float(np.exp(log_ratio))
        q, _, w = at(ratio)
        return float((n - 1) * np.log(q) + np.log1p(ratio * count).sum() + np.log(w.sum()))

    ratio = 0.0
    if inner > 0 and len(count) < n and len(count) > 1:
        ends = -np.log(LARGEST_RATIO), np.log(LARGEST_RATIO)
        found = minimize_scalar(loss, bounds=ends, method="bounded")
        q, _, w = at(0.0)
        none = (n - 1) * np.log(q) + np.log(w.sum())
        ratio = float(np.exp(found.x)) if found.fun < none else 0.0
    q, mean, _ = at(ratio)
    within = np.sqrt(q / (n - 1))
    shrink = ratio * count / (1.0 + ratio * count)
    offset, rows = np.zeros(int(group.max()) + 1), np.zeros(int(group.max()) + 1, dtype=np.int64)
    offset[everyone], rows[everyone] = shrink * (means - mean), count
    between = float(within * np.sqrt(ratio))
    freedom = _freedom(between, float(within), count)
    return Components(between, float(within), mean, freedom, offset, rows)


def design_effect(group: Ints, alike: float) -> float:
    """How many rows [n] of groups it takes to say as much of a coverage as one free row:
    1 + (s - 1) alike^2 for groups of s rows whose residuals correlate by `alike`.

    Whether two normal residuals lie in an interval about 0 correlates by alike^2 at most. Source:
    Kish, Survey Sampling (1965), section 5.4.
    """
    size = np.unique(group, return_counts=True)[1]
    return 1.0 + (float(np.sum(size**2)) / len(group) - 1.0) * alike**2


def _freedom(between: float, within: float, count: Ints) -> float:
    """Satterthwaite's, of A / n + (1 - 1 / n) B for the mean squares A of group means and B within,
    n rows a group."""
    groups, rows = len(count), int(count.sum())
    each = groups / float(np.sum(1.0 / count))
    a, b = between**2 + within**2 / each, (1.0 - 1.0 / each) * within**2
    spread = a**2 / max(groups - 1, 1) + b**2 / max(rows - groups, 1)
    return float(max((a + b) ** 2 / spread, 1.0)) if spread > 0 else float(max(groups - 1, 1))


def between_groups(
    outputs: Sequence[Output], measured: Floats, predicted: Floats, group: Ints
) -> dict[str, dict[str, float]]:
    """`between` and `within` of every output in its units, of rows [n, K] predicted without their
    group; of none where no group has two rows, whose parts cannot be told apart."""
    found: dict[str, dict[str, float]] = {}
    if len(np.unique(group)) == len(group):
        return found
    for k, output in enumerate(outputs):
        parts = components(measured[:, k] - predicted[:, k], group)
        found[output.name] = {
            "between": float(f"{parts.between:.5g}"),
            "within": float(f"{parts.within:.5g}"),
        }
    return found
