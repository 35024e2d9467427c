"""Every command of the walk through a station runs and prints what the page shows; numbers may
differ from machine to machine, words may not."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from ..sna_edge.station.waiting import free_port


@pytest.mark.slow
def test_the_walk_prints_what_it_shows(root: Path, tmp_path: Path) -> None:
    for module in ("scipy", "httptools", "starlette"):
        pytest.importorskip(module)
    if not shutil.which("curl"):
        pytest.skip("no curl: sudo apt install curl")
    spec = importlib.util.spec_from_file_location("s", root / "tools/pages/page_sessions.py")
    assert spec and spec.loader
    sessions = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sessions)
    page = (root / "docs" / "station_walk.md").read_text(encoding="utf-8")
    try:
        _, seen = sessions.replay(page.replace("18080", str(free_port())), tmp_path)
    finally:
        with suppress(OSError, ValueError):  # it has ended
            os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert len(seen) > 35
    for command, shown, now in seen:
        assert sessions.shape(now) == sessions.shape(shown), (
            f"{command}: run tools/pages/page_sessions.py docs/station_walk.md\n{now}"
        )
