"""A short run of the fuzzer over both readers."""

import subprocess
import sys


def test_two_thousand_damaged_files_are_refused_alike(root):
    words = [
        sys.executable,
        str(root / "tools" / "release" / "fuzz.py"),
        "--count",
        "2000",
        "--seed",
        "1",
    ]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    rules = {line.split()[1] for line in done.stdout.splitlines()}
    assert {"accepted", "bad_padding", "bad_axis", "bad_checksum"} <= rules
