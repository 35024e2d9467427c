"""The page on sources runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "sources.md"


def test_the_page_runs() -> None:
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S):
        exec(compile(block, "docs/sources.md", "exec"), names)
    solution = names["solution"]
    assert solution.estimate.worst <= 0.02
    assert not solution.stopped
    assert 1100.0 < solution.model(x=5e-4, t=3.2e-4, y=2.4e-4, z=0.0, power=40.0)[0] < 1300.0
