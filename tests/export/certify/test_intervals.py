"""Intervals widened by the error of the stored tables."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import Interval, Output
from sna_edge.artifact.canonical_form import as_stored
from sna_export.certify import measure
from sna_export.certify.comparison import points_of
from sna_export.quantize import quantize


@pytest.mark.parametrize("space", ["output", "link"])
@pytest.mark.parametrize("link", ["identity", "exp"])
def test_intervals_widen_by_the_quantization_error(models, space: str, link: str) -> None:
    base = models.cp(models.uniform_axes(3), rank=4)
    work = base.interaction
    output = Output("y", "", link, 2.0, 0.0, 0.0, Interval(0.9, 1e-3, 2e-3, space))
    model = base.replace(
        outputs=[output], interaction=work.with_tables(work.tables, work.weights * 0.05)
    )
    small = quantize(model, "int8")
    found = measure(as_stored(small), model, points_of(model))
    error = 1.6448536 * float((found.rms if space == "output" else found.linear_rms)[0])
    after = small.outputs[0].interval
    assert after is not None and (after.level, after.space) == (0.9, space)
    assert abs(after.below - np.hypot(1e-3, error)) <= 1e-6 * after.below
    assert abs(after.above - np.hypot(2e-3, error)) <= 1e-6 * after.above


def test_widened_intervals_cover_as_before(models) -> None:
    """y = model + normal noise: a 90 % interval stays one after int8, and grows no more than
    needed."""
    base = models.cp(models.uniform_axes(4), rank=6)
    plain = quantize(base, "int8")
    noise = 1.5 * measure(as_stored(plain), base, points_of(base)).rms[0]
    half = 1.6448536 * noise
    model = base.replace(
        outputs=[Output("y", scale=1.5, bias=0.1, interval=Interval(0.9, half, half))]
    )
    small = quantize(model, "int8")
    x = models.points(model, 40_000, seed=9)
    y = model.value(x)[:, 0] + noise * np.random.default_rng(3).standard_normal(len(x))
    found = small.evaluate(x)
    covered = ((y >= found.lower[:, 0]) & (y <= found.upper[:, 0])).mean()
    unwidened = (np.abs(y - found.value[:, 0]) <= half).mean()
    assert unwidened < 0.87 and 0.885 < covered < 0.915
