"""Observations and noise so far from an output that squares of deviations overflow: one sentence,
no warning and no fault."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from sna_edge import CP, Interval, Model, Output, spline_axis
from sna_edge.inverse import advise, estimate, invert_batch, posterior
from sna_edge.status import Status


def surface(link: str = "identity", scale: float = 1.0) -> Model:
    axes = [spline_axis(name, "", 0.0, 1.0, spans=2, degree=2) for name in "ab"]
    tables = [np.random.default_rng(0).normal(size=(4, 2))] * 2
    return Model(
        axes,
        CP.full(tables, [[1.0], [0.5]]),
        [Output("y", "", link, scale, interval=Interval(0.9, 0.1 * scale, 0.1 * scale))],
    )


ABSURD = [
    # link, scale, reading, noise, what is said
    ("identity", 1.0, 1e306, 0.1, "observation 0: y = 1e+306"),
    ("identity", 1.0, -1e306, 0.1, "check the reading"),
    ("identity", 1e-200, 1.0, 1e-201, "y = 1 is beyond"),
    ("exp", 1e-200, 1.0, 1e-201, "y = 1 is beyond"),
    ("logistic", 1e-200, 1.0, 1e-201, "y = 1 is beyond"),
    ("exp", 1.0, 1e307, 0.1, "y = 1e+307"),
    ("identity", 1.0, -1e140, 0.1, "y = -1e+140"),
    ("identity", 1.0, 0.5, 1e-300, "noise of 'y' is 1e-300"),
    ("identity", 1.0, 0.5, 1e300, "noise of 'y' is 1e+300"),
    ("exp", 1.0, 0.5, 1e-200, "noise of 'y'"),
    ("identity", 1e290, 1e289, 1e100, "noise of 'y'"),
]


@pytest.mark.parametrize(("link", "scale", "reading", "noise", "words"), ABSURD)
@pytest.mark.parametrize("noise_only", [False, True])
def test_absurd_observations_are_one_sentence(
    link: str, scale: float, reading: float, noise: float, words: str, noise_only: bool
) -> None:
    """A reading of 1e306 printed raw warnings, one of 1 for an output of 1e-300 was an
    IndexError."""
    model = surface(link, scale)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = estimate(model, {"y": [reading]}, ["a", "b"], noise, noise_only=noise_only)
        drawn = posterior(model, {"y": [reading]}, ["a", "b"], noise, n=50, noise_only=noise_only)
    for answer in (found, drawn):
        assert answer.status == Status.BAD_INPUT and words in answer.message and not len(answer.x)


@pytest.mark.parametrize("reading", [1e9, -1e9, 1e100, -1e110, 5.0, 1e20, -1e50, 1e-320])
def test_readings_far_out_of_reach_are_answered_without_a_warning(reading: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = estimate(surface(), {"y": [reading]}, ["a", "b"], 0.01)
        rows = invert_batch(surface().with_backend("numpy"), {"y": [reading]}, ["a", "b"])
    if abs(reading) >= 1.0:
        assert found.status == Status.UNREACHABLE and "check the reading" in found.message
        assert rows.status[0] in (Status.UNREACHABLE, Status.NOT_CONVERGED)
    else:
        assert found.status >= Status.OK


def test_advice_names_what_blocks_where_values_have_rounded_to_the_end_of_a_link() -> None:
    """It said 'no setting of the adjustable inputs brings  inside the limits'."""
    model = surface("exp").replace(outputs=[Output("y", "", "exp", -1e-20, offset=1.0)])
    found = advise(model, {"a": 0.5, "b": 0.5}, {"y": (2.0, None)}, ["a", "b"])
    assert found.blocking == ("y",) and "brings y inside" in found.message


@pytest.mark.parametrize("reading", [-1.0, 0.3, 0.5, 2.0])
def test_a_search_that_was_cut_is_not_called_a_misfit(reading: float) -> None:
    """With 2 ms 'misfit: the observations lie 9.94 times as far' was said of a reading that the
    model meets exactly."""
    for milliseconds in (0.5, 1.0, 2.0):
        found = estimate(surface(), {"y": [reading]}, ["a", "b"], 0.01, deadline_ms=milliseconds)
        assert found.status != Status.DEADLINE or not found.message.startswith("misfit")
