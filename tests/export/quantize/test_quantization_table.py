"""The table of plain against re-solved rounding: made from files, reaches what is promised."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from sna_edge import load

TARGET = {"int8": 1e-2, "int16": 1e-4}


@pytest.mark.slow
def test_table_of_two_models(models, root, tmp_path) -> None:
    paths = []
    for name, model in (
        ("cp", models.cp(models.uniform_axes(5))),
        ("sparse", models.cp(models.mixed_axes(), full=False)),
    ):
        model.save(tmp_path / f"{name}.sna")
        paths.append(str(tmp_path / f"{name}.sna"))
    tool, out = root / "tools" / "accuracy" / "quantization_table.py", tmp_path / "table.json"
    done = subprocess.run(
        [sys.executable, str(tool), *paths, "--json", str(out)],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = json.loads(out.read_text(encoding="utf-8"))
    assert [r["model"] for r in rows] == ["cp", "sparse"]
    for row in rows:
        for dtype, limit in TARGET.items():
            assert row[dtype]["max"] <= limit and row[dtype]["rms"] < row[dtype]["plain_rms"]
            assert row[dtype]["rms"] <= row[dtype]["max"] <= row[dtype]["bound"]
    assert "times smaller than plain (geometric mean)" in done.stdout
    assert load(paths[0]).to_bytes()
