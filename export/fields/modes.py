"""Proper orthogonal decomposition: the fields of all runs as their mean and few modes.

Y_i = m + sum_k c_ik phi_k,   sum_n w_n phi_k(n) phi_l(n) = delta_kl
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Modes:
    """`mean` [M] and `shapes` [J, M] of M values a run, `coefficients` [E, J] of its E runs;
    `left_out`: what the modes do not hold, a share of the deviation from the mean."""

    mean: Floats
    shapes: Floats
    coefficients: Floats
    left_out: float

    def fields(self, coefficients: Floats) -> Floats:
        """[P, M] of coefficients [P, J]."""
        return np.asarray(self.mean + coefficients @ self.shapes)


def modes_of(fields: Floats, weight: Floats, tolerance: float) -> Modes:
    """The fewest modes of fields [E, M] that leave out at most the share `tolerance` of their
    deviation from the mean, in the norm of weights [M]; at least one."""
    mean, root = fields.mean(axis=0), np.sqrt(weight)
    left, size, right = np.linalg.svd((fields - mean) * root, full_matrices=False)
    rest = np.sqrt(np.cumsum(np.square(size)[::-1])[::-1])
    count = min(max(int((rest > tolerance * rest[0]).sum()), 1), len(fields) - 1)
    kept = rest[count] / rest[0] if count < len(rest) and rest[0] > 0 else 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        shapes = np.where(root > 0, right[:count] / root, 0.0)
    return Modes(mean, shapes, left[:, :count] * size[:count], float(kept))


def spread(fields: Floats, weight: Floats) -> float:
    """The root mean square over runs and the part of what fields [E, M] deviate from their mean."""
    return float(np.sqrt((np.square(fields - fields.mean(axis=0)) @ weight).mean()))
