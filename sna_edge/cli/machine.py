"""What of this machine can spoil answers or lose data, each with its remedy: processors, clock,
disk, memory, the store of models. Reads /proc and /sys; what is not there is not judged."""

from __future__ import annotations

import ctypes
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from ..errors import SnaError
from ..store import Store

GOOD, REMARK, BAD = "good", "remark", "bad"
VECTORS = {"avx512f": "AVX-512", "avx2": "AVX2", "asimd": "NEON", "neon": "NEON"}
UNSYNCHRONISED = 5
"""What adjtimex returns where nothing has set the clock by another one."""
BUILT = 1735689600
"""1 January 2025: a clock before it was never set."""
LEAST_DISK, LEAST_MEMORY = 100e6, 64e6
"""Bytes that are free where nothing is said."""
HOT = 80.0
"""Degrees Celsius from which on small computers slow down."""
VOLATILE = ("tmpfs", "ramfs", "overlay")


@dataclass(frozen=True)
class Finding:
    """What was looked at, `good`, `remark` or `bad`, what was found, and what to do about it."""

    name: str
    state: str
    found: str
    remedy: str = ""


@dataclass(frozen=True)
class Machine:
    """Where the kernel tells about itself; another `root` in tests."""

    root: Path = Path("/")

    def text(self, path: str) -> str:
        """The file below the root, stripped; empty where there is none."""
        try:
            return (self.root / path).read_text(errors="replace").strip()
        except OSError:
            return ""


def findings(
    folder: str, store: str | None = None, machine: Machine | None = None
) -> list[Finding]:
    """All findings: `folder` is where states and tables are written, `store` the folder of models
    that were installed."""
    machine = machine or Machine()
    found = [processor(machine), *threads(machine, os.environ), *pace(machine), clock(),
             disk(machine, folder), memory(machine)]  # fmt: skip
    return found + ([installed(store)] if store else [])


def processor(machine: Machine) -> Finding:
    """Vector instructions that the native package can use."""
    lines = machine.text("proc/cpuinfo").lower().splitlines()
    flags = {w for line in lines if line.startswith(("flags", "features")) for w in line.split()}
    told = sorted({name for flag, name in VECTORS.items() if flag in flags})
    return Finding("processor", GOOD, ", ".join(told) or "no vector instructions known here")


def threads(machine: Machine, environment: Mapping[str, str]) -> list[Finding]:
    """Processors this process may use, by affinity and by the quota of its group; more threads than
    that wait for each other."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = machine.text("sys/fs/cgroup/cpu.max").split()
    if len(quota) == 2 and quota[0].isdigit() and int(quota[1]):
        allowed = min(allowed or 1, ceil(int(quota[0]) / int(quota[1])))
    found = [Finding("processors", GOOD, f"{allowed} of {os.cpu_count()} may be used")]
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        asked = environment.get(name, "")
        if asked.isdigit() and int(asked) > (allowed or 1):
            remedy = f"set {name}={allowed}"
            found.append(
                Finding("threads", REMARK, f"{name} is {asked}, more than {allowed}", remedy)
            )
    return found


def pace(machine: Machine) -> list[Finding]:
    """What makes the processor slow: its governor, heat."""
    found = []
    governor = machine.text("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    if governor == "powersave" and not machine.text("sys/devices/system/cpu/intel_pstate/status"):
        remedy = "sudo cpupower frequency-set -g ondemand, or schedutil"
        found.append(Finding("frequency", REMARK, "the governor keeps it lowest", remedy))
    heat = machine.text("sys/class/thermal/thermal_zone0/temp")
    if heat.isdigit() and int(heat) / 1000 >= HOT:
        remedy = "give it a heat sink, or air"
        found.append(Finding("heat", BAD, f"{int(heat) / 1000:.0f} degC: it slows down", remedy))
    return found


def clock(now: float | None = None, state: int | None = None) -> Finding:
    """Whether times of verdicts can be believed."""
    now = time.time() if now is None else now
    if now < BUILT:
        day = time.strftime("%Y-%m-%d", time.gmtime(now))
        remedy = "set it (sudo timedatectl set-time ..), or fit a battery for the clock"
        return Finding("clock", BAD, f"it says {day}", remedy)
    if (kernel_clock() if state is None else state) == UNSYNCHRONISED:
        remedy = "start systemd-timesyncd or chrony, or set it by hand and know its drift"
        return Finding("clock", REMARK, "nothing sets it by another clock", remedy)
    return Finding("clock", GOOD, "set by another clock" if state is not None else "set")


def kernel_clock() -> int:
    """What adjtimex(2) returns for a question that changes nothing; -1 where it cannot be asked."""
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)))
    except (OSError, AttributeError, TypeError):
        return -1


def disk(machine: Machine, folder: str) -> Finding:
    """Whether states written to the folder last: writable, free, not in memory."""
    if not os.access(folder, os.W_OK):
        return Finding("disk", BAD, f"{folder} cannot be written", "mount it writable, or chown it")
    free, kind = shutil.disk_usage(folder).free, mounted(machine, folder)
    if free < LEAST_DISK:
        said = f"{free / 1e6:.0f} MB free in {folder}"
        return Finding("disk", BAD, said, "remove old tables, logs and releases")
    if kind in VOLATILE:
        remedy = "keep tables, states and the store on a disk"
        return Finding("disk", REMARK, f"{folder} is {kind}: it may not outlive a restart", remedy)
    return Finding("disk", GOOD, f"{free / 1e9:.1f} GB free in {folder}" + (kind and f" ({kind})"))


def mounted(machine: Machine, folder: str) -> str:
    """The kind of file system a folder lies on; empty where that is unknown."""
    place, best, kind = os.path.realpath(folder), "", ""
    for line in machine.text("proc/mounts").splitlines():
        parts = line.split()
        if len(parts) < 3:
            continue
        point = parts[1].replace("\\040", " ")
        below = place == point or place.startswith(point.rstrip("/") + "/")
        if below and len(point) >= len(best):
            best, kind = point, parts[2]
    return kind


def memory(machine: Machine) -> Finding:
    """What is left for a model and a table."""
    lines = dict(
        line.split(":", 1) for line in machine.text("proc/meminfo").splitlines() if ":" in line
    )
    words = lines.get("MemAvailable", "").split()
    if not words or not words[0].isdigit():
        return Finding("memory", GOOD, "not told here")
    free = int(words[0]) * 1024
    if free < LEAST_MEMORY:
        return Finding("memory", BAD, f"{free / 1e6:.0f} MB free", "stop other programs")
    return Finding("memory", GOOD, f"{free / 1e9:.1f} GB free")


def installed(folder: str) -> Finding:
    """The store of models: one that is whole is active, and the one before could come back."""
    try:
        store = Store(folder)
        active, state = store.active(), store.state
    except (SnaError, OSError) as error:
        cause, _, step = str(error).partition("; ")
        return Finding("store", BAD, cause, step)
    name = f"version {active.slot.version or '-'}, {active.slot.sha256[:12]}"
    if state and state.previous and store.sound(state.previous) is None:
        remedy = "install once more, so that there is one to roll back to"
        return Finding("store", REMARK, f"{name}; the model before is damaged", remedy)
    return Finding("store", GOOD, name)
