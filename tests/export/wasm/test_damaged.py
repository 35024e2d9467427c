"""Damaged files in JavaScript: refused by name or answered, never a trap; loads do not add up."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge import Status
from sna_export.certify import with_integer_path

from ...c_library import KEPT_1_1, ROOT
from ...c_models import zoo
from ...model_kinds import KINDS
from .test_answers import FOLDER, ask, numbers, rows_of

ROUNDS = os.environ.get("SNA_ROUNDS", "300")


def test_damaged_files_are_refused_by_name(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine")
    with_integer_path(KINDS["cp int8"]()).save(tmp_path / "integers.sna")
    kept = [p for p in KEPT_1_1 if p.stem in ("everything", "train")]
    program = ROOT / "tests" / "export" / "wasm" / "fuzz.mjs"
    words = [node, "--expose-gc", program, FOLDER / "sna.js", FOLDER / "sna.wasm", ROUNDS]
    words += [*kept, tmp_path / "integers.sna"]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    rules = {"too_short", "bad_magic", "bad_size", "bad_axis", "bad_companion", "bad_metadata"}
    assert rules <= set(found["count"])
    assert found["count"]["open"] > 10  # damage that no rule and no golden vector sees
    assert found["grown"] < 32e6  # bytes, of 1,000 loads with 130 KB each
    assert found["batches"] == 0


KINDS_OF_AXES = [
    n for n in zoo() if n.endswith("int8") or n.startswith("uniform-3") or "-" not in n
]


@pytest.mark.parametrize("name", KINDS_OF_AXES)
def test_values_are_those_of_the_c_library(name: str, c_double: Any, tmp_path: Path) -> None:
    """Every kind of axis and storage, to the rounding of doubles."""
    model = zoo()[name]
    data = model.to_bytes()
    (tmp_path / "m.sna").write_bytes(data)
    rows, _ = rows_of(model, 60, seed=5)
    found = ask(tmp_path / "m.sna", rows)
    opened = c_double.open(data)
    assert opened.verify() == 0
    expected, status = opened.value(rows)
    width = np.array([o["upper"] - o["lower"] for o in found["outputs"]])
    got = numbers(found["values"]).reshape(expected.shape)
    np.testing.assert_allclose(got / width, expected / width, rtol=1e-14, atol=1e-14)
    assert found["statuses"] == [Status(s).label for s in status.tolist()]
    _, slopes, _ = opened.value_and_gradient(rows)
    for i, one in enumerate(found["one"]):
        for k, d in np.ndindex(slopes.shape[1:]):
            if not model.axes[d].level_names and status[i] >= 0:
                unit = width[k] / model.axes[d].width
                mine = one["gradient"][k * len(model.axes) + d]
                np.testing.assert_allclose(mine / unit, slopes[i, k, d] / unit, atol=1e-13)
