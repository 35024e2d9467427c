"""The numbers of a storage type."""

from __future__ import annotations

import numpy as np

from sna_export.quantize.grid import Grid


def test_float_scales_use_the_end_that_exists() -> None:
    grid = Grid.of("int8")
    assert grid is not None
    columns = np.array([[1.0, -1.0, 0.0], [0.2, 0.2, 0.0]])
    assert np.array_equal(grid.scales(columns), np.array([-1.0, 1.0, 1.0]))
