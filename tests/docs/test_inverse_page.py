"""docs/inverse.md: its session prints what it shows."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def test_the_session_prints_what_it_shows(root: Path) -> None:
    text = (root / "docs" / "inverse.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.S)
    shown = re.search(r"```text\n(.*?)```", text, re.S)
    assert code and shown
    said = StringIO()
    with redirect_stdout(said):
        exec(compile(code.group(1), "docs/inverse.md", "exec"), {})
    lines, wanted = said.getvalue().splitlines(), shown.group(1).splitlines()
    assert [NUMBER.sub("#", line).replace(" ", "") for line in lines] == [
        NUMBER.sub("#", line).replace(" ", "") for line in wanted
    ]
    for line, want in zip(lines, wanted, strict=True):
        numbers = [float(n) for n in NUMBER.findall(line)]
        assert numbers == pytest.approx(
            [float(n) for n in NUMBER.findall(want)], rel=0.02, abs=0.02
        ), line
