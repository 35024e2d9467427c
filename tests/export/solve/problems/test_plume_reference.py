"""The reference of the plume against spectral collocation, up to the ends of the axis."""

import numpy as np
import pytest
from scipy.linalg import expm

from sna_export.solve.problems.advection_diffusion import _line, bump, reference


def _chebyshev(n):
    """Nodes on 0 .. 1 and the differentiation matrix."""
    theta = np.pi * np.arange(n + 1) / n
    x = np.cos(theta)
    c = np.r_[2.0, np.ones(n - 1), 2.0] * (-1.0) ** np.arange(n + 1)
    step = x[:, None] - x[None, :]
    matrix = np.outer(c, 1 / c) / (step + np.eye(n + 1))
    matrix -= np.diag(matrix.sum(axis=1))
    return (x + 1) / 2, 2 * matrix


@pytest.mark.parametrize("a, k", [(1.0, 0.03), (0.2, 0.1), (-0.5, 0.03)])
@pytest.mark.parametrize("s", [0.02, 0.5])
def test_one_axis_is_right_near_both_ends(a, k, s):
    x, first = _chebyshev(96)
    inner = slice(1, -1)
    generator = (k * first @ first - a * first)[inner, inner]
    wanted = expm(s * generator) @ bump(x[inner], 0.35)
    found = np.array([_line(p, np.array([s]), a, k, 0.35)[0] for p in x[inner]])
    assert np.abs(found - wanted).max() < 1e-6


def test_nothing_is_below_zero_and_the_ends_are_held():
    rng = np.random.default_rng(0)
    low, high = np.array([0.2, 0, 0, 0.03, 0, -0.5]), np.array([1.0, 1, 0.5, 0.1, 1, 0.5])
    points = rng.uniform(low, high, (300, 6))
    points[:100, 1] = 1 - 10.0 ** rng.uniform(-6, -2, 100)
    assert reference(points).min() > -1e-12
    points[:, 1] = 1.0
    assert np.abs(reference(points)).max() < 1e-15
