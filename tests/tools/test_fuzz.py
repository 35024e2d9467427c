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


def fuzzed(root, *words):
    """The cells of the tables by their first one."""
    script = str(root / "tools" / "release" / "fuzz_python.py")
    done = subprocess.run([sys.executable, script, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    rows = [line.strip("|").split("|") for line in done.stdout.splitlines() if line[:1] == "|"]
    return {cells[0].strip(" `"): [cell.strip() for cell in cells[1:]] for cells in rows}


def test_the_reader_in_python_guided_by_coverage(root):
    found = fuzzed(root, "--target", "reader", "--count", "2500")
    assert found["artifacts"][:3] == ["2,500", "0", "0"]
    rules = {"accepted", "bad_checksum", "bad_axis", "bad_companion", "bad_readings", "bad_golden"}
    assert all(int(found[rule][0].replace(",", "")) for rule in rules)
    reached, total = found["lines of the reader reached"][0].split(" of ")
    assert int(reached.replace(",", "")) > 0.7 * int(total.replace(",", ""))


def test_what_else_python_reads(root):
    targets = ("lines", "limits", "store", "manifest", "keys", "learned")
    words = [word for name in targets for word in ("--target", name)]
    found = fuzzed(root, *words, "--unguided", "--count", "300")
    rows = [cells for cells in found.values() if cells[0] == "300"]
    assert len(rows) == len(targets) and all(cells[:3] == ["300", "0", "0"] for cells in rows)
