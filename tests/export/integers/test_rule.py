"""The rule in whole numbers against float64, companions against the C library."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sna_edge import Axis, Output, Status, spline_axis
from sna_edge.core.basis import levels
from sna_edge.core.beside import GRID, Companion, Coordinate, CoordinateSource, Role
from sna_edge.uncertainty.familiarity import share_of as share_in_float
from sna_export.integers import somewhere
from sna_export.integers.companion import Straight, asked
from sna_export.integers.share import ONE_P, logarithm

from ...sna_edge.beside_models import LOGITS, calibration, function
from .whole_kinds import WHOLE, everything, hostile, in_float, inputs_of, whole_of

FAMILIAR = ("everything", "sensors", "familiarity", "level pairs")


@pytest.mark.parametrize("name", WHOLE)
def test_ends_hold_those_of_float64(name: str) -> None:
    """Both ends lie outside those of float64, wherever the counts are, and no further than by a
    two-hundredth of range and width."""
    whole = whole_of(WHOLE[name]())
    x = np.concatenate([somewhere(whole, 2000), hostile(whole)])
    told, wanted = whole.laid_out(x), in_float(whole, inputs_of(whole, x))
    count = len(whole.path.outputs)
    for k, ends in whole.ends.items():
        low, high = (wanted[n] for n in whole.plan.intervals[k])
        lower, upper = (told[:, part * count + k] * 2.0**-ends.exponent for part in (1, 2))
        room = 0.005 * (np.ptp(wanted[whole.plan.outputs[k]]) + high - low)
        assert ((low - room <= lower) & (lower <= low)).all()
        assert ((high <= upper) & (upper <= high + room)).all()


@pytest.mark.parametrize("name", [n for n in WHOLE if n.startswith(FAMILIAR)])
def test_statuses_differ_towards_unfamiliar_alone(name: str) -> None:
    whole = whole_of(WHOLE[name]())
    x = np.concatenate([somewhere(whole, 4000), hostile(whole)])
    model, status = whole.plan.model, whole.answer(x)[1]
    query = {a.name: inputs_of(whole, x)[:, d] for d, a in enumerate(model.axes)}
    wanted = model.familiarity(query, level_index=True).status == Status.UNFAMILIAR
    p = whole.share.p(x, whole.path.evaluate(whole.path.locate(x)[0]).astype(np.int64))
    assert np.abs(p / 2.0**ONE_P - model.familiarity(query, level_index=True).p).max() < 0.005
    assert wanted.any() and (status[wanted] == Status.UNFAMILIAR).all()
    assert (status == Status.UNFAMILIAR).sum() <= wanted.sum() + 4


@pytest.mark.parametrize("dtype", ["int16", "int8"])
def test_companions_are_those_of_the_c_library(dtype: str, c_double: Any) -> None:
    """Of features, levels and predictions, in a file that holds their integer paths: every bit."""
    model = everything(dtype)
    inside = [replace(c, model=c.model.replace(integer_path=True)) for c in model.companions]
    whole = whole_of(model.replace(companions=inside))
    file = c_double.open(whole.plan.artifact)
    assert (file.status, file.rule, file.verify()) == (0, "", 0)
    x = somewhere(whole, 200)
    y = whole.path.evaluate(whole.path.locate(x)[0]).astype(np.int64)
    seen = 0
    for i, companion in enumerate(whole.plan.model.companions):
        if companion.role in (Role.SCALE, Role.FAMILIARITY):
            here = asked(whole.plan.model, whole.path, i)
            there = file.companion(i)
            assert there.fixed_verify() == 0
            given = [
                c if isinstance(c, np.ndarray) else x[:, c]
                for c in (c.counts(x, y) if isinstance(c, Straight) else c
                          for c in here.coordinates)
            ]  # fmt: skip
            found, status = there.fixed_value(here.path.locate(np.stack(given, axis=1))[0])
            assert (status >= 0).all()
            assert (found[:, 0] == here.value(x, y)).all()
            seen += 1
    assert seen == 3


def test_logarithms() -> None:
    """To the base 2 within 3e-6: chords of 256 pieces."""
    value = np.unique(np.geomspace(1, 2**31 - 1, 5000).astype(np.int64))
    assert np.abs(logarithm(value, 20) / 2.0**26 - (np.log2(value) - 20)).max() < 3e-6
    assert (logarithm(np.array([0, -5]), 20) == -126 << 26).all()


def test_shares_of_scores() -> None:
    """As in float64, equal scores among them, within 1e-5: they are rounded to 2^-20."""
    model = WHOLE["familiarity of 7 inputs, int8"]()
    scores = model.calibration.scores
    told = replace(model.calibration, scores=np.maximum(scores, scores[5]))
    whole = whole_of(model.replace(calibration=told))
    share = whole.share
    assert share is not None
    unit = share.scores[-1] / told.scores[-1]
    score = np.linspace(told.scores[0] - 1, told.scores[-1] + 1, 3001)
    found = share.of_score(np.rint(score * unit).astype(np.int64)) / 2.0**ONE_P
    assert np.abs(found - share_in_float(told, np.rint(score * unit) / unit)).max() < 1e-5


def test_a_lone_level_adds_its_weight() -> None:
    """To a feature 1/8 + x / 4 + 1/2 of an input with one level."""
    axes = [spline_axis("x", "", 0.0, 1.0, spans=2), Axis("lot", "", levels(1), ("A",))]
    z = spline_axis("z", "", 0.0, 1.0, spans=2)
    feature = Coordinate(CoordinateSource.FEATURE, 0, np.float32([0.25, 0.5]), 0.125)
    density = function([z], [Output("p")], 2, "int16")
    told = Companion(Role.FAMILIARITY, density, (feature,), weight=1.0)
    found = calibration(n_residuals=0, quantiles=np.empty((0, GRID)), floor=[], correlation=[],
                        spaces=(), scores=-9.0 + LOGITS / 2, pairs=())  # fmt: skip
    model = function(axes, [Output("y")], 3, "int16")
    whole = whole_of(model.replace(companions=[told], calibration=found, integer_path=True))
    assert whole.share is not None
    (coordinate,) = whole.share.terms[0].density.coordinates
    assert isinstance(coordinate, Straight)
    x = np.array([[0, 0], [32768, 0], [65535, 0]])
    y = np.zeros((3, 1), np.int64)
    wanted = 65535 * (0.625 + x[:, 0] / 65535 / 4)
    assert np.abs(coordinate.counts(x, y) - wanted).max() <= 1
