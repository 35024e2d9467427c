"""A short run of the tool that changes files of format 1.1 number by number."""

import subprocess
import sys

import pytest


@pytest.mark.usefixtures("compiler")
def test_changed_files_are_read_alike(root) -> None:
    words = [sys.executable, str(root / "tools" / "release" / "mutate.py")]
    done = subprocess.run(
        [*words, "--count", "1500", "--seed", "3"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rules = {line.split()[1] for line in done.stdout.splitlines()[1:]}
    assert {"accepted", "bad_companion", "bad_calibration", "bad_readings", "bad_golden"} <= rules
