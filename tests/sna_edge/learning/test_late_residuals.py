"""What late residuals tell of the next: their level, and how large they are."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.learning.output.level import Level
from sna_edge.learning.output.scale import Scale
from sna_edge.learning.output.told import Moved, View, told


def residuals(together: float, count: int = 4000, seed: int = 0) -> np.ndarray:
    """With this correlation from one to the next, of unit variance."""
    rng, found = np.random.default_rng(seed), [0.0]
    for step in rng.normal(size=count):
        found.append(together * found[-1] + float(step) * np.sqrt(1 - together**2))
    return np.array(found[1:])


def left(r: np.ndarray, late: int = 2) -> tuple[float, float]:
    """RMS of residuals minus what the level adds, over that of all; the share at the end."""
    level, told, rest = Level(), [], []
    for i, one in enumerate(r.tolist()):
        told.append(level.now)
        rest.append(one - level.added)
        if i >= late:
            level.update(float(r[i - late]), told[i - late])
    return float(np.sqrt(np.mean(np.square(rest)) / np.mean(r**2))), level.share


def test_a_level_helps_where_residuals_hang_together_and_does_not_harm_elsewhere() -> None:
    together, share = left(residuals(0.9))
    assert together < 0.85 and share > 0.7
    alone, share = left(residuals(0.0))
    assert alone < 1.01 and share < 0.2


def test_a_level_is_kept_over_a_restart() -> None:
    one, other = Level(), Level()
    for r in residuals(0.5, 50).tolist():
        one.update(r, one.now)
    other.restored(one.kept())
    assert (other.now, other.share) == (one.now, one.share)


def test_a_scale_begins_as_the_frozen_interval() -> None:
    one = Scale(0.9)
    one.begin(2.0)
    assert one.typical == pytest.approx(1.0)
    assert one.size == pytest.approx(2.0) and one.gamma == 1.0


@pytest.mark.parametrize("power", [0.0, 0.5, 1.5])
def test_a_scale_finds_how_residuals_grow_with_the_frozen_width(power: float) -> None:
    rng, one = np.random.default_rng(1), Scale(0.9)
    half = np.exp(rng.normal(size=1500))
    one.begin(1.0)
    for h, z in zip(half.tolist(), rng.normal(size=1500).tolist(), strict=True):
        one.update(0.3 * h**power * z, h)
    assert one.gamma == pytest.approx(power, abs=0.2)
    assert one.size == pytest.approx(0.3 * 1.645, rel=0.25)


def test_one_exact_hit_or_gross_error_leaves_the_scale_bounded() -> None:
    one = Scale(0.9)
    one.begin(1.0)
    for z in np.random.default_rng(2).normal(size=300).tolist():
        one.update(z, 1.0)
    before = one.typical
    one.update(0.0, 1.0)
    one.update(1e12, 1.0)
    one.update(1.0, 0.0)
    assert 0.7 < one.typical / before < 1.5


def test_parts_are_told_the_same_one_by_one_and_all_at_once() -> None:
    rng, count = np.random.default_rng(3), 12
    phi, frozen = rng.normal(size=(count, 4)), np.abs(rng.normal(size=(3, count))) * 9.0
    frozen[:, 2], frozen[1:, 3] = np.nan, 0.0
    moved = [
        Moved(rng.normal(size=4), 0.3 * i, 1.0, 4.0 + i, 0.1, 0.2 * i, 0.7, 0.5 + i, 2.0)
        for i in range(2)
    ]
    views = [View((1.0, 2.0), (0.5 + i, 1.5), m, i > 1) for i, m in enumerate([None, *moved])]
    counts = [4, 3, 5]
    whole = told(views, counts, frozen, phi)
    by_part = np.repeat(np.arange(3), counts)
    single = [views[v].numbers(frozen[:, i].tolist(), phi[i]) for i, v in enumerate(by_part)]
    np.testing.assert_allclose(whole.T, np.array(single), rtol=1e-12)
    assert np.isnan(whole[3, 2]) and np.isfinite(np.delete(whole, 2, axis=1)).all()
