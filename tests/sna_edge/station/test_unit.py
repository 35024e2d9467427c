"""The unit of systemd: what it lets the station do, and what it names."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).resolve().parents[3] / "examples" / "station" / "sna-station.service"
MOST = 15
"""Tenths of the exposure that systemd counts: 0 is none, 100 all."""


def entries():
    found = re.findall(r"^(\w+)=(.*)$", UNIT.read_text(), re.MULTILINE)
    return {key: [v for k, v in found if k == key] for key, _ in found}


def test_systemd_finds_it_hardly_exposed():
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze")
    words = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST}", str(UNIT)]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-2000:] + found.stderr


def test_it_waits_longer_than_a_graceful_end_takes_and_is_watched():
    from sna_edge.station.config import Configuration

    found = entries()
    usual = Configuration("", "", "", {}).stop_seconds
    assert float(found["TimeoutStopSec"][0]) > usual and found["Type"] == ["notify"]
    assert float(found["WatchdogSec"][0]) >= 5.0 and found["Restart"] == ["always"]
    assert found["ExecStart"][0].split()[1] == "station"


def test_nothing_of_the_usual_hardening_is_missing():
    found = entries()
    for key in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectClock",
                "ProtectKernelModules", "RestrictNamespaces"):  # fmt: skip
        assert found[key] == ["yes"], key
    assert found["ProtectSystem"] == ["strict"] and found["CapabilityBoundingSet"] == [""]
