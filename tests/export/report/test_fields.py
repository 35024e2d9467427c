"""Fields in reports: the model's values in steps, and which two axes are shown."""

from __future__ import annotations

import re

from sna_export.report.fields import STEPS, field, pairs_of

from ...model_kinds import spline_model


def test_every_step_is_a_shade_and_the_title_tells_both_ends() -> None:
    model = spline_model(3, 12, 4)
    svg = field(model, [0.5, 1.0, 1.5], (0, 2))
    assert len(re.findall(r'class="c s0"', svg)) == STEPS
    values = model.grid({"x0": [0.0, 1.0], "x2": [0.6, 3.0]}, at={"x1": 1.0})
    low, high = map(float, re.findall(r"y0: (\S+) \(light\) to (\S+) um", svg)[0])
    assert low <= values.min() + 0.3 and high >= values.max() - 0.3
    assert "x0 [mm]" in svg and "x2 [mm]" in svg


def test_space_and_time_are_shown_before_parameters() -> None:
    plain = [False] * 4
    roles = ["space", "time", "parameter", "space"]
    assert pairs_of(roles, plain) == [(0, 1), (0, 3), (1, 3)]
    assert pairs_of(["space", "parameter", "parameter", "parameter"], plain) == [(0, 1), (0, 2)]
    assert pairs_of(["space", "parameter"], [False, True]) == []
    assert pairs_of(["parameter"], [False]) == []
