"""A short run of the fuzzer over both readers."""

import subprocess
import sys

import pytest


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


def test_the_reader_in_c_under_libfuzzer(root):
    words = [sys.executable, str(root / "tools" / "release" / "fuzz_c.py"), "--runs", "8000"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    if "no clang" in done.stdout:
        pytest.skip(done.stdout)
    rows = [line.split("|")[1:3] for line in done.stdout.splitlines() if line.startswith("|")]
    found = {name.strip(" `"): value.strip() for name, value in rows}
    assert found["files"] == "8,000"
    rules = {"accepted", "bad_checksum", "bad_axis", "bad_companion", "bad_readings", "bad_golden"}
    assert all(int(found[rule].replace(",", "")) for rule in rules)
