"""`sna-edge score`: what it prints, its exit codes, and archives that end in one sentence."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sna_edge


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A model of one input, limits, and three files of parts."""
    axis = sna_edge.spline_axis("power", "W", 100.0, 300.0, spans=1, degree=1)
    cp = sna_edge.CP((np.array([[50.0], [150.0]]),), (np.array([0]),), np.ones((1, 1)))
    width = sna_edge.Output("width", "um", interval=sna_edge.Interval(0.9, 5.0, 5.0))
    sna_edge.Model([axis], cp, [width]).save(tmp_path / "m.sna")
    (tmp_path / "limits.toml").write_text("[outputs.width]\nUSL = 120.0\n")
    (tmp_path / "archive").mkdir()
    for i in range(3):
        rows = [f"{i}-{k},{150 + 30 * k},{75 + 15 * k}" for k in range(6)]
        text = "id,power,measured.width\n" + "\n".join(rows) + "\n"
        (tmp_path / "archive" / f"{i}.csv").write_text(text)
    return tmp_path


def words(place: Path, *more: object) -> list[object]:
    return ["score", place / "m.sna", place / "archive", "-o", place / "out", *more]


def test_rows_are_counted_and_again_nothing_is_done(sna, place):
    said = sna(*words(place, "--limits", place / "limits.toml", "--workers", 1, "--json"))
    assert said.code == 0
    found = said.json
    assert (found["rows"], found["files"], found["made"]) == (18, 3, 3)
    assert found["statuses"] == {"ok": 18}
    # values 75 90 105 120 135 150 +-5: inside 115, across 115..125, beyond
    assert found["verdicts"]["ACCEPT"] == {"good": 9, "bad": 0, "not measured": 0}
    assert found["verdicts"]["NO VERDICT"] == {"good": 3, "bad": 0, "not measured": 0}
    assert found["verdicts"]["REJECT"] == {"good": 0, "bad": 6, "not measured": 0}
    assert found["measured"]["width"]["inside"] == 1.0
    again = sna(*words(place, "--limits", place / "limits.toml", "--workers", 1))
    assert "18 rows of 3 files, 3 of them as they were: 18 ok" in again.out


def test_a_model_without_an_interval_holds_no_share_in_it(sna, place):
    """Before, it was said to hold 0 % of the measured values."""
    model = sna_edge.load(place / "m.sna")
    outputs = [sna_edge.Output("width", "um")]
    sna_edge.Model(model.axes, model.interaction, outputs).save(place / "m.sna")
    for path in (place / "archive").glob("[12].csv"):
        path.unlink()
    said = sna(*words(place, "--workers", 1, "--json")).json
    assert said["measured"]["width"]["inside"] is None and said["measured"]["width"]["rows"] == 6
    out = sna(*words(place, "--workers", 1)).out
    assert "6 rows of 1 file, 1 of them as they were: 6 ok" in out
    assert " none\n" in out and "0.0 %" not in out


def test_no_answer_at_all_is_exit_code_three(sna, place):
    for path in (place / "archive").glob("*.csv"):
        path.write_text("power\n900\n")
    said = sna(*words(place, "--workers", 1))
    assert said.code == 3 and "outside its domain" in said.out


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--level", "95%", "--limits", "limits.toml"), "leave one of them out"),
        (("--workers", 0), "--workers is 0"),
        (("--keep", "lot"), "no column 'lot' to keep"),
        (("--measured", "depth"), "which is no output"),
        (("--column", "power=P"), "no column 'power'"),
        (("--previous", "nowhere"), "holds no outputs of score"),
    ],
)
def test_what_cannot_be_is_one_sentence(sna, place, more, sentence):
    said = sna(*words(place, *more))
    assert said.code == 2 and sentence in said.sentence()
    assert not (place / "out").exists()


DRIVER = """import os, sys
from multiprocessing import active_children
from sna_edge.cli import main
from sna_edge.cli.words import score
def told(done, of):
    if done == 1:
        os.kill(active_children()[0].pid, 9)
    if done == 4:
        os.kill(os.getpid(), 9)
score._Told = lambda: told
if __name__ == "__main__":
    main(sys.argv[1:])
"""
"""A worker is killed when one file is done, the driver when four are."""


def test_a_killed_worker_and_a_killed_driver_cost_no_finished_file(sna, place):
    rows = "\n".join(f"{k},{150 + k % 100}" for k in range(40_000))
    for i in range(12):
        (place / "archive" / f"{i}.csv").write_text(f"id,power\n{rows}\n{i},200\n")
    (place / "driver.py").write_text(DRIVER)
    call = [sys.executable, "driver.py", *map(str, words(place, "--workers", 2))]
    driver = subprocess.run(call, cwd=place, stdout=subprocess.PIPE, check=False)
    # its output has ended: so have its workers, with the file they were at
    assert driver.returncode == -signal.SIGKILL
    before = {p: p.stat().st_mtime_ns for p in (place / "out").rglob("*.csv.json")}
    found = sna(*words(place, "--workers", 1, "--json")).json
    assert 4 <= 12 - found["made"] <= 11 and found["rows"] == 12 * 40_001
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert not sna(*words(place, "--workers", 1, "--json")).json["made"]
    for told in (place / "out").rglob("*.csv.json"):
        text = told.with_name(told.name.removesuffix(".json")).read_text()
        assert text.count("\n") == 1 + json.loads(told.read_text())["counts"]["rows"]
