"""Questions that take one width for the whole domain get the middle one; none takes a model with a
scale to be exact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sna_edge import CP, Interval, Model, Output, inverse, spline_axis
from sna_edge.core.beside import Calibration, Companion, Coordinate, CoordinateSource, Role
from sna_edge.uncertainty.typical import typical_outputs

LOGITS = (np.arange(33) - 16) / 2


def line(links: str = "identity", space: str = "output") -> Model:
    """y = g(x) on 0..2; sigma = exp(x - 1), residuals over sigma logistic times 0.1."""
    axis = spline_axis("x", "m", 0, 2, spans=1, degree=1)
    work = CP((np.array([[0.0], [2.0]]),), (np.array([0]),), np.ones((1, 1)))
    wide = Model([axis], work, [Output("sigma", link="exp", bias=-1.0)])
    scale = Companion(Role.SCALE, wide, (Coordinate(CoordinateSource.INPUT, 0),))
    told = Calibration(500, 0.1 * LOGITS[None], [0.0], [], (space,))
    return Model([axis], work, [Output("y", link=links)], companions=[scale], calibration=told)


@pytest.mark.parametrize(("link", "space"), [("identity", "output"), ("exp", "link")])
def test_the_middle_width_of_the_domain(link: str, space: str) -> None:
    found = typical_outputs(line(link, space))[0].interval
    half = 0.1 * np.log(0.95 / 0.05)
    assert found is not None and (found.level, found.space) == (0.9, space)
    assert [found.below, found.above] == pytest.approx([half, half], rel=0.01)


def test_outputs_with_an_interval_keep_it() -> None:
    model = line()
    plain = model.replace(
        companions=(), outputs=[replace(model.outputs[0], interval=Interval(0.8, 1, 2))]
    )
    assert typical_outputs(plain) == plain.outputs


def test_an_estimate_is_not_surer_than_the_model() -> None:
    model = line()
    exact = model.replace(companions=(), calibration=None)
    wide, narrow = (
        inverse.estimate(m, {"y": [1.0]}, ["x"], 0.01).deviation[0, 0] for m in (model, exact)
    )
    assert narrow == pytest.approx(0.01, rel=0.05)
    assert wide == pytest.approx(0.1 * np.log(19) / 1.645, rel=0.05)


def test_advice_keeps_the_interval_of_its_own_setting_inside() -> None:
    """y - 0.1 ln(19) exp(x - 1) >= 0.9 first at 1.2957; with the middle width it would be 1.194."""
    found = inverse.advise(line(), {"x": 0.4}, {"y": (0.9, None)}, ["x"])
    assert found.status.label == "ok"
    assert found.after["y"]["lower"] == pytest.approx(0.9, abs=1e-3)
    assert found.after["y"]["lower"] >= 0.9
    assert found.after["y"]["value"] == pytest.approx(1.2957, rel=1e-3)
