"""The Inconel 718 example: strength of a wall that was left out, and a family of histories for a
wanted strength."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest


@pytest.mark.slow
def test_left_out_walls_and_reconstruction(
    root: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(root / "examples" / "in718"))
    for name in ("data", "forward", "run"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import forward  # type: ignore[import-not-found]
    import run  # type: ignore[import-not-found]
    from data import load  # type: ignore[import-not-found]

    walls = load(data / "xie2021_in718_ded")
    y = walls.properties["UTS"]
    predicted, parameters = forward.held_out(walls.images, y, walls.wall, walls.wall)
    assert forward.r2(y, predicted) >= 0.60 and parameters <= 500
    average, parameters = forward.held_out_average(
        forward.views(walls.images, walls.shape), y, walls.wall, walls.wall
    )
    assert forward.r2(y, average) >= 0.66 and parameters <= 300
    model, components = run.deployed(walls, y - predicted)
    found, images = run.reconstruct(model, components, walls, float(np.quantile(y, 0.75)), 0)
    assert found["found"] == run.FAMILY and found["largest_miss"] < 1e-6
    assert images.shape == (run.FAMILY, walls.images.shape[1])
    assert found["least_density"] >= 1.0 and images.min() >= 0.0 and images.max() <= 1.0
    for name in ("data", "forward", "run"):
        sys.modules.pop(name, None)
