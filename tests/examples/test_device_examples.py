"""The pages for the devices, as far as this machine can run them; each ends in a number."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_edge import Interval

from ..model_kinds import mixed, spline_model


def load(root: Path, *parts: str):
    path = root.joinpath("examples", *parts)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_query_loop_answers_every_row(root: Path, tmp_path: Path) -> None:
    model = spline_model(3, 12, 4)
    model.save(tmp_path / "model.sna")
    readings = [["0.5", "0.6", "1.2", "a"], ["9", "0.6", "1.2", "b"], ["oops", "0.6", "1.2", "c"]]
    with open(tmp_path / "readings.csv", "w", newline="") as file:
        csv.writer(file).writerows([["x0", "x1", "x2", "part"], *readings])
    arguments = [
        str(tmp_path / "model.sna"),
        str(tmp_path / "readings.csv"),
        "--out",
        str(tmp_path / "out.csv"),
        "--backend",
        "numpy",
    ]
    found = load(root, "raspberry_pi", "query_loop.py").main(arguments)
    with open(tmp_path / "out.csv", newline="") as file:
        answers = list(csv.DictReader(file))
    wanted = sna_edge.load(tmp_path / "model.sna").value(np.array([0.5, 0.6, 1.2]))[0]
    assert found["rows"] == 3
    assert [a["status"] for a in answers] == ["ok", "out_of_domain", "bad_input"]
    assert float(answers[0]["y0 predicted"]) == pytest.approx(wanted, rel=1e-5)
    assert answers[1]["y0 predicted"] == answers[0]["y0 lower"] == ""


@pytest.mark.parametrize(
    "rows",
    [
        "x0,x1\nkW,m\n0.5,6\n",
        "x0;x1\nkW;cm\n0,5;600\n",
        "x0;x1\n0,5 kW;6\n",
        "x0,x1\n500,0.006 km\n",
    ],
)
def test_the_query_loop_converts_units(root: Path, tmp_path: Path, rows: str) -> None:
    """A row of units in kW for an input in W was wrong by a thousand."""
    axes = [
        sna_edge.spline_axis(name, unit, 0.0, 1000.0, spans=1, degree=1)
        for name, unit in (("x0", "W"), ("x1", "m"))
    ]
    ends = np.array([[0.0], [1000.0]])
    plane = sna_edge.CP((ends, ends), (np.array([0]), np.array([1])), np.ones((2, 1)))
    sna_edge.Model(axes, plane, [sna_edge.Output("y", "")]).save(tmp_path / "model.sna")
    (tmp_path / "readings.csv").write_text(rows)
    loop, out = load(root, "raspberry_pi", "query_loop.py"), tmp_path / "out.csv"
    words = [
        str(tmp_path / "model.sna"),
        str(tmp_path / "readings.csv"),
        "--out",
        str(out),
        "--backend",
        "numpy",
    ]
    loop.main(words)
    (answer,) = csv.DictReader(out.read_text().splitlines())
    assert answer["status"] == "ok" and float(answer["y predicted"]) == pytest.approx(506.0)
    (tmp_path / "readings.csv").write_text("x0,x1\nkg,m\n0.5,6\n")
    with pytest.raises(sna_edge.InputError, match="'kg'"):
        loop.main(words)


def test_the_query_loop_reads_level_names_and_gives_intervals(root: Path, tmp_path: Path) -> None:
    model = mixed()
    outputs = [replace(o, interval=Interval(0.9, 1.0, 2.0)) for o in model.outputs]
    model.replace(outputs=outputs).save(tmp_path / "model.sna")
    names, level = model.input_names, model.axes[3].level_names[1]
    middle = [str((a.lower + a.upper) / 2) for a in model.axes[:3]]
    table, out = tmp_path / "readings.csv", tmp_path / "out.csv"
    table.write_text(
        ",".join(names)
        + "\n"
        + ",".join([*middle, level])
        + "\n"
        + ",".join([*middle, "wood"])
        + "\n"
    )
    loop = load(root, "raspberry_pi", "query_loop.py")
    loop.main([str(tmp_path / "model.sna"), str(table), "--out", str(out), "--backend", "numpy"])
    first, second = csv.DictReader(out.read_text().splitlines())
    assert (first["status"], second["status"]) == ("ok", "out_of_domain")
    name = model.output_names[0]
    assert (
        float(first[f"{name} lower"])
        < float(first[f"{name} predicted"])
        < float(first[f"{name} upper"])
    )
    table.write_text("speeed,other\n1,2\n")
    with pytest.raises(SystemExit, match="have no column"):
        loop.main([str(tmp_path / "model.sna"), str(table)])


def test_the_runtimes_of_a_jetson_agree(root: Path, tmp_path: Path, monkeypatch) -> None:
    pytest.importorskip("torch", reason="torch is not installed: pip install 'sna-edge[torch]'")
    spline_model(4, 20, 8).save(tmp_path / "model.sna")
    found = load(root, "jetson", "compare_backends.py").main(
        [str(tmp_path / "model.sna"), "--rows", "5000"]
    )
    assert len(found) >= 2
    assert max(cell["error"] for cell in found.values()) <= 4e-6


def test_everything_works_without_a_network(root: Path, tmp_path: Path) -> None:
    for name in ("onnx", "onnxruntime", "ai_edge_litert"):
        pytest.importorskip(
            name, reason=f"{name} is not installed: pip install 'sna-edge[onnx,tflite]'"
        )
    if (
        not shutil.which("unshare")
        or subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("this machine has no network namespaces (unshare -rn)")
    script = root / "examples" / "offline_export" / "run.py"
    command = ["unshare", "-rn", sys.executable, str(script), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["network"] == "none"
    value = answer["query"]["outputs"]["width"]["value"] if "outputs" in answer["query"] else None
    assert value == pytest.approx(answer["truth"], rel=0.01)
    assert {p.name for p in tmp_path.iterdir()} >= {
        "tracks_forward.onnx",
        "tracks_value_and_gradient.onnx",
        "tracks.tflite",
        "tracks.sna",
    }
