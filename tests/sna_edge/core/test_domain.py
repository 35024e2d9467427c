"""Rows of a batch are checked side by side: each as it is alone."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import level_axis, spline_axis
from sna_edge.core.domain import BESIDE, DomainBox
from sna_edge.status import Status

AXES = (
    spline_axis("power", "W", 100.0, 300.0, spans=2, degree=3),
    level_axis("lot", ["a", "b", "c"]),
    spline_axis("share", "", 0.1, 0.3, spans=1, degree=1),
)
NONE = [np.nan, np.inf, -np.inf]
ODD = [*NONE, 99.0, 300.0001, np.nextafter(300.0, 400.0), 1.5, -1.0, 3.0, 0.1 + 0.2]


def rows(n: int, share: float) -> np.ndarray:
    """Rows [n, 3], of which about `share` of the coordinates are odd."""
    r = np.random.default_rng(n)
    x = np.stack([r.uniform(100, 300, n), r.integers(0, 3, n), r.uniform(0.1, 0.3, n)], axis=1)
    odd = r.random(x.shape) < share
    x[odd] = r.choice(ODD, int(odd.sum()))
    return x


@pytest.mark.parametrize("share", [0.0, 0.003, 0.3])
@pytest.mark.parametrize("extrapolate", [False, True])
def test_a_row_of_a_batch_is_checked_as_it_is_alone(share, extrapolate):
    box = DomainBox(AXES)
    x = rows(2 * BESIDE + 100, share)
    together = box.check(x, extrapolate)
    alone = [box.check(row[None], extrapolate) for row in x]
    for name in ("status", "axis", "excess", "x"):
        told = np.concatenate([getattr(one, name) for one in alone])
        assert np.array_equal(getattr(together, name), told, equal_nan=name != "status"), name
    assert np.array_equal(together.x, box.settled(x), equal_nan=True)
    assert (together.x != x)[~np.isnan(x)].any() == (share > 0.1)
    assert box.contains(x) == all(box.contains(row[None]) for row in x) == (share == 0.0)


def test_rows_in_another_order_in_memory_are_checked_alike():
    box, x = DomainBox(AXES), rows(3 * BESIDE, 0.01)
    assert np.array_equal(box.check(np.asfortranarray(x)).status, box.check(x).status)


def test_far_outside_a_narrow_domain_is_no_warning():
    """1e300 over a width of 1e-12 is more than a number."""
    box = DomainBox([spline_axis("u", "", 0.0, 1e-12, spans=1, degree=1)])
    with np.errstate(all="raise"):
        assert box.check(np.array([[1e300]])).status[0] == Status.OUT_OF_DOMAIN
