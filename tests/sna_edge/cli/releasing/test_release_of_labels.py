"""Releases of models of labels."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
pytest.importorskip("cryptography")


def test_labels_are_released_as_probabilities(tmp_path: Path, sna, monkeypatch) -> None:
    """exp(f) of several labels says nothing by itself: errors, ranges and changes are of shares."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(4)
    x = rng.uniform(0, 3, 90)
    grade = ["ABC"[int(v)] for v in np.clip(x + rng.normal(0, 0.2, 90), 0, 2.99)]
    rows = "".join(f"{v:.3f},{g}\n" for v, g in zip(x, grade, strict=True))
    Path("t.csv").write_text("x,grade\n" + rows)
    text = '[fit]\ntable = "t.csv"\ntarget = ["grade"]\neffort = "quick"\n'
    Path("g.toml").write_text(text)
    card = sna("release", "g.toml", "--json").json["card"]
    assert card["fit"]["classes"]["grade"]["accuracy"] > 0.8
    assert all(one["guaranteed"] == [0.0, 1.0] for one in card["outputs"])
    assert not any(one["kind"] == "large_errors" for one in card["failures"]["found"])
    Path("h.toml").write_text(
        f'{text}seed = 7\n[compare]\nprevious = "g-1"\nmax-change-at-rows = {{grade = 1e-9}}\n'
    )
    Path("t.csv").write_text("x,grade\n" + rows + "0.5,B\n0.6,B\n0.4,C\n")
    assert "grade:B changed by 0." in sna("release", "h.toml", "--json").sentence()
