"""Sums of products grown mode by mode: as many modes as the function has, more spans on the input
that asks for them, straight pieces for kinks, and nothing for noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sna_export.fit.candidates.direct.growth import growth
from sna_export.fit.candidates.direct.trial import RankTrial
from sna_export.fit.data.samples import Samples

Floats = NDArray[np.float64]


def searched(value: Callable[[Floats], Floats], *, worth: float = np.inf) -> list[RankTrial]:
    rng = np.random.default_rng(0)
    x = rng.random((600, 3))
    y = value(x)
    samples = Samples.of(x, y)
    target = ((y - y.mean()) / y.std())[:, None]
    return growth(samples, target, rng, max_parameters=2000, worth=worth)


def test_modes_grow_until_they_meet_a_sum_of_products() -> None:
    def two(x: Floats) -> Floats:
        return np.exp(x[:, 0] + x[:, 1]) + np.sin(2 * x[:, 1]) * x[:, 2] ** 2

    found = searched(two)
    names = [t.name for t in found]
    assert found[0].error < 1e-4 and "CP rank 1" not in names[0]
    assert not any("rank 8" in name for name in names)


def test_an_input_that_asks_for_more_spans_gets_them() -> None:
    found = searched(lambda x: np.sin(25 * x[:, 0]) + x[:, 1] * x[:, 2])
    assert "spans on x0" in found[0].name
    before = min(t.error for t in found if "spans on" not in t.name)
    assert found[0].error < 0.1 * before


def test_products_of_kinks_are_met_by_straight_pieces() -> None:
    found = searched(lambda x: np.prod(0.5 + np.abs(x - [0.3, 0.5, 0.6]), axis=1))
    assert "breaks moved" in found[0].name and found[0].error < 1e-9


def test_growth_ends_where_products_fall_behind() -> None:
    """A ridge needs ever more products; a candidate that errs far less ends the search."""

    def ridge(x: Floats) -> Floats:
        return np.tanh(20.0 * (x.sum(axis=1) - 1.5))

    assert len(searched(ridge, worth=1e-3)) < len(searched(ridge))
