"""Tables of `make exchange`: whose range a difference is divided by, and what counts as good."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge

from ..model_kinds import model_on

SPEED = Path(__file__).resolve().parents[2] / "tools" / "speed"


@pytest.fixture(scope="module", params=["fmu_table", "exchange_targets"])
def tool(request: pytest.FixtureRequest) -> Any:
    """A script of `tools/speed`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SPEED))
        yield __import__(request.param)
    for name in ("fmu_table", "exchange_targets", "exchange_runners"):
        sys.modules.pop(name, None)


def two() -> sna_edge.Model:
    """Outputs y of range 4 and y2 of range 4,000."""
    axes = [sna_edge.spline_axis("x", "mm", 0.0, 1.0, spans=2)]
    outputs = [sna_edge.Output("y", range=(0.0, 4.0)), sna_edge.Output("y2", range=(0.0, 4e3))]
    return model_on(axes, outputs=outputs)


def test_a_difference_belongs_to_its_own_output(tool: Any) -> None:
    if tool.__name__ == "fmu_table":
        assert tool.spans_of(two()) == {
            "x": 1.0,
            "y": 4.0,
            "y2": 4e3,
            "status": 1.0,
            "outside": 1.0,
        }
        return
    off = {"y": np.array([0.0, 1.0]), "y2": np.array([0.0, 4.0])}
    there = {f"{name}{end}": np.zeros(2) for name in off for end in ("", "_lower", "_upper")}
    assert tool.compared(two(), there, off) == {"values": 0.25}
    ends = {**there, **off, "y2_upper": np.array([40.0, 0.0])}
    assert tool.compared(two(), there, ends) == {"values": 0.25, "intervals": 0.01}
    del ends["y_lower"], off["y2"]
    assert tool.compared(two(), there, ends)["intervals"] == np.inf
    assert tool.compared(two(), there, off)["values"] == np.inf


def test_what_a_target_leaves_out_is_not_good(tool: Any) -> None:
    if tool.__name__ == "fmu_table":
        assert not tool.good({"problems": 0, "worst": 2e-6, "slopes": 0.0})
        assert tool.good({"problems": 0, "worst": 0.0, "slopes": float("nan")})
        return
    target, row = tool.TARGETS[0], dict.fromkeys(("values", "intervals", "familiarity"), 0.0)
    assert not tool.good(target, row) and tool.good(target, {**row, "formulas": 0.0})
    assert tool.apart(np.array([np.nan, 1.0]), np.array([0.0, 1.0])) == np.inf
