"""A small model on disk and a way to run the command line in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge.cli import main


@dataclass
class Said:
    """What one command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON")
        )
        return found

    def sentence(self) -> str:
        """The one line on stderr: a cause, and a next step after ';'."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert "Traceback" not in lines[0]
        assert ";" in lines[0], f"no next step in: {lines[0]}"
        return lines[0]


@pytest.fixture
def sna(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """sna('info', path, '--json') -> Said."""

    def run(*words: object) -> Said:
        capsys.readouterr()
        code = main([str(w) for w in words])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


def small_model() -> sna_edge.Model:
    """width = 50 + power / 4 - 10 speed, spot B adds 5; depth = exp(0.5 + speed): known by hand."""
    power = sna_edge.spline_axis("power", "W", 100, 400, spans=6)
    speed = sna_edge.spline_axis("speed", "m/s", 0.5, 1.5, spans=4)
    spot = sna_edge.level_axis("spot", ("A", "B"))
    tables = (
        _nodal(power, [lambda x: x]),
        _nodal(speed, [lambda x: x, lambda x: x]),
        np.array([[0.0], [1.0]]),
    )
    modes = (np.array([0]), np.array([1, 3]), np.array([2]))
    weights = np.array([[0.25, 0.0], [-10.0, 0.0], [5.0, 0.0], [0.0, 1.0]])
    outputs = [
        sna_edge.Output("width", "um", bias=50.0, interval=sna_edge.Interval(0.9, 2.0, 3.0)),
        sna_edge.Output("depth", "um", link="exp", bias=0.5),
    ]
    return sna_edge.Model(
        (power, speed, spot), sna_edge.CP(tables, modes, weights), outputs, dtypes=["float64"] * 3
    )


def _nodal(axis: sna_edge.Axis, functions: list[Any]) -> np.ndarray:
    """Table whose atoms are the given cubic polynomials: least squares on a fine grid is exact."""
    x = np.linspace(axis.lower, axis.upper, 200)
    target = np.stack([f(x) for f in functions], axis=1)
    return np.linalg.lstsq(axis.basis.design(x), target, rcond=None)[0]


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    path = tmp_path / "model.sna"
    small_model().save(path)
    return path
