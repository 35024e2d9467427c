"""FMPy on an emulated aarch64 simulates the FMUs: sources compiled for it, the same results."""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sna_export.firmware.toolchain import zig
from sna_export.fmu import command, export
from sna_export.fmu.library import build

from ...model_kinds import KINDS

pytest.importorskip("ziglang", reason="no cross compiler: pip install ziglang")
SCRIPT = Path(__file__).with_name("simulate.py")
PLACES = {2: ["linux64"], 3: ["aarch64-linux", "x86_64-linux"]}
"""Where FMPy looks on this machine: FMI 2.0 has no name for it, and in 3.0 it loads the first but
starts only where the second is there."""


@pytest.mark.slow
@pytest.mark.parametrize("fmi", [2, 3])
def test_the_same_results(
    fmi: int,
    arm_python: Callable[[str], Path],
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = arm_python("aarch64")
    script = str(root / "tools" / "release" / "arm_fmpy.sh")
    done = subprocess.run(["bash", script, str(device)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(done.stderr.strip()[-100:] or "no FMPy for aarch64 here")
    monkeypatch.setattr(command, "compiler", lambda: None)
    files, *_ = export(KINDS["mixed axes"](), tmp_path, "m", fmi=fmi)
    with zipfile.ZipFile(files[0]) as archive:
        archive.extractall(tmp_path / "in")
    words = [*zig(), "-target", "aarch64-linux-gnu.2.17"]
    build(words, tmp_path / "in" / "sources", (f"fmi{fmi}.c", "m.c"), tmp_path / "m.so")
    with zipfile.ZipFile(files[0], "a") as archive:
        for place in PLACES[fmi]:
            archive.write(tmp_path / "m.so", f"binaries/{place}/m.so")
    told = subprocess.run(
        [str(device / "python"), str(SCRIPT), str(tmp_path), "m"],
        env={
            "PYTHONPATH": f"{device / 'fmpy'}:{device / 'site'}",
            "PATH": "/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    found = json.loads(told.stdout.strip().splitlines()[-1])
    assert found["problems"] == [] and found["state"] is True
    for kind in ("CoSimulation", "ModelExchange"):
        assert set(found[kind]) == {"depth", "risk", "status"}
        assert max(found[kind].values()) <= 1e-9  # values are around 1
