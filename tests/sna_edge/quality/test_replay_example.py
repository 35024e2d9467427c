"""The replay of measured laser tracks: few of the accepted ones are truly outside, and advice and
settings hold."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")


@pytest.mark.slow
def test_accepted_tracks_are_inside(
    root: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(root / "examples" / "inline_quality"))
    monkeypatch.delitem(sys.modules, "replay", raising=False)
    import replay  # type: ignore[import-not-found]

    assert replay.TABLE.exists() and data.is_dir()
    found, model, _ = replay.replay(2, 30.0, 0)
    assert sum(found["verdicts"].values()) == found["tracks"] == 677
    assert found["accepted"] >= 20
    assert found["accepted and truly outside"] <= 0.10 * found["accepted"]
    assert all(0.85 <= c <= 0.95 for c in found["coverage of the 90 % intervals"].values())
    for s in replay.settings(model, 4, 0):
        assert np.abs(model.value({**s, "powder": "0"}) - [120.0, 90.0]).max() <= 1.0 + 1e-6
