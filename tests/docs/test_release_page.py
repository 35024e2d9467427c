"""The sessions of docs/release.md and docs/refit.md run and print what they show."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
pytest.importorskip("cryptography")

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("page", ["release.md", "refit.md"])
def test_the_session_of_a_page_prints_what_it_shows(page: str, tmp_path: Path, monkeypatch) -> None:
    for name in ("SOURCE_DATE_EPOCH", "SNA_EDGE_KEYS", "SNA_EDGE_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)
    place = ROOT / "tools" / "pages" / "page_sessions.py"
    spec = importlib.util.spec_from_file_location("page_sessions", place)
    assert spec is not None
    assert spec.loader is not None
    sessions = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sessions)
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    _, seen = sessions.replay(text, tmp_path)
    assert len(seen) >= 5
    for command, shown, now in seen:
        assert sessions.shape(now) == sessions.shape(shown), (
            f"{command}: run tools/pages/page_sessions.py docs/{page}\n{now}"
        )
