"""Shared by all tests: where the data is, and what to say when it is not there."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from .c_library import artifacts, bindings, c_double, c_float, compiled, compiler, host  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"

# Drawn examples are the same in every run, whatever the machine's speed.
SLOW = [HealthCheck.too_slow]
settings.register_profile("repeatable", deadline=None, derandomize=True, suppress_health_check=SLOW)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real tables; the test is skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"no data at {DATA.parent.name}/{DATA.name} beside the repository")
    return DATA


@pytest.fixture(scope="session")
def arm_python() -> Callable[[str], Path]:
    """machine -> a folder with its own `python` under QEMU and `site` for its path; the test is
    skipped where it cannot be."""

    def folder(machine: str) -> Path:
        target = Path(tempfile.gettempdir()) / f"sna-python-{machine}"
        if not (target / "ready").exists():
            command = [
                "bash",
                str(ROOT / "tools" / "release" / "arm_python.sh"),
                str(target),
                machine,
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(
                    f"no {machine} Python under QEMU here:"
                    f" {(done.stderr.strip().splitlines() or ['setup failed'])[-1][:100]}"
                )
        return target

    return folder
