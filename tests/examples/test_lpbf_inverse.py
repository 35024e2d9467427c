"""The laser inversion: power, radius and ring fraction are recovered, and their intervals hold."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_beam_parameters_are_recovered_with_intervals(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(root / "examples" / "lpbf_inverse"))
    monkeypatch.delitem(sys.modules, "run", raising=False)
    import run  # type: ignore[import-not-found]

    found = run.study(16)
    assert found["median_error_share"]["power"] < 0.01
    assert (
        found["median_error_share"]["radius"] < 0.03 and found["median_error_share"]["ring"] < 0.05
    )
    assert all(
        c >= 0.75 for c in found["coverage"].values()
    )  # 16 draws at 90 %: fewer than 12 happens once in 200
    assert all(not e["unseen"] for e in found["every"])
    assert "power" in run.page(found) and len(run.lines(found)) == 5
    sys.modules.pop("run", None)
