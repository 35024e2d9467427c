"""The short form of `make accuracy`: one smooth function, one measured table, one model of known
rank."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from sna_edge.status import Status
from sna_export.fit import fit_arrays
from sna_export.fit.effort import EFFORTS
from sna_export.quantize import quantize


@pytest.fixture(scope="module")
def tools(root: Path) -> dict[str, ModuleType]:
    sys.path.insert(0, str(root / "tools" / "accuracy"))
    try:
        import functions
        import known_rank
        import measured
    finally:
        sys.path.pop(0)
    return {"functions": functions, "known_rank": known_rank, "measured": measured}


def test_otl_circuit_from_a_thousand_rows_in_eight_kilobytes(tools: dict[str, ModuleType]) -> None:
    function = next(f for f in tools["functions"].FUNCTIONS if f.name == "otl circuit")
    found = fit_arrays(*function.rows(1000, 0), plain=True)
    x, y = function.uniform(4000, 1)
    small = quantize(found.model, "int16")
    assert len(small.to_bytes()) <= 8192
    for model in (found.model, small):
        answer = model.evaluate(x, extrapolate=True)
        assert np.sqrt(np.mean((answer.value[:, 0] - y) ** 2)) <= 5e-5 * y.std()
    inside = answer.status != Status.EXTRAPOLATED
    covered = np.mean(((y >= answer.lower[:, 0]) & (y <= answer.upper[:, 0]))[inside])
    assert 0.85 <= covered <= 0.95


def test_preheated_tracks(tools: dict[str, ModuleType], data: Path) -> None:
    chosen = next(s for s in tools["measured"].SETS if s.name == "Chen IN718 depth")
    squared = total = 0.0
    for x, y, fresh, truth in tools["measured"].splits(chosen, 5):
        value = fit_arrays(x, y).model.evaluate(fresh, extrapolate=True).value[:, 0]
        squared += float(np.sum((value - truth) ** 2))
        total += float(np.sum((truth - truth.mean()) ** 2))
    assert 1.0 - squared / total >= chosen.target


def test_a_known_rank_is_found_back(
    tools: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EFFORTS, "normal", replace(EFFORTS["normal"], teacher_rows=0))
    error, _ = tools["known_rank"].known_rank(0, axes=4, rank=2)
    assert error <= 1e-6


@pytest.mark.parametrize(
    ("name", "middle"), [("borehole", 70.873), ("otl circuit", 5.3106), ("sobol g", 0.0)]
)
def test_functions_have_the_values_of_their_sources(
    tools: dict[str, ModuleType], name: str, middle: float
) -> None:
    """At the middle of the box, worked out by hand from the published formulas."""
    function = next(f for f in tools["functions"].FUNCTIONS if f.name == name)
    assert function.value(function.bounds.mean(axis=1)[None])[0] == pytest.approx(
        middle, rel=1e-4, abs=1e-12
    )
