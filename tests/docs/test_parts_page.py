"""The page on parts runs, block by block."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "parts.md"


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("skfem")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S):
        exec(compile(block, "docs/parts.md", "exec"), names)
    assert names["warped"].estimate.passed > 0.0
    assert names["model"](x=0.4, y=0.7, ratio=1.5, film=2.0)[0] > 0.0
