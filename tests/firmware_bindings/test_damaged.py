"""Damaged artifacts: C and Python name the same rule, and C under sanitizers never reads out of
bounds."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from ..c_library import KEPT_1_1, SOURCE
from ..c_models import axes_of, cp_model, mixed, python_rule, repaired, tt_model

SMALL = {
    "cp": lambda: cp_model(axes_of("graded", 2, 2), rank=3, outputs=2, dtype="float16"),
    "integers": lambda: cp_model(mixed(), rank=3, dtype="int8", sparse=True),
    "train": lambda: tt_model(axes_of("uniform", 1, 2), rank=2),
}
BEHIND = {
    "",
    "bad_metadata",
    "golden_mismatch",
}  # what only one of the two looks at: text, and the tolerance of its arithmetic
ROUNDS = 6000


def c_rule(library: Any, data: bytes) -> str:
    opened = library.open(data)
    if opened.status == 0 and opened.verify() == 0 and opened.record.features & 2:
        opened.fixed_verify()
    return str(opened.rule)


def same(library: Any, data: bytes) -> str:
    ours, theirs = python_rule(data), c_rule(library, data)
    assert ours == theirs or {ours, theirs} <= BEHIND, (ours, theirs)
    return ours


@pytest.mark.parametrize("name", SMALL)
def test_cut_at_every_byte(name: str, c_double: Any) -> None:
    data = SMALL[name]().to_bytes()
    seen = {same(c_double, data[:n]) for n in range(len(data))}
    assert seen == {"too_short", "bad_size"}


@pytest.mark.parametrize("name", SMALL)
def test_every_bit_of_header_and_section_table(name: str, c_double: Any) -> None:
    data = SMALL[name]().to_bytes()
    for bit in range(8 * (64 + 13 * 16)):
        bad = bytearray(data)
        bad[bit // 8] ^= 1 << bit % 8
        assert same(c_double, bytes(bad))
        same(
            c_double,
            repaired(bytes(bad)),
            # legal once the checksums say so: a minor version, a section one byte longer
        )


@pytest.mark.parametrize("name", SMALL)
def test_every_byte_of_the_axis_records(name: str, c_double: Any) -> None:
    data = SMALL[name]().to_bytes()
    start = int.from_bytes(data[68:72], "little")
    for i in range(start, start + 80 * data[22]):
        for value in {0, 1, 2, 0x7F, 0x80, 0xFF, data[i] ^ 1} - {data[i]}:
            same(c_double, repaired(data[:i] + bytes([value]) + data[i + 1 :]))


@pytest.fixture(
    scope="session",
    params=["-std=c99", "-DSNA_FLOAT", "-DFUZZ_HOST"],
    ids=["double", "float", "host"],
)
def fuzzer(
    request: pytest.FixtureRequest, compiler: str, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    program = tmp_path_factory.mktemp("fuzz") / "fuzz"
    sanitizers = ["-fsanitize=address,undefined,float-cast-overflow", "-fno-sanitize-recover=all"]
    done = subprocess.run(
        [
            compiler,
            "-Wno-psabi",
            request.param,
            "-g",
            "-O0",  # compiles in less than half the time, the runs are short
            *sanitizers,
            str(SOURCE / "fuzz" / "fuzz.c"),
            "-o",
            str(program),
        ],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("this compiler has no sanitizers")
    return program


def test_fuzzed_files_under_sanitizers(
    fuzzer: Path, artifacts: dict[str, bytes], tmp_path: Path
) -> None:
    names = [
        "uniform-3-float32",
        "graded-3-float16",
        "hat-1-int8",
        "levels-0-int16",
        "sparse-int16",
        "tt-int8",
        "logistic",
        "periodic-3-float32",
    ]
    for name in names:
        (tmp_path / f"{name}.sna").write_bytes(artifacts[name])
    files = [str(tmp_path / f"{name}.sna") for name in names]
    done = subprocess.run(
        [str(fuzzer), "1", str(ROUNDS), *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "accepted" in done.stdout and "bad_fixed" in done.stdout


def test_fuzzed_files_of_format_1_1_under_sanitizers(fuzzer: Path) -> None:
    done = subprocess.run(
        [str(fuzzer), "2", str(ROUNDS), *map(str, KEPT_1_1)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for rule in ("accepted", "bad_companion", "bad_calibration", "bad_readings"):
        assert rule in done.stdout


def test_the_whole_zoo_under_sanitizers(
    fuzzer: Path, artifacts: dict[str, bytes], tmp_path: Path
) -> None:
    """Undamaged and damaged: every kind, degree and storage type runs through all verbs."""
    names = sorted(artifacts)
    for i in range(0, len(names), 40):
        files = []
        for name in names[i : i + 40]:
            files.append(tmp_path / f"{name}.sna")
            files[-1].write_bytes(artifacts[name])
        done = subprocess.run(
            [str(fuzzer), "3", "400", *map(str, files)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
