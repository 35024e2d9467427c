"""Gram matrices of axes."""

from __future__ import annotations

import numpy as np

from sna_export.l2.axis_space import AxisSpace


def test_gram_of_an_axis_is_a_probability(models) -> None:
    for axis in models.mixed_axes():
        space = AxisSpace.of(axis.basis)
        assert abs(space.ones @ space.gram @ space.ones - 1) < 1e-12
        assert np.abs(space.factor.T @ space.factor - space.gram).max() < 1e-14
        table = np.random.default_rng(0).standard_normal((space.size, 2))
        assert np.array_equal(space.free(space.stored(table)), table)
