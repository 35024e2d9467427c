"""The simulated line of the example, and the whole of it: fit, station, parts, records."""

from __future__ import annotations

import json
import subprocess
import sys
from math import e, pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ..sna_edge.station.waiting import free_port

pytest.importorskip("uvicorn", reason="no uvicorn here (pip install '.[station]')")
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "station"


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    import line

    return line


def test_a_track_is_the_thick_plate_formula_and_shifts_happen(line: Any) -> None:
    width, depth = line.track(np.array([250.0, 800.0, 0.1, 100.0]))
    expected = sqrt(8 * 0.38 * 250 / (pi * e * 7800 * 700 * 0.8 * 1300))
    assert width == pytest.approx(1e6 * expected) and 0.3 < depth / width < 0.9
    shift = line.Line()
    told = [shift.part(n) for n in range(1, 2600)]
    plate = [reading["plate"] for reading, _ in told]
    assert len(set(plate[line.STUCK - 1 : line.STUCK + 59])) == 1
    assert len(set(plate[: line.STUCK - 1])) > 300
    widths = np.array([measured["width"] for _, measured in told])
    assert widths[line.BURST - 1 : line.BURST + 11].min() > 136.0
    usual = widths[: line.BURST - 1].mean()
    assert widths[line.BATCH : line.DRIFT].mean() < usual - 1.0
    assert widths[-100:].mean() < widths[line.BATCH : line.DRIFT].mean() - 2.0


@pytest.mark.slow
def test_it_runs_from_a_table_to_records(tmp_path: Path) -> None:
    port = free_port()
    words = ["--parts", "24", "--rate", "200", "--rows", "80", "--time-limit", "5"]
    command = [sys.executable, str(EXAMPLE / "run.py"), *words, "--port", str(port), "--out", "out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"open http://127.0.0.1:{port} in a browser" in done.stdout
    assert "4 measured" in done.stdout
    verified = subprocess.run(
        [sys.executable, "-m", "sna_edge", "station", "check", "out/station.toml", "--json"],
        cwd=tmp_path, capture_output=True, text=True, timeout=1200,
    )  # fmt: skip
    assert json.loads(verified.stdout)["doors"] == ["http"]
