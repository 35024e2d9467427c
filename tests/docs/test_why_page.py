"""docs/why.md: its Python and its session print what they show."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from sna_edge.cli.main import main


def test_the_page_prints_what_it_shows(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (root / "docs" / "why.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```(\w+)\n(.*?)```", text, re.S))
    said = StringIO()
    monkeypatch.chdir(tmp_path)
    with redirect_stdout(said):
        exec(compile(blocks["python"], "docs/why.md", "exec"), {})
    assert said.getvalue() == blocks["text"]
    command, *shown = blocks["console"].splitlines()
    told = StringIO()
    with redirect_stdout(told):
        assert main(command.split()[2:]) == 0
    assert told.getvalue().splitlines() == shown
