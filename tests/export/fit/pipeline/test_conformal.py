"""Conformal intervals cover, and follow the link where that is narrower."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.core.output import Interval, Output
from sna_export.fit.pipeline.conformal import conformal_quantile, widened, with_intervals


@pytest.mark.parametrize("count", [9, 19, 64, 1000])
def test_conformal_quantile_covers(count: int) -> None:
    rng = np.random.default_rng(count)
    covered = [
        np.abs(rng.standard_normal()) <= conformal_quantile(rng.standard_normal(count))
        for _ in range(4000)
    ]
    exact = np.ceil(0.9 * (count + 1)) / (count + 1)
    assert abs(np.mean(covered) - exact) < 0.015


def test_intervals_follow_the_link_where_that_is_narrower() -> None:
    rng = np.random.default_rng(0)
    f = rng.normal(0.0, 1.0, (2000, 1))
    noisy = f + 0.1 * rng.standard_normal(f.shape)
    (output,) = with_intervals(
        [Output("y", link="exp", scale=3.0)], 3.0 * np.exp(noisy), 3.0 * np.exp(f)
    )
    assert output.interval is not None and output.interval.space == "link"
    assert abs(output.interval.below - 0.1645) < 0.01
    (plain,) = with_intervals([Output("y")], noisy, f)
    assert plain.interval is not None and plain.interval.space == "output"


def test_widened_adds_to_both_sides() -> None:
    (output,) = widened([Output("y", interval=Interval(0.9, 1.0, 2.0))], 0.5)
    assert output.interval == Interval(0.9, 1.5, 2.5)
