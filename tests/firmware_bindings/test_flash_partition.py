"""examples/flash_partition, compiled here: a model read from a partition answers, and whatever else
stands there is refused by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ..c_library import ROOT, SOURCE, STRICT
from ..c_models import axes_of, cp_model, repaired
from .test_file_bounds import LIES

EXAMPLE = ROOT / "examples" / "flash_partition"


def torn(data: bytes) -> bytes:
    return data[:-700] + b"\xff" * 700


DAMAGES = {
    "empty": (lambda data: b"\xff" * 4096, "empty"),
    "missing": (lambda data: b"", "empty"),
    "torn": (torn, "bad_checksum"),
    "other file": (lambda data: (300).to_bytes(4, "little") + bytes(400), "bad_magic"),
    "length too large": (lambda data: b"\xf0\xff\xff\x0f" + data[4:], "longer than the partition"),
    "length zero": (lambda data: bytes(4) + data[4:], "too_short"),
    "length off by one": (
        lambda data: (len(data) - 65).to_bytes(4, "little") + data[4:],
        "bad_size",
    ),
    "loosened": (
        lambda data: data[:64] + repaired(LIES["tolerances of 1e308, weights times -3"](data[64:])),
        "bad_golden",
    ),
    "one bit": (lambda data: data[:900] + bytes([data[900] ^ 1]) + data[901:], "bad_checksum"),
}


@pytest.fixture(scope="module")
def program(compiler: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("partition") / "main"
    command = [
        compiler,
        *STRICT,
        "-fsanitize=address,undefined",
        f"-I{SOURCE}",
        str(EXAMPLE / "main.c"),
        str(SOURCE / "sna.c"),
        "-o",
        str(target),
    ]
    subprocess.run(command, check=True)
    return target


def partition(tmp_path: Path) -> Path:
    model = cp_model(axes_of("uniform", 3, 2))
    model.save(tmp_path / "m.sna")
    command = [
        sys.executable,
        str(EXAMPLE / "write_partition.py"),
        str(tmp_path / "m.sna"),
        str(tmp_path / "partition.bin"),
    ]
    subprocess.run(command, check=True)
    return tmp_path / "partition.bin"


def test_a_model_in_a_partition_answers(program: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(program), str(partition(tmp_path)), "0.25", "1.5"],
        capture_output=True,
        text=True,
        check=True,
    )
    status, value = done.stdout.split()
    expected = cp_model(axes_of("uniform", 3, 2)).value([[0.25, 1.5]])[0, 0]
    assert status == "ok" and abs(float(value) - expected) < 1e-4


@pytest.mark.parametrize("damage", DAMAGES)
def test_anything_else_is_refused_by_name(damage: str, program: Path, tmp_path: Path) -> None:
    change, reason = DAMAGES[damage]
    path = partition(tmp_path)
    path.write_bytes(change(path.read_bytes()))
    done = subprocess.run([str(program), str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stdout == f"no model: {reason}\n"
