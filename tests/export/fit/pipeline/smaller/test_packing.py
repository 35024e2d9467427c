"""Modes of few inputs share groups of four: fewer bytes, the same function."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from sna_edge import CP, Axis, Model, Output
from sna_edge.basis import bspline, uniform_breaks
from sna_export.fit.pipeline.smaller.packing import packed


def pairs(axes: int) -> CP:
    """A mode for each pair of inputs, tables of three rows."""
    rng = np.random.default_rng(0)
    uses = np.array([[d in p for p in combinations(range(axes), 2)] for d in range(axes)])
    modes = tuple(np.flatnonzero(u) for u in uses)
    tables = tuple(rng.standard_normal((3, len(m))) for m in modes)
    return CP(tables, modes, rng.standard_normal((uses.shape[1], 1)))


def model(cp: CP) -> Model:
    axes = [
        Axis(f"x{d}", "", bspline(uniform_breaks(0.0, 1.0, 1), 2)) for d in range(len(cp.tables))
    ]
    return Model(axes, cp.sorted(), [Output("y")])


def test_pairs_take_less_than_two_thirds_of_the_bytes_and_answer_the_same() -> None:
    x = np.random.default_rng(1).random((100, 8))
    apart, together = model(pairs(8)), model(packed(pairs(8)))
    np.testing.assert_allclose(
        apart.backend.value(x), together.backend.value(x), rtol=1e-13, atol=1e-13
    )
    assert len(together.to_bytes()) < 0.67 * len(apart.to_bytes())


def test_whole_groups_stay_as_they_are() -> None:
    rng = np.random.default_rng(0)
    every = tuple(np.arange(8) for _ in range(3))
    cp = CP(tuple(rng.random((4, 8)) for _ in range(3)), every, np.ones((8, 1)))
    assert packed(cp) is cp
