"""Old against new: figures of the rows to which both have a value; what is worse than chance."""

from __future__ import annotations

import numpy as np

import sna_edge
from sna_export.refit import judged
from sna_export.refit.told import warnings


def line(slope: float, upper: float = 10.0) -> sna_edge.Model:
    """y = slope x, with 90 % intervals of +-1."""
    axis = sna_edge.spline_axis("x", "", 0.0, upper, spans=1, degree=1)
    cp = sna_edge.CP((np.array([[0.0], [slope * upper]]),), (np.array([0]),), np.ones((1, 1)))
    output = sna_edge.Output("y", "um", interval=sna_edge.Interval(0.9, 1.0, 1.0))
    return sna_edge.Model([axis], cp, [output])


def test_figures_are_those_of_rows_with_two_values() -> None:
    x = np.linspace(0.5, 12.0, 24)
    told = judged(line(1.0), line(1.1, 20.0), {"x": x.tolist()}, {"y": x + 0.5})["y"]
    inside = x[x <= 10.0]
    assert told["rows"] == len(inside) and told["old"]["without"] == (x > 10.0).sum()
    assert np.isclose(told["old"]["error"], 0.5) and np.isclose(told["old"]["bias"], -0.5)
    assert np.isclose(told["new"]["error"], np.sqrt(np.mean((0.1 * inside - 0.5) ** 2)))
    assert told["old"]["coverage"] == 1.0 and not told["worse"]


def test_what_is_worse_than_chance_is_said_with_a_next_step() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 10, 60)
    y = x + rng.normal(0, 0.5, 60)
    for old, new, worse in ((1.0, 1.3, 1), (1.3, 1.0, 0), (1.0, 1.001, 0)):
        told = judged(line(old), line(new), {"x": x.tolist()}, {"y": y})
        refused, also = warnings(told, {})
        assert len(refused) == worse and (not worse or "RMSE" in refused[0])
        assert any("--weight-new" in text for text in also) == bool(worse)
        assert any("intervals" in text for text in also) == bool(worse)
    chance = judged(line(1.005), line(1.0), {"x": x.tolist()}, {"y": y})["y"]
    assert 0 < chance["change"]["mean"] < chance["change"]["standard_error"]
    assert not chance["worse"]
    few = judged(line(1.0), line(3.0), {"x": x[:5].tolist()}, {"y": y[:5]})
    assert warnings(few, {}) == ([], [])
