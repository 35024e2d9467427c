"""Kits made and installed without a network: this machine's Pythons, ARM under QEMU user mode.

python tools/release/kit_try.py [--wheels dist] [--python PATH]... [--print]

Every Python named (this one if none) gets a kit of its own, aarch64 and armv7 one each where they
can be emulated. Writes docs/tables/kits.md; ends with status 1 where a kit does not install.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sna_edge import CP, Model, Output, spline_axis
from sna_export.kit import make_kit

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "kits.md"
EMULATED = {
    "aarch64": ("pi-aarch64-py311", "qemu-aarch64"),
    "armv7": ("pi-armv7-py313", "qemu-arm"),
}
NO_NETWORK = ["unshare", "--net", "--map-root-user"]


@dataclass(frozen=True)
class Device:
    """A Python to install with: its command, the words that run another Python of its kind, and
    what the first column says."""

    target: str
    python: list[str]
    emulator: str
    kind: str


def here(python: str) -> Device:
    """A Python of this machine."""
    code = "import sys; print('%d%d' % sys.version_info[:2])"
    version = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return Device(
        f"linux-{platform.machine()}-py{version.stdout.strip()}", [python], "", "this machine"
    )


def emulated(machine: str) -> Device | None:
    """A device's Python under QEMU; None, with a line, where there is none."""
    target, emulator = EMULATED[machine]
    folder = Path(tempfile.gettempdir()) / f"sna-python-{machine}"
    words = ["bash", str(ROOT / "tools" / "release" / "arm_python.sh"), str(folder), machine]
    made = subprocess.run(words, capture_output=True, text=True, check=False)
    if made.returncode:
        print(f"{machine}: left out, {(made.stderr.splitlines() or ['no emulation here'])[-1]}")
        return None
    packages = folder / "root" / "usr" / "lib" / "python3" / "dist-packages"
    if machine == "armv7":  # its numpy stands apart; a device has it among the system's packages
        for entry in (folder / "site").iterdir():
            if not (packages / entry.name).exists():
                (packages / entry.name).symlink_to(entry)
    return Device(target, [str(folder / "python")], f"{emulator} -L {folder}/root", "emulated")


def plate(path: Path) -> None:
    """A small model of two inputs."""
    x = np.linspace(0, 1, 7)[:, None]
    axes = [spline_axis(n, "", 0.0, 1.0, spans=4) for n in "ab"]
    Model(axes, CP.full([1 + x, np.exp(x)], np.ones((1, 1))), [Output("y")]).save(path)


def tried(device: Device, wheels: Path, folder: Path) -> str:
    """A row of the table. Raises CalledProcessError where the kit does not install."""
    model, place = folder / "plate.sna", folder / device.target
    plate(model)
    started = time.perf_counter()
    kit = make_kit([model], device.target, place, wheels=wheels)
    made, started = time.perf_counter() - started, time.perf_counter()
    words = [*NO_NETWORK, *device.python, str(place / "install.py"), "--prefix", str(folder / "on")]
    words += ["--emulator", device.emulator] if device.emulator else []
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    subprocess.run(words, check=True, capture_output=True, text=True, env=environment)
    installed = time.perf_counter() - started
    size = sum(p.stat().st_size for p in (folder / "on").rglob("*") if p.is_file())
    shutil.rmtree(folder / "on")
    numpy = next((w.version for w in kit.wheels if w.name == "numpy"), "of the system")
    return (
        f"| {device.target} | {device.kind} | {numpy} | {len(kit.digests)} | {kit.bytes / 1e6:.1f}"
        f" | {made:.0f} | {installed:.0f} | {size / 1e6:.0f} |"
    )


def main() -> None:
    """Make, install, and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--wheels", type=Path, default=ROOT / "dist")
    parser.add_argument("--python", action="append", default=[], metavar="PATH")
    parser.add_argument("--print", action="store_true", help="leave the table as it is")
    args = parser.parse_args()
    lines = [
        "| target | on | numpy | files | MB | s to make | s to install | MB on the device |",
        "|---|---|---|---|---|---|---|---|",
    ]
    devices = [here(python) for python in args.python or [sys.executable]]
    devices += [d for machine in EMULATED if (d := emulated(machine))]
    for device in devices:
        with tempfile.TemporaryDirectory() as folder:
            try:
                lines.append(tried(device, args.wheels, Path(folder)))
            except subprocess.CalledProcessError as error:
                sys.exit(f"{device.target}: {error.stderr or error}")
        print(lines[-1])
    if not args.print:
        TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"written: {os.path.relpath(TABLE)}")


if __name__ == "__main__":
    main()
