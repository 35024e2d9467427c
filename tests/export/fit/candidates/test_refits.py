"""Rows left out without a refit: where numbers are few beside the rows the linearisation gives the
error that refits give."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.numerics.time_budget import TimeBudget
from sna_export.fit.candidates import refits
from sna_export.fit.candidates.rank_search import rank_search
from sna_export.fit.data.held_together import folds_of
from sna_export.fit.data.samples import Samples
from sna_export.fit.effort import QUICK


def test_folds_of_noisy_rows_by_the_linearisation_are_those_of_refits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    x = rng.random((500, 3))
    y = np.sin(4 * x[:, 0] * x[:, 1]) + x[:, 2] + 0.2 * rng.standard_normal(500)
    samples = Samples.of(x, y)
    target = (samples.y - samples.y.mean()) / samples.y.std()
    best = rank_search(samples, target, rng, max_parameters=200, effort=QUICK)[0]
    assert best.solution.dof < refits.LINEAR * len(x)
    folds = folds_of(samples, 6, 0)
    given = best, samples, target, folds, len(x), TimeBudget(), 0
    quick = refits.out_of_fold(*given)
    monkeypatch.setattr(refits, "LINEAR", 0.0)
    slow = refits.out_of_fold(*given)
    residual = [target[rows] - out for _, rows, out, _ in (quick, slow)]
    fit = target - best.solution.f.predict(x)
    error = [np.sqrt(np.mean(r**2)) for r in (*residual, fit)]
    assert error[0] == pytest.approx(error[1], rel=0.02)
    assert error[2] < 0.98 * error[1]  # the rows left out are not those seen
