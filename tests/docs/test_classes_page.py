"""docs/classes.md: its code runs and its commands give what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any


def test_the_code_runs(root: Path) -> None:
    text = (root / "docs" / "classes.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    assert len(blocks) == 2
    known: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "docs/classes.md", "exec"), known)
