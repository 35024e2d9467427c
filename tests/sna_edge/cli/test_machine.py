"""What `doctor` says of a machine, from copies of what a kernel tells."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple

import pytest

from sna_edge.cli import machine
from sna_edge.cli.machine import BAD, GOOD, REMARK, Machine
from sna_edge.store import Store

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def told(tmp_path):
    """Writes files of the kernel below a root; the machine that reads them."""

    def write(**files: str) -> Machine:
        for name, text in files.items():
            path = tmp_path / "root" / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Machine(tmp_path / "root")

    return write


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("flags\t: fpu sse2 avx2 fma\n", "AVX2"),
        ("Features\t: fp asimd evtstrm\n", "NEON"),
        ("model name : avx2 in its name only\n", "no vector instructions known here"),
        ("", "no vector instructions known here"),
    ],
)
def test_vector_instructions(told, text, found):
    assert machine.processor(told(proc__cpuinfo=text)).found == found


def test_more_threads_than_processors(told):
    quiet = told(proc__cpuinfo="")
    assert [f.state for f in machine.threads(quiet, {"OMP_NUM_THREADS": "1"})] == [GOOD]
    many = machine.threads(quiet, {"OMP_NUM_THREADS": "4096", "OPENBLAS_NUM_THREADS": "x"})
    assert [f.state for f in many] == [GOOD, REMARK] and "OMP_NUM_THREADS=" in many[1].remedy


def test_a_quota_counts(told):
    slow = told(proc__cpuinfo="")
    path = slow.root / "sys" / "fs" / "cgroup"
    path.mkdir(parents=True)
    (path / "cpu.max").write_text("50000 100000\n")
    found = machine.threads(slow, {"OMP_NUM_THREADS": "2"})
    assert found[0].found.startswith("1 of ") and found[1].remedy == "set OMP_NUM_THREADS=1"


def test_heat_and_governor(told):
    cool = told(sys__class__thermal__thermal_zone0__temp="45000\n")
    assert machine.pace(cool) == []
    hot = told(
        sys__class__thermal__thermal_zone0__temp="85500\n",
        sys__devices__system__cpu__cpu0__cpufreq__scaling_governor="powersave\n",
    )
    assert [(f.name, f.state) for f in machine.pace(hot)] == [("frequency", REMARK), ("heat", BAD)]
    intel = told(sys__devices__system__cpu__intel_pstate__status="active\n")
    assert [f.name for f in machine.pace(intel)] == ["heat"]


@pytest.mark.parametrize(
    ("now", "state", "says"), [(0.0, 0, BAD), (2e9, 5, REMARK), (2e9, 0, GOOD), (2e9, -1, GOOD)]
)
def test_clock(now, state, says):
    found = machine.clock(now, state)
    assert found.state == says and bool(found.remedy) is (says != GOOD)


def test_the_clock_of_this_machine_can_be_asked():
    assert machine.kernel_clock() in range(-1, 6)


def test_disk(told, tmp_path, monkeypatch):
    here = os.path.realpath(tmp_path)
    lasting = told(proc__mounts=f"/dev/a / ext4 rw 0 0\n/dev/b {here} f2fs rw 0 0\n")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, 5e9))
    assert machine.disk(lasting, here).found == f"5.0 GB free in {here} (f2fs)"
    assert machine.disk(lasting, here).state == GOOD
    volatile = told(proc__mounts=f"/dev/a / ext4 rw 0 0\ntmpfs {here} tmpfs rw 0 0\n")
    assert machine.disk(volatile, here).state == REMARK
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, 5e7))
    assert machine.disk(volatile, here).state == BAD
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "cannot be written" in machine.disk(lasting, here).found


def test_a_mount_whose_name_begins_alike_is_another(told):
    mounts = "/dev/a / ext4 rw 0 0\ntmpfs /var/li tmpfs rw 0 0\ntmpfs /a\\040b tmpfs rw 0 0\n"
    lasting = told(proc__mounts=mounts)
    assert machine.mounted(lasting, "/var/lib") == "ext4"
    assert machine.mounted(lasting, "/a b/c") == "tmpfs"


@pytest.mark.parametrize(
    ("text", "state"),
    [("MemAvailable: 2000000 kB\n", GOOD), ("MemAvailable: 2000 kB\n", BAD), ("x\n", GOOD)],
)
def test_memory(told, text, state):
    assert machine.memory(told(proc__meminfo=text)).state == state


def test_a_store_without_a_model(tmp_path):
    found = machine.installed(str(tmp_path / "none"))
    assert found.state == BAD and "install" in found.remedy and ";" not in found.found


def test_doctor_shows_findings_and_looks_at_a_store(sna, model_file, tmp_path):
    store = str(tmp_path / "store")
    assert sna("install", model_file, "--store", store).code == 0
    assert Store(store).state is not None
    said = sna("doctor", "--store", store, "--folder", tmp_path, "--json").json
    found = {f["name"]: f for f in said["machine_findings"]}
    assert found["store"]["state"] == GOOD and {"clock", "disk", "memory"} <= set(found)
    assert sna("doctor", "--folder", tmp_path / "no").code == 2
