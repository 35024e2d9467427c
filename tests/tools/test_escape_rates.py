"""The short form of the table of escape rates: two measured tables, one split each."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools" / "online"


def test_few_accepted_parts_are_bad(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(TOOLS))
    for name in ("tables", "escape"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    escape = importlib.import_module("escape")
    if not escape.DATA.is_dir():
        pytest.skip(escape.ABSENT)
    monkeypatch.setattr(escape, "KEPT", tmp_path)
    for found in [f for name in ("track depth", "track width") for f in escape.counted(1, name)]:
        assert len(found) == 6
        pooled = {rate: escape.Count() for rate in escape.RATES}
        for (_, _, rate), count in found.items():
            assert count.errors(rate) <= 3.0
            pooled[rate] += count
        assert all(count.errors(rate) <= 2.0 for rate, count in pooled.items())
        assert pooled[0.05].accepted > 0.3 * pooled[0.05].parts
    assert len(list(tmp_path.iterdir())) == 2


def test_the_excess_is_in_standard_errors_of_the_rate() -> None:
    sys.path.insert(0, str(TOOLS))
    try:
        count = importlib.import_module("escape").Count(1000, 400, 12)
    finally:
        sys.path.remove(str(TOOLS))
    assert count.errors(0.02) == pytest.approx(4 / (400 * 0.02 * 0.98) ** 0.5)
    assert count.said() == "3.00 (40)"
