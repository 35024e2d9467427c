"""What files of graphs say they do not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

import sna_edge
from sna_edge.cli import main
from sna_export.graph.left_out import left_out, values_only

KEPT = Path(__file__).parents[2] / "sna_edge" / "kept"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("1.0/exp", ""),
        ("1.1/signed-alone", ""),
        ("1.1/quantiles", "; values only: calibration is left out"),
        ("1.1/scales", "; values only: companions and calibration are left out"),
        (
            "1.1/everything",
            "; values only: companions, calibration, tolerances of sensors and formulas of derived"
            " inputs are left out",
        ),
    ],
)
def test_what_is_left_out_is_named(name: str, said: str) -> None:
    model = sna_edge.load(KEPT / f"{name}.sna", "numpy")
    assert values_only(model) == said
    assert len(left_out(model)) == said.count(",") + said.count(" and ") + bool(said)


@pytest.mark.parametrize(
    ("target", "package"), [("onnx", "onnxruntime"), ("tflite", "ai_edge_litert")]
)
def test_a_file_of_values_says_so(target: str, package: str, tmp_path, capsys) -> None:
    pytest.importorskip(package)
    path = KEPT / "1.1" / "scales.sna"
    assert main(["export", str(path), "--to", target, "-o", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "agrees with the float64 reference" in said
    assert "values only: companions and calibration are left out" in said
