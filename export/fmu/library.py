"""A shared library of the sources of an FMU, for this machine or another one."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path
from shutil import which

from sna_edge.errors import BackendError

from ..firmware.toolchain import refusal

FLAGS = ("-std=c99", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-ffp-contract=off")


def compiler() -> list[str] | None:
    """The C compiler of this machine, or None."""
    found = which("cc")
    return [found] if found else None


def suffix() -> str:
    """Of a shared library of this machine."""
    return {"darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so")


def place(fmi: int) -> str:
    """Where FMI looks for the binary of this machine: linux64 in 2.0, x86_64-linux in 3.0."""
    machine = platform.machine().lower()
    system = {"win32": "windows"}.get(sys.platform, sys.platform)
    processor = {"amd64": "x86_64", "arm64": "aarch64", "i686": "x86"}.get(machine, machine)
    if fmi == 3:
        return f"{processor}-{system}"
    short = {"windows": "win"}.get(system, system)
    known = {"x86_64": f"{short}64", "x86": f"{short}32"}
    return known.get(processor, f"{processor}-{system}")


def build(command: list[str], folder: Path, sources: tuple[str, ...], target: Path) -> None:
    """Compiles the sources in `folder` into the library `target`. Raises BackendError where the
    compiler refuses them, OSError where it finds the disk full."""
    words = [*command, *FLAGS, *sources, "-o", str(target.resolve())]
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise BackendError(
            f"{command[0]} refuses the sources of the FMU ({refusal(done.stderr)}); nothing was"
            " written; if it compiles other programs, report this with the model"
        )
