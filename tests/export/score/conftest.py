"""A folder with an archive and limits, and jobs there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sna_export.score import Job

from .archives import LIMITS, model, saved


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "archive").mkdir()
    (tmp_path / "limits.toml").write_text(LIMITS)
    return tmp_path


@pytest.fixture
def job(place: Path) -> Callable[..., Job]:
    def made(name: str = "m", height: float = 150.0, **more) -> Job:
        path = place / f"{name}.sna"
        digest = saved(path, model(height))
        told = {"limits": str(place / "limits.toml"), "measured": ("width",)} | more
        return Job(str(path), digest, str(place / "out"), **told)

    return made
