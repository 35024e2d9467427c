"""Sweeps of models that answer with labels."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import CP, Model, Output, spline_axis
from sna_edge.core.classes import KEY
from sna_edge.errors import InputError
from sna_export.monte_carlo import sweep


def grades() -> Model:
    """exp(3 x), exp(1) and exp(-x): P of three labels is the share of each in their sum."""
    line = CP.full([np.array([[0.0, 1.0], [1.0, 1.0]])], np.array([[3.0, 0.0, -1.0], [0, 1.0, 0]]))
    labels = ["high", "low", "middle"]
    outputs = [Output(f"grade:{label}", link="exp") for label in labels]
    told = {"target": "grade", "kind": "several", "labels": labels, "threshold": 0.5}
    classes = [{**told, "outputs": [one.name for one in outputs]}]
    axis = spline_axis("x", "", 0.0, 1.0, spans=1, degree=1)
    return Model([axis], line, outputs, metadata={KEY: classes})


def test_outputs_of_several_labels_are_their_probabilities() -> None:
    """Before, moments and limits were of numbers that are no probabilities (up to exp(3))."""
    found = sweep(grades(), {"x": "uniform"}, 50_000, specs=[("grade:high", 0.5, np.inf)])
    assert sum(one.mean for one in found.outputs) == pytest.approx(1.0, abs=1e-9)
    x = (np.arange(100_000) + 0.5) / 100_000
    raw = np.exp(np.stack([3 * x, np.ones_like(x), -x]))
    share = raw / raw.sum(axis=0)
    for one, p in zip(found.outputs, share, strict=True):
        assert abs(one.mean - p.mean()) < 5 * one.mean_se
        assert 0.0 <= one.lowest[0][0] <= one.highest[0][0] <= 1.0
    inside = found.specs[0].inside
    assert abs(inside.p - (share[0] >= 0.5).mean()) < 5 * inside.se


def test_the_library_does_not_count_several_labels() -> None:
    with pytest.raises(InputError, match="several labels, whose shares it does not take"):
        sweep(grades(), {"x": "uniform"}, 1000, backend="native")
