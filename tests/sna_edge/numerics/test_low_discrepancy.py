"""The low-discrepancy sequence."""

from __future__ import annotations

import numpy as np

from sna_edge.numerics.low_discrepancy import points


def test_quasi_random_points_fill_better_than_random_ones() -> None:
    z = points(512, 2)
    counts = np.histogram2d(z[:, 0], z[:, 1], bins=8, range=[[0, 1], [0, 1]])[0]
    assert counts.std() < 0.5 * np.sqrt(512 / 64)
