"""Runs of a made-up solver on a square: u = T0 + a sin(3 x) + b^2 y, which two modes hold."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

meshio: Any = pytest.importorskip("meshio")
skfem: Any = pytest.importorskip("skfem")
SQUARE = skfem.MeshTri().refined(2)
X, Y = SQUARE.p


def field(a: float, b: float) -> Any:
    """At the nodes."""
    return 300.0 + a * np.sin(3.0 * X) + b**2 * Y


def settings(count: int, seed: int = 0) -> Any:
    """a in 1 .. 3, b in 0 .. 2; the corners first."""
    corners = np.array([[1.0, 0.0], [3.0, 0.0], [1.0, 2.0], [3.0, 2.0]])
    rng = np.random.default_rng(seed)
    rest = np.array([1.0, 0.0]) + 2.0 * rng.random((max(count - 4, 0), 2))
    return np.round(np.concatenate([corners, rest])[:count], 3)


def write_run(path: Path, values: Any, name: str = "T", mesh: Any = SQUARE) -> None:
    """A result file with values at points."""
    points = np.c_[mesh.p.T, np.zeros(mesh.p.shape[1])]
    meshio.Mesh(points, [("triangle", mesh.t.T)], point_data={name: values}).write(path)


def write_runs(folder: Path, count: int = 12, planned: int = 0) -> Path:
    """A table of runs and their files; rows without a file at its end."""
    x = settings(count + planned)
    with open(folder / "runs.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["a [W]", "b", "result"])
        for i, (a, b) in enumerate(x.tolist()):
            done = i < count
            table.writerow([a, b, f"run{i}.vtu" if done else ""])
            if done:
                write_run(folder / f"run{i}.vtu", field(a, b))
    return folder / "runs.csv"
