"""`query --level`: intervals of a chosen level, at a point and in a table."""

import csv

import numpy as np
import pytest

from sna_edge.core.beside import Calibration

from .conftest import small_model

POINT = ("--at", "power=200", "speed=1.0", "spot=B")
LOGITS = (np.arange(33) - 16) / 2


@pytest.fixture
def calibrated_file(tmp_path):
    """Residuals of width are logistic, those of depth (without an interval) a tenth of that; 250
    rows."""
    told = Calibration(250, np.stack([LOGITS, 0.1 * LOGITS]), [0.0, 0.0], [0.0])
    path = tmp_path / "line.sna"
    small_model().replace(calibration=told).save(path)
    return path


@pytest.mark.parametrize("text", ["95%", "0.95", "95 %"])
def test_a_level_is_written_as_a_share_or_in_percent(sna, calibrated_file, text):
    said = sna("query", calibrated_file, *POINT, "--level", text, "--json")
    assert said.code == 0 and said.json["level"] == pytest.approx(0.95)
    half = np.log(0.975 / 0.025)
    width = said.json["outputs"]["width"]
    assert [width["lower"], width["upper"]] == pytest.approx([95 - half, 95 + half], rel=1e-5)


def test_lines_say_the_level(sna, calibrated_file):
    lines = sna("query", calibrated_file, *POINT, "--level", "80%").out.splitlines()
    assert all("(80 % interval:" in line for line in lines)
    lines = sna("query", calibrated_file, *POINT).out.splitlines()
    assert lines[0] == "width = 95 um  (90 % interval: 93 to 98)"
    assert "(90 % interval:" in lines[1]  # depth has none but that of the calibration


def test_a_table_has_intervals_of_the_level(sna, calibrated_file, tmp_path):
    rows, out = tmp_path / "in.csv", tmp_path / "out.csv"
    rows.write_text("power,speed,spot\n200,1,B\n300,1.2,A\n")
    said = sna("query", calibrated_file, "--table", rows, "-o", out, "--level", "0.5")
    assert said.code == 0
    found = list(csv.DictReader(out.open()))
    widths = [float(r["width_upper"]) - float(r["width_lower"]) for r in found]
    assert widths == pytest.approx([2 * np.log(3)] * 2, rel=1e-4)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("99.9%", "needs 1,999 calibration rows"),
        ("95x", "is no share between 0 and 100 %"),
        ("0", "between 0 and 100 %"),
        ("120%", "between 0 and 100 %"),
    ],
)
def test_levels_that_cannot_be_answered(sna, calibrated_file, text, part):
    said = sna("query", calibrated_file, *POINT, "--level", text)
    assert said.code == 2 and part in said.sentence()


def test_a_file_without_residuals_says_so(sna, model_file):
    said = sna("query", model_file, *POINT, "--level", "0.8")
    assert said.code == 2 and "no quantiles of residuals" in said.sentence()
