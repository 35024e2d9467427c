"""Which run would help most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_export.fields import next_runs, read_snapshots
from sna_export.table import read

from ...runs_of_a_plate import write_runs


@pytest.fixture(scope="module")
def runs(tmp_path_factory: Any) -> Any:
    folder = tmp_path_factory.mktemp("runs")
    return read_snapshots(read(write_runs(folder, count=6, planned=2)), folder)


def test_points_lie_in_the_domain_and_never_double_one(runs: Any) -> None:
    found = next_runs(runs, 5, where=["b <= 1"])
    known = np.concatenate([runs.x, runs.planned, found.x])
    assert len(runs.planned) == 2 and len(np.unique(known, axis=0)) == len(known)
    assert (found.x[:, 1] <= 1).all() and (found.x[:, 0] >= 1).all() and (found.x[:, 0] <= 3).all()
    assert 0 < found.left < 1
    assert next_runs(runs, 2, where=["b <= 1"]).x.tolist() == found.x[:2].tolist()


def test_a_point_far_from_all_runs_is_worth_more_than_one_beside_a_run(
    runs: Any, tmp_path: Path
) -> None:
    a, b = runs.x[4].tolist()
    grid = np.stack(np.meshgrid(np.linspace(1, 3, 21), np.linspace(0, 2, 21)), -1).reshape(-1, 2)
    present = np.concatenate([runs.x, runs.planned])
    far = grid[np.linalg.norm(grid[:, None] - present, axis=2).min(axis=1).argmax()]
    rows = [f"{a},{b}", f"{a + 1e-3},{b}", f"{far[0]},{far[1]}", "9,1"]
    path = tmp_path / "feasible.csv"
    path.write_text("\n".join(["a [W],b", *rows]))
    found = next_runs(runs, 1, feasible=read(path))
    assert np.allclose(found.x, far) and found.outside == 1
    with pytest.raises(InputError, match="only 2 different settings are left for 3 rows"):
        next_runs(runs, 3, feasible=read(path))


def test_the_table_of_next_runs_has_the_columns_of_the_first(runs: Any, tmp_path: Path) -> None:
    path = tmp_path / "next.csv"
    found = next_runs(runs, 3)
    path.write_text(found.csv_text(runs.table))
    back = read(path)
    assert back.names == runs.table.names
    assert np.allclose(np.stack([back.column("a [W]"), back.column("b")], axis=1), found.x)
    assert back.written("result") == [""] * 3
