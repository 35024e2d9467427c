"""Static analysis of the library: cppcheck, the clang analyzer, and the page of MISRA
deviations."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..c_library import ROOT, SOURCE

VARIANTS = (
    [], ["-DSNA_FLOAT"], ["-DSNA_SHA256"], ["-DSNA_NO_TT"], ["-DSNA_NO_INT", "-DSNA_NO_F16"],
    ["-DSNA_NO_LINK"], ["-DSNA_NO_FIXED"], ["-DSNA_NO_COMPANIONS"],
    ["-DSNA_FLOAT", "-DSNA_NO_TT", "-DSNA_NO_FIXED"],
)  # fmt: skip


@pytest.mark.parametrize("options", VARIANTS, ids=lambda o: " ".join(o) or "default")
def test_cppcheck_finds_nothing(options: list[str]) -> None:
    if not shutil.which("cppcheck"):
        pytest.skip("no cppcheck here")
    command = [
        "cppcheck",
        "--quiet",
        "--enable=warning,performance,portability",
        "--std=c99",
        "--error-exitcode=1",
        *options,
    ]
    command += ["-D__BYTE_ORDER__=1", "-D__ORDER_LITTLE_ENDIAN__=1", "sna.c"]
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("options", VARIANTS[:2], ids=lambda o: " ".join(o) or "default")
def test_the_clang_analyzer_finds_nothing(options: list[str], tmp_path: Path) -> None:
    pytest.importorskip("ziglang", reason="no clang: pip install ziglang")
    command = [
        sys.executable,
        "-m",
        "ziglang",
        "cc",
        "--analyze",
        "-std=c99",
        *options,
        str(SOURCE / "sna.c"),
        "-o",
        str(tmp_path / "p"),
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    assert "sna.c" not in "".join(line for line in said.splitlines() if "warning:" in line), said


def test_every_deviation_has_its_reason() -> None:
    if not shutil.which("cppcheck"):
        pytest.skip("no cppcheck here")
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "pages" / "misra.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 or "addon" in done.stderr, done.stderr
