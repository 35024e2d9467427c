"""What a candidate says to rows left out: of noisy rows by refits, since one that lies far off
draws the function, and its linearisation knows nothing of that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sna_edge.numerics.time_budget import TimeBudget
from sna_export.fit.candidates.direct import refits
from sna_export.fit.candidates.direct.rank_search import rank_search
from sna_export.fit.candidates.direct.refits import Rows
from sna_export.fit.data.held_together import folds_of
from sna_export.fit.data.samples import Samples
from sna_export.fit.data.scope import Scope
from sna_export.fit.effort import NORMAL
from sna_export.fit.engine.linearisation import left_out_by_fold

FEW_STEPS = replace(NORMAL, steps=0.6, polish=0.0)


@pytest.mark.parametrize(
    ("far", "hidden", "many"),
    [(0.0, False, False), (8.0, True, False), (40.0, True, False), (40.0, True, True)],
)
def test_rows_left_out_tell_of_one_that_lies_far_off(
    far: float, hidden: bool, many: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with the few steps of many rows."""
    if many:
        monkeypatch.setattr(refits, "MANY_ROWS", 100)
    rng = np.random.default_rng(0)
    x = rng.random((200, 3))
    y = np.sin(4 * x[:, 0] * x[:, 1]) + x[:, 2] + 0.2 * rng.standard_normal(200)
    y[np.argmax(x[:, 0])] += far
    samples = Samples.of(x, y)
    target = (samples.y - samples.y.mean()) / samples.y.std()
    found = rank_search(samples, target, rng, max_parameters=200, effort=FEW_STEPS)
    best = next(t for t in found if t.name.endswith("6 spans"))
    scope = Scope(samples, folds_of(samples, 6, 0), 0, TimeBudget())
    _, rows, few, _ = refits.out_of_fold(best, scope, target, 200)
    linear = left_out_by_fold(best.solution, Rows(best.solution.f.bases, x, target), scope.folds)
    refitted, linearised = (np.sqrt(np.mean(r**2)) for r in (target[rows] - few, linear))
    if hidden:
        assert linearised < 0.7 * refitted
    else:
        assert linearised == pytest.approx(refitted, rel=0.05)
