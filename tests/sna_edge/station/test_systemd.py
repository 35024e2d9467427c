"""The unit under a real systemd: it starts, is watched, comes back, stops gracefully, and cannot
write where it has no business."""

from __future__ import annotations

import os
import re
import sysconfig
from pathlib import Path

import pytest

import sna_edge
from sna_edge.station.records import verify

from .managed import Manager, cannot
from .plants import STATION, folder
from .test_killed import records
from .test_unit import UNIT
from .waiting import until

NAME = "sna-station"
PYTHON, HOME = "/usr/bin/python3", "http://127.0.0.1:8080"
WATCHED = 10
"""Seconds of the watchdog here, which a busy machine leaves it."""


def alive(managed):
    found = managed.inside("curl", "-s", "-w", "%{http_code}", f"{HOME}/health")
    return found.endswith("200")


def sent(managed):
    told = managed.inside(
        "curl", "-s", "-i", f"{HOME}/stations/press-1/parts", "-d", '{"part": "A1", "power": 200}'
    )
    return told.lower()


@pytest.fixture
def managed(tmp_path):
    if why := cannot():
        pytest.skip(why)
    version = f"python{sysconfig.get_python_version()}"
    if not os.path.exists(f"/usr/bin/{version}"):
        pytest.skip(f"no {version} of the system, which the user of the unit could run")
    for name in ("opt", "units", "units/sna-station.service.d", "state"):
        (tmp_path / name).mkdir()
    text = STATION.replace('"station-data"', f'"/var/lib/{NAME}/data"')
    folder(tmp_path / "opt", station=text + "[http]\n")
    program = tmp_path / "opt" / "sna-edge"
    program.write_text(f'#!/bin/sh\nexec {PYTHON} -m sna_edge "$@"\n')
    program.chmod(0o755)
    unit = UNIT.read_text().replace("/opt/sna/venv/bin/sna-edge", "/opt/sna/sna-edge")
    unit = re.sub(r"(?m)^(After|Wants)=.*\n", "DefaultDependencies=no\n", unit)  # nothing else runs
    (tmp_path / "units" / f"{NAME}.service").write_text(unit)
    paths = [str(Path(sna_edge.__file__).parents[1]), sysconfig.get_paths()["purelib"]]
    (tmp_path / "units" / f"{NAME}.service.d" / "here.conf").write_text(
        f"[Service]\nEnvironment=PYTHONPATH={':'.join(paths)}\nWatchdogSec={WATCHED}\n"
    )
    found = Manager(tmp_path / "units", tmp_path / "opt", tmp_path / "state")
    try:
        if not found.ready():
            pytest.skip("no systemd of its own can be started here")
        found.data = tmp_path / "state" / NAME / "data"
        yield found
    finally:
        found.close()


@pytest.mark.slow
def test_systemd_starts_watches_and_ends_it(managed):
    said = managed.ctl("start", NAME)  # returns when READY=1 has come
    assert not said, said + managed.inside("journalctl", "-n", "20")
    until(lambda: alive(managed))
    assert '"accept"' in sent(managed)
    # it is fed, each third of what the watchdog waits
    fed: set[str] = set()
    until(lambda: fed.add(managed.shown(NAME, "WatchdogTimestampMonotonic")) or len(fed) > 4)
    assert managed.shown(NAME, "NRestarts") == "0"
    # a user of its own, which sees no home and writes its own folder alone
    main = managed.shown(NAME, "MainPID")
    assert managed.inside("stat", "-c", "%u", f"/proc/{main}") != "0"
    told = managed.inside("nsenter", "-t", main, "-m", "touch", "/opt/sna/x", "/usr/x", "/etc/x")
    assert told.count("Read-only file system") == 3
    # stuck: killed by the watchdog, and back by itself
    managed.inside("kill", "-STOP", main)
    until(lambda: managed.shown(NAME, "NRestarts") == "1")
    until(lambda: alive(managed))
    # killed: back by itself, and the part has its record
    managed.inside("kill", "-KILL", managed.shown(NAME, "MainPID"))
    until(lambda: managed.shown(NAME, "NRestarts") == "2" and alive(managed))
    assert "station-again: 1" in sent(managed)
    assert not managed.ctl("stop", NAME)
    assert managed.shown(NAME, "Result") == "success"
    assert managed.shown(NAME, "ExecMainStatus") == "0"
    events = [r["event"] for r in records(managed.data) if r["kind"] == "event"]
    assert events.count("started") == 3 and events[-1] == "stopped"
    assert verify(managed.data).broken is None
