"""Python answers every part of a file of format 1.1 as the page's formulas do in plain floats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_edge import Model, Status

from ..format_page import example, kept_files
from ..format_page.plain import Whole

KEPT = Path(__file__).parents[1] / "kept" / "1.1"
NEAR = {"rtol": 1e-11, "atol": 1e-11}


@pytest.fixture(params=["everything", "train"])
def opened(request) -> tuple[Model, Whole]:
    model = sna_edge.load(KEPT / f"{request.param}.sna", "numpy")
    return model, kept_files.wholes()[request.param]


def test_companions(opened: tuple[Model, Whole]) -> None:
    model, whole = opened
    x = example.points(60)
    for i in range(len(model.companions)):
        wanted = [whole.companion(i, row) for row in x]
        found = model.companion_value(i, np.array(x), level_index=True)
        np.testing.assert_allclose(found, wanted, **NEAR)
        np.testing.assert_allclose(model.companion_value(i, x[0], level_index=True), wanted[0])


@pytest.mark.parametrize("level", [0.05, 0.5, 0.9, 0.99, 0.9977])
def test_intervals(opened: tuple[Model, Whole], level: float) -> None:
    model, whole = opened
    x = example.points(60)
    found = model.interval_at(np.array(x), level, level_index=True)
    wanted = np.array([[whole.interval(k, row, level) for k in range(3)] for row in x])
    np.testing.assert_allclose(found.lower, wanted[:, :, 0], **NEAR)
    np.testing.assert_allclose(found.upper, wanted[:, :, 1], **NEAR)
    assert np.array_equal(found.value, model.value(np.array(x), level_index=True))


def test_familiarity(opened: tuple[Model, Whole]) -> None:
    model, whole = opened
    x = example.points(200)
    found = model.familiarity(np.array(x), level_index=True)
    wanted = np.array([whole.familiarity(row) for row in x])
    np.testing.assert_allclose(found.p, wanted, **NEAR)
    np.testing.assert_allclose(found.score, [whole.score(row) for row in x], **NEAR)
    assert model.calibration is not None
    assert ((found.status == Status.UNFAMILIAR) == (wanted <= model.calibration.least_p)).all()
    assert set(found.status) == {Status.OK, Status.UNFAMILIAR}
    assert ((found.pair >= 0) == (wanted == 0)).all()


def test_readings(opened: tuple[Model, Whole]) -> None:
    model, whole = opened
    rows = [
        [79.75, 100.0, 0.0, 0.0, 0.0, 1.0, 4.0, 30.0],
        [400.5, 360.25, 2.0, 9.0, 9.0, 0.0, 2.0, 81.0],
        [79.25, -0.5, 1.0, 5.0, 5.0, 0.0, 8.0, 16.0],
    ]
    found = model.derived(np.array(rows), level_index=True)
    np.testing.assert_allclose(found.x, [whole.derived(r[:6], r[6:]) for r in rows], **NEAR)
    assert found.status.tolist() == [0, 0, 0]
