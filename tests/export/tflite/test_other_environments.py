"""The same TFLite files in other runtimes: tflite-runtime 2.14 with numpy 1.26, ai-edge-litert on
an emulated aarch64, onnx2tf."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_edge import inverse

from ...model_kinds import KINDS, spline_model

pytest.importorskip(
    "ai_edge_litert", reason="ai-edge-litert is not installed: pip install 'sna-edge[tflite]'"
)
from sna_export.tflite import export
from sna_export.tflite.convert import through_onnx2tf

EMULATED = ("cp int8", "train", "mixed axes")  # an emulated core is a hundred times slower
ASK = """
import importlib, json, sys
import numpy as np, sna_edge
from sna_edge import inverse
out = {"numpy": np.__version__, "runtime": importlib.import_module(sys.argv[3]).__name__}
model = sna_edge.load(sys.argv[1], backend="tflite")
out |= json.loads(open(sys.argv[2]).read())
at, goal = out.pop("at"), out.pop("goal")
name, rest = "x0", {k: v for k, v in at.items() if k != "x0"}
third = lambda x: np.full(len(x), at["x2"])
back = lambda x: model.value({"x0": x[:, 0], "x1": x[:, 1], "x2": third(x)})[:, 0].tolist()
out["roots"] = inverse.roots(model, name, goal, rest).values.tolist()
out["top"] = inverse.argmax(model, name, at=rest).at[name]
found = inverse.level_set(model, goal, ["x0", "x1"], 8, at={"x2": at["x2"]})
out["level"] = back(found.x)
goals, fixed = {"y0": np.full(3, goal["y0"])}, {"x2": np.full(3, at["x2"])}
rows = inverse.invert_batch(model, goals, ["x0", "x1"], fixed)
out["batch"] = back(rows.x)
data = {"x1": np.array(at["x1"]), "x2": np.array(at["x2"]), "y0": np.array(goal["y0"])}
cause = inverse.estimate(model, data, ["x0"], 1e-3)
out["cause"] = cause.x[:, 0].tolist()
out["samples"] = float(inverse.posterior(model, data, ["x0"], 1e-3, n=200).x.mean())
limits = {"y0": (goal["y0"] - 1e-4, goal["y0"] + 1e-4)}
out["advice"] = inverse.advise(model, at, limits, {"x0": inverse.Knob()}).to_dict()["status"]
outside = np.array([[np.nan, 1.1, 1.7], [0.4, np.inf, 1.7], [0.4, 1.1, np.nan]])
out["nan"] = bool(np.isnan(model.backend.value(outside)).all())
big = sna_edge.load(sys.argv[1].replace("m.sna", "big.sna"), backend="tflite")
lower, width = zip(*((a.lower, a.width) for a in big.axes))
x = np.array(lower) + np.random.default_rng(0).random((700, 7)) * width
wanted = big.with_backend("numpy").value(x)
out["blocks"] = float(np.abs(big.value(x) - wanted).max() / np.ptp(wanted))
print(json.dumps(out))
"""


def python_of(root: Path, name: str, target: str) -> str:
    python = root / name / "bin" / "python"
    if not python.exists():
        pytest.skip(f"no {name} here: make {target} makes it where it can")
    return str(python)


def save(folder: Path, kinds) -> None:
    for name in kinds:
        stem = name.replace(" ", "_")
        KINDS[name]().save(folder / f"{stem}.sna")
        export(sna_edge.load(folder / f"{stem}.sna", backend="numpy"), folder, stem=stem)


def agreement(
    root: Path, folder: Path, kinds, python: str, environment: dict[str, str], points: int
) -> None:
    save(folder, kinds)
    command = [
        python,
        str(root / "tools" / "speed" / "exchange_runtime.py"),
        str(folder),
        "tflite",
        "0.001",
        str(points),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    assert done.returncode == 0, done.stderr
    cells = json.loads(done.stdout.strip().splitlines()[-1])
    assert set(cells) == {name.replace(" ", "_") for name in kinds}, done.stderr
    for cell in cells.values():
        assert cell["value"] <= 4e-6 + 2.0**-22  # the answer itself is a float32 number
        assert cell["gradient"] <= 1e-5


def inverse_queries(folder: Path, python: str, environment: dict[str, str], runtime: str) -> dict:
    """Every kind of inverse query on the tflite backend there, held against numpy here; NaN, and a
    graph of many rows in blocks."""
    spline_model(3, 20, 8).save(folder / "m.sna")
    model = sna_edge.load(folder / "m.sna", backend="numpy")
    export(model, folder, stem="m")
    spline_model(7, 35, 32).save(folder / "big.sna")
    export(sna_edge.load(folder / "big.sna", backend="numpy"), folder, stem="big", batch=700)
    at = {"x0": 0.4, "x1": 1.1, "x2": 1.7}
    goal = {"y0": float(model.value(at)[0])}
    (folder / "at.json").write_text(json.dumps({"at": at, "goal": goal}))
    (folder / "ask.py").write_text(ASK)
    command = [
        python,
        str(folder / "ask.py"),
        str(folder / "m.sna"),
        str(folder / "at.json"),
        runtime,
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.strip().splitlines()[-1])
    rest = {"x1": at["x1"], "x2": at["x2"]}
    roots = inverse.roots(model, "x0", goal, rest).values
    np.testing.assert_allclose(found["roots"], roots, atol=1e-5)
    assert found["top"] == pytest.approx(inverse.argmax(model, "x0", at=rest).at["x0"], abs=1e-4)
    width = float(
        np.ptp(model.value(np.random.default_rng(0).random((500, 3)) * 0.6 + [0, 0.4, 0.7]))
    )
    np.testing.assert_allclose(found["level"] + found["batch"], goal["y0"], atol=1e-5 * width)
    assert np.abs(np.subtract.outer(found["cause"], roots)).min() < 1e-4
    assert found["nan"] and found["blocks"] <= 4e-6
    assert found["advice"] == "ok" and np.isfinite(found["samples"])
    return found


def test_the_old_runtime_gives_the_same(root: Path, tmp_path: Path) -> None:
    agreement(root, tmp_path, KINDS, python_of(root, ".venv-runtime", "test"), {}, 2000)


def test_the_old_runtime_answers_inverse_queries(root: Path, tmp_path: Path) -> None:
    python = python_of(root, ".venv-runtime", "test")
    found = inverse_queries(
        tmp_path, python, {"PYTHONPATH": str(root)}, "tflite_runtime.interpreter"
    )
    assert found["numpy"].startswith("1.26")


@pytest.mark.slow
def test_an_emulated_aarch64_gives_the_same(
    root: Path, tmp_path: Path, arm_python: Callable[[str], Path]
) -> None:
    device = arm_python("aarch64")
    agreement(
        root, tmp_path, EMULATED, str(device / "python"), {"PYTHONPATH": str(device / "site")}, 256
    )


@pytest.mark.slow
def test_an_emulated_aarch64_answers_inverse_queries(
    root: Path, tmp_path: Path, arm_python: Callable[[str], Path]
) -> None:
    device = arm_python("aarch64")
    rooms = {"PYTHONPATH": f"{root}:{device / 'site'}"}
    found = inverse_queries(tmp_path, str(device / "python"), rooms, "ai_edge_litert.interpreter")
    assert found["numpy"].startswith("2.")


@pytest.mark.parametrize(
    "kind", ["mixed axes", "link exp"]
)  # as many axes as basis functions; seven spans on every axis
def test_onnx2tf_converts_the_onnx_graphs(kind: str, root: Path, tmp_path: Path) -> None:
    python = python_of(root, ".venv-tflite", "exchange")
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    (rooms / "sna_export").symlink_to(root / "export")
    KINDS[kind]().save(tmp_path / "m.sna")
    program = "import sys; from sna_edge.cli import main; sys.exit(main(sys.argv[1:]))"
    options = [
        "export",
        str(tmp_path / "m.sna"),
        "--to",
        "tflite",
        "-o",
        str(tmp_path),
        "--converter",
        "onnx2tf",
        "--batch",
        "1",
    ]
    variables = {**os.environ, "PYTHONPATH": f"{rooms}:{root}", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [python, "-c", program, *options],
        capture_output=True,
        text=True,
        env=variables,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "agrees with the float64 reference" in done.stdout
    assert sna_edge.load(tmp_path / "m.sna", backend="tflite").backend.name == "tflite"


def test_without_onnx2tf_the_message_says_where_it_lives() -> None:
    pytest.importorskip("numpy", minversion="2.0")
    with pytest.raises(sna_edge.BackendError, match=r"\.venv-tflite"):
        through_onnx2tf(spline_model(2, 12, 4))
