"""Where a model is looked at: as dense as breaks are, and weighed by what a place stands for."""

import numpy as np
import pytest

from sna_export.solve import parameter
from sna_export.solve.trust.points import corners, inner, share


def test_points_on_even_spans_fill_the_box_evenly_and_count_alike():
    axes = [parameter("a", 0.0, 1.0), parameter("b", -1.0, 3.0)]
    points = inner(axes, 5)
    assert points[0] == {"a": 0.5, "b": 1.0}
    assert [share(axes, p) for p in (*points, *corners(axes))] == pytest.approx([1.0] * 9)


def test_points_stand_where_breaks_are_dense_and_count_less_there():
    """The mean of exp(-p / 0.01) over 0.0001 .. 1 is 0.01; one of nine even points sees it."""
    axes = [parameter("p", 1e-4, 1.0, breaks=np.geomspace(1e-4, 1.0, 40))]
    points = inner(axes, 9)
    places = np.array([p["p"] for p in points])
    assert np.sum(places < 0.1) > 5
    weights = np.array([share(axes, p) for p in points])
    mean = weights @ np.exp(-places / 0.01) / weights.sum()
    assert 0.005 < mean < 0.02
