"""Points that stand for many."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.inverse.query.diverse_subset import diverse_subset


def test_thinning_takes_no_point_twice_and_reports_the_fill() -> None:
    z = np.repeat(np.random.default_rng(0).random((40, 3)), 2, axis=0)
    kept, fill = diverse_subset(z, 80)
    assert len(kept) == 40 and fill < 1e-6
    kept, fill = diverse_subset(z, 10)
    gap = np.linalg.norm(z[:, None] - z[kept][None], axis=2).min(axis=1).max()
    assert fill == pytest.approx(gap)
