"""Every step of the tutorial runs and prints what the page shows; numbers may differ from machine
to machine, words may not."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_twelve_steps_print_what_they_show(root: Path, tmp_path: Path) -> None:
    for module in ("ziglang", "unicorn"):
        pytest.importorskip(module, reason=f"{module} is not installed: no costs on emulated cores")
    if not shutil.which("cc"):
        pytest.skip("no C compiler: sudo apt install build-essential")
    spec = importlib.util.spec_from_file_location("s", root / "tools/pages/page_sessions.py")
    assert spec and spec.loader
    sessions = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sessions)
    page = (root / "docs" / "tutorial.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\d+)\. ", page, re.M) == [str(n) for n in range(1, 13)]
    _, seen = sessions.replay(page, tmp_path)
    assert len(seen) > 12
    for command, shown, now in seen:
        assert sessions.shape(now) == sessions.shape(shown), (
            f"{command}: run tools/pages/page_sessions.py docs/tutorial.md\n{now}"
        )
    hardness = 300 + (480 - 520) ** 2 / 200 - 59.9 + 15
    assert float(seen[-1][2].split()[1]) == pytest.approx(hardness, abs=2.0)
