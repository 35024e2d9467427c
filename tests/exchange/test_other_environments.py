"""The runtimes that need numpy < 2, in their own environments; skipped where `make exchange` has not made them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

import sna_edge
from sna_export.graph.samples import mixed, spline_model

pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed: pip install 'sna-edge[tflite]'")
from sna_export.tflite import export
from sna_export.tflite.convert import through_onnx2tf


def python_of(root: Path, name: str) -> str:
    python = root / name / "bin" / "python"
    if not python.exists():
        pytest.skip(f"no {name} here: make exchange makes it")
    return str(python)


def save_both(folder: Path) -> None:
    for name, model in (("mixed", mixed()), ("int8", spline_model(3, 20, 8, dtype="int8"))):
        model.save(folder / f"{name}.sna")
        export(sna_edge.load(folder / f"{name}.sna", backend="numpy"), folder, stem=name)


def test_the_old_runtime_gives_the_same(root: Path, tmp_path: Path) -> None:
    python = python_of(root, ".venv-runtime")
    save_both(tmp_path)
    command = [python, str(root / "tools" / "exchange_runtime.py"), str(tmp_path), "tflite"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    cells = json.loads(done.stdout.strip().splitlines()[-1])
    assert set(cells) == {"mixed", "int8"}
    for cell in cells.values():
        assert cell["value"] <= 4e-6
        assert cell["gradient"] <= 1e-5


def test_onnx2tf_converts_the_onnx_graphs(root: Path, tmp_path: Path) -> None:
    python = python_of(root, ".venv-tflite")
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    (rooms / "sna_export").symlink_to(root / "export")
    spline_model(3, 20, 8, outputs=2).save(tmp_path / "m.sna")
    program = "import sys; from sna_edge.cli import main; sys.exit(main(sys.argv[1:]))"
    options = ["export", str(tmp_path / "m.sna"), "--to", "tflite", "-o", str(tmp_path), "--converter", "onnx2tf", "--batch", "1"]
    variables = {**os.environ, "PYTHONPATH": f"{rooms}:{root}", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([python, "-c", program, *options], capture_output=True, text=True, env=variables, check=False)
    assert done.returncode == 0, done.stderr
    assert "agrees with the float64 reference" in done.stdout
    assert sna_edge.load(tmp_path / "m.sna", backend="tflite").backend.name == "tflite"


def test_without_onnx2tf_the_message_says_where_it_lives() -> None:
    pytest.importorskip("numpy", minversion="2.0")
    with pytest.raises(sna_edge.BackendError, match=r"\.venv-tflite"):
        through_onnx2tf(spline_model(2, 12, 4))
