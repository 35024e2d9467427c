"""The shipped sna.c is what the parts in firmware_bindings/src make, and the parts alone compile to
the same."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from ..c_library import SOURCE

PARTS = SOURCE / "src"


def test_the_shipped_file_is_what_the_parts_make() -> None:
    done = subprocess.run(
        [sys.executable, str(SOURCE / "amalgamate.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_part_is_included_once_and_short() -> None:
    parts = sorted(PARTS.rglob("*.c"))
    text = "".join(part.read_text() for part in parts)
    included = re.findall(r'^#include "([\w/]+\.c)"$', text, re.M)
    assert sorted(included) == sorted(
        str(p.relative_to(PARTS)) for p in parts if p != PARTS / "sna.c"
    )
    for part in parts:
        assert len(part.read_text().splitlines()) <= 400, part.name


def test_the_parts_compile_as_the_shipped_file_does(compiler: str, tmp_path: Path) -> None:
    objects = []
    for source in (SOURCE / "sna.c", PARTS / "sna.c"):
        (tmp_path / "one.o").unlink(missing_ok=True)
        command = [compiler, "-std=c99", "-O1", "-c", f"-I{SOURCE}", str(source)]
        subprocess.run([*command, "-o", "one.o"], cwd=tmp_path, check=True)
        subprocess.run(["strip", "one.o"], cwd=tmp_path, check=True)
        objects.append((tmp_path / "one.o").read_bytes())
    assert objects[0] == objects[1]
