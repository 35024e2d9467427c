"""Densities that are stored for an integer path: its familiarity within a step of the 33 levels of
the float path, for rows like those fitted and for strange ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sna_edge import spline_axis
from sna_edge.artifact.canonical_form import as_stored
from sna_edge.artifact.golden import make
from sna_edge.artifact.grouping import groups_of
from sna_edge.artifact.integer_section import plan
from sna_edge.core.beside import GRID, Calibration
from sna_edge.uncertainty.companions import places
from sna_edge.uncertainty.familiarity import LEAST_DENSITY, share_of
from sna_export.calibrate.familiarity import familiarity_of


def sensors(inputs: int, rows: int) -> np.ndarray[Any, Any]:
    """Three causes, bent, and noise of a fifth of their spread."""
    rng = np.random.default_rng(inputs)
    seen = rng.normal(size=(rows, 3)) @ rng.normal(size=(3, inputs))
    seen = seen / seen.std(axis=0) + 0.3 * np.tanh(np.roll(seen, 1, axis=1))
    return np.asarray(seen + 0.2 * rng.normal(size=seen.shape))


def by_integers(model: Any, z: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    stored = as_stored(model)
    path, _ = plan(stored, groups_of(stored.interaction), make(stored, peaks=True)[1].ranges)
    low, high = np.array([(a.lower, a.upper) for a in model.axes]).T
    counts = np.rint((z - low) / (high - low) * 65535).astype(np.int64)
    return np.asarray(path.decoded(path.evaluate(path.locate(counts)[0]))[:, 0])


def place(p: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.asarray(np.clip(16 + 2 * np.log(p / (1 - p)), 0, GRID - 1))


@pytest.mark.parametrize("inputs", [8, 24])
def test_familiarity_of_integers_is_within_a_step(inputs: int) -> None:
    x = sensors(inputs, 6000)
    axes = [
        spline_axis(f"x{d}", "", *e) for d, e in enumerate(zip(x.min(0), x.max(0), strict=True))
    ]
    found = familiarity_of(axes, x[:3000], calibration=x[3000:4500], integers=True)
    told, held = Calibration(**found.calibration), x[4500:]
    one = held.copy()
    one[:, 0] = np.random.default_rng(1).permutation(held[:, 0])
    for points in (held, one, np.random.default_rng(2).permuted(held, axis=0)):
        scores = np.zeros((2, len(points)))
        for c in found.companions:
            z = places(c, axes, points, np.zeros((len(points), 1)))
            density = np.stack([c.model.value(z)[:, 0], by_integers(c.model, z)])
            scores += c.weight * np.log(np.maximum(density, LEAST_DENSITY))
        steps = np.abs(place(share_of(told, scores[0])) - place(share_of(told, scores[1])))
        assert steps.max() <= 1
