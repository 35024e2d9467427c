"""What C shares with Python and with FORMAT.md: statuses, rules, constants; and that the sources
are clean."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sna_edge
from sna_edge import Status

from ..c_library import HOST, ROOT, SOURCE, STRICT

HEADER = (SOURCE / "sna.h").read_text()
HOSTS = SOURCE / "host"
OPTIONS = (
    [],
    ["-DSNA_FLOAT"],
    ["-DSNA_SHA256"],
    ["-DSNA_NO_TT", "-DSNA_NO_F16"],
    ["-DSNA_NO_COMPANIONS"],
)


def test_statuses_have_the_same_names_and_numbers(c_double: Any) -> None:
    written = {
        name.lower(): int(value)
        for name, value in re.findall(r"^    SNA_([A-Z_]+) = (-?\d+)", HEADER, re.M)
    }
    numbers = {s.label: int(s) for s in Status}
    assert {name: written[name] for name in numbers} == numbers
    assert {c_double.status_name(int(s)): int(s) for s in Status} == numbers


def test_rules_are_those_of_the_format_in_its_order(c_double: Any) -> None:
    section = (ROOT / "FORMAT.md").read_text().split("## 12.")[1].split("## 13.")[0]
    rules = re.findall(r"^\| `([a-z_]+)` \|", section, re.M)
    assert [c_double.rule_name(i + 1) for i in range(len(rules))] == rules
    assert c_double.rule_name(len(rules) + 1) == ""


def test_limits_are_those_of_python() -> None:
    from sna_edge.artifact import layout

    defined = {
        name: int(value) for name, value in re.findall(r"^#define SNA_(\w+) (\d+)$", HEADER, re.M)
    }
    limits = {
        "FORMAT_MAJOR": layout.MAJOR,
        "FORMAT_MINOR": layout.MINOR,
        "MAX_AXES": layout.MAX_AXES,
        "MAX_RANK": layout.MAX_RANK,
    }
    limits |= {"MAX_OUTPUTS": layout.MAX_OUTPUTS, "MAX_DEGREE": 7}
    assert {name: defined[name] for name in limits} == limits
    assert (
        f"{defined['LIBRARY_MAJOR']}.{defined['LIBRARY_MINOR']}"
        == sna_edge.__version__.rsplit(".", 1)[0]
    )


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: " ".join(o) or "default")
def test_the_library_compiles_without_a_warning(
    options: list[str], compiler: str, tmp_path: Path
) -> None:
    target = ["-O2", *options, "-c", str(SOURCE / "sna.c"), "-o", str(tmp_path / "sna.o")]
    subprocess.run([compiler, *STRICT, *target], check=True)
    plus = [flag for flag in STRICT if flag != "-std=c99"]
    if shutil.which("g++"):
        subprocess.run(["g++", "-x", "c++", "-std=c++17", *plus, *target], check=True)


def test_clang_finds_nothing(tmp_path: Path) -> None:
    pytest.importorskip("ziglang", reason="no clang: pip install ziglang")
    for options in OPTIONS:
        target = ["-O0", *options, "-c", str(SOURCE / "sna.c"), "-o", str(tmp_path / "sna.o")]
        subprocess.run([sys.executable, "-m", "ziglang", "cc", *STRICT, *target], check=True)


@pytest.mark.parametrize("name", [str(p.relative_to(HOSTS)) for p in sorted(HOSTS.rglob("*.c"))])
def test_the_host_layer_compiles_without_a_warning(
    name: str, compiler: str, tmp_path: Path
) -> None:
    flags = [*HOST, "-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion", "-Werror"]
    target = ["-c", str(HOSTS / name), "-o", str(tmp_path / "host.o")]
    subprocess.run([compiler, *flags, *target], check=True)
    if importlib.util.find_spec("ziglang"):
        subprocess.run([sys.executable, "-m", "ziglang", "cc", *flags, *target, "-O0"], check=True)


def test_every_header_of_the_host_layer_is_included() -> None:
    files = sorted(HOSTS.rglob("*.[ch]"))
    included = {
        (path.parent / name).resolve()
        for path in files
        for name in re.findall(r'^#include "([^"]+)"$', path.read_text(), re.M)
    }
    assert [p.name for p in files if p.suffix == ".h" and p not in included] == []


def test_the_library_needs_nothing(compiler: str, tmp_path: Path) -> None:
    """No heap, no libm, no writable data: only what a freestanding compiler may call itself."""
    target = tmp_path / "sna.o"
    subprocess.run(
        [compiler, *STRICT, "-O2", "-c", str(SOURCE / "sna.c"), "-o", str(target)], check=True
    )
    symbols = subprocess.run(["nm", str(target)], check=True, capture_output=True, text=True).stdout
    wanted = {line.split()[-1] for line in symbols.splitlines() if " U " in line} - {
        "_GLOBAL_OFFSET_TABLE_"
    }
    assert wanted <= {"memset", "memcpy", "memmove", "__stack_chk_fail"}
    writable = [line for line in symbols.splitlines() if re.search(r" [bBdD] ", line)]
    assert not writable


def test_no_allocation_or_recursion_in_the_sources() -> None:
    for path in (SOURCE / "sna.c", *HOSTS.rglob("*.[ch]")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        assert not re.search(r"\b(malloc|calloc|realloc|free|alloca|setjmp)\b", text)
