"""A grid of two inputs has the values and statuses of its rows."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sna_edge import Model
from sna_edge.core.beside import Readings

from ...c_library import KEPT_1_1
from ...model_kinds import KINDS
from .test_answers import EXACT, FOLDER, numbers

NAMES = ["cp int8", "cp 3 outputs", "mixed axes", "train", "link exp", "link logistic"]


def tolerant() -> Model:
    """Sensors that err by more than a place is outside: their readings count as the border."""
    model = KINDS["mixed axes"]()
    tolerance = [0.0 if axis.level_names else 0.02 * axis.width for axis in model.axes]
    readings = Readings(np.array(tolerance))
    return Model(model.axes, model.interaction, model.outputs, readings=readings)


def with_gaps() -> Model:
    """Spans without rows: their status is `edge`, unless another input is outside."""
    model = KINDS["cp 3 outputs"]()
    gaps = [np.arange(axis.basis.n_spans) % 2 for axis in model.axes]
    axes = [replace(axis, support=own) for axis, own in zip(model.axes, gaps, strict=True)]
    return Model(axes, model.interaction, model.outputs)


MODELS = {**{name: KINDS[name] for name in NAMES}, "tolerances": tolerant, "gaps": with_gaps}


@pytest.mark.parametrize("name", [*MODELS, *(path.stem for path in KEPT_1_1)])
def test_a_grid_is_its_rows(name: str, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine")
    kept = {path.stem: path for path in KEPT_1_1}
    path = tmp_path / "m.sna"
    path.write_bytes(kept[name].read_bytes() if name in kept else MODELS[name]().to_bytes())
    program = Path(__file__).with_name("grid.mjs")
    words = [node, program, FOLDER / "sna.js", FOLDER / "sna.wasm", path]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    width = np.array([o["upper"] - o["lower"] for o in told["outputs"]])
    for one in told["found"]:
        grid, values = (numbers(one[n]).reshape(-1, len(width)) / width for n in ("grid", "values"))
        np.testing.assert_allclose(grid, values, rtol=EXACT, atol=EXACT)
        assert one["statuses"] == one["expected"]
    statuses = {s for one in told["found"] for s in one["statuses"]}
    plain = {"edge", "extrapolated"} if name == "gaps" else {"ok"}
    assert plain | {"bad_input"} <= statuses
    assert told["refused"].startswith("bad_input: a grid needs two inputs; ")
