"""Drifts put into a table: what each kind does to ranks of residuals, and how soon it is found."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

KINDS = ("offset", "gain", "sensor", "scale", "ramp")


@pytest.fixture(scope="module")
def tool() -> Any:
    """`tools/online/injected.py`."""
    path = Path(__file__).resolve().parents[2] / "tools" / "online" / "injected.py"
    spec = importlib.util.spec_from_file_location("injected", path)
    assert spec and spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def line(tool: Any, count: int = 2000) -> Any:
    """y = 3 a - 2 b with a scatter of 0.5, and a model that knows it."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (count, 2))
    y = x @ np.array([3.0, -2.0]) + 0.5 * rng.normal(size=count)

    def value(x: np.ndarray) -> np.ndarray:
        return x @ np.array([3.0, -2.0])

    return tool.Stream(x, y, lambda x, y: np.clip((y - value(x)) / 0.5, -3.5, 3.5), value)


def test_shifts_and_scales_are_found_in_time(tool: Any) -> None:
    assert np.mean(tool.found_after(line(tool), "offset", 60) <= 30) >= 0.9
    assert np.mean(tool.found_after(line(tool), "scale", 60) <= 60) >= 0.9
    assert np.median(tool.found_after(line(tool), "ramp", 30)) > 30


@pytest.mark.parametrize("kind", KINDS)
def test_a_drift_has_the_size_of_one_deviation(tool: Any, kind: str) -> None:
    z = tool.drifted(line(tool), kind, np.random.default_rng(1), 4000)
    if kind == "offset":
        assert abs(z.mean()) == pytest.approx(1.0, abs=0.1)
    elif kind == "ramp":
        assert abs(z[:10].mean()) < 0.8 < abs(z[200:].mean())
    else:
        wide = {"scale": 1.85, "gain": np.sqrt(2), "sensor": np.sqrt(2)}[kind]
        size = np.sqrt(np.mean(z**2))
        assert size == pytest.approx(wide, abs=0.25)


def test_no_drift_gives_few_alarms(tool: Any) -> None:
    assert tool.false_alarms(line(tool), 5000) <= 4
