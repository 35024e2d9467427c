"""What another candidate has outrun is not made."""

from __future__ import annotations

import numpy as np

from sna_edge.numerics.time_budget import TimeBudget
from sna_export.fit.data.held_together import folds_of
from sna_export.fit.data.samples import Samples
from sna_export.fit.data.scope import Scope
from sna_export.teacher.stack import teachers


def test_a_process_far_behind_another_candidate_is_not_followed_by_a_larger_one() -> None:
    """A kink keeps one product far from a rival that knows it; without a rival two are tried."""
    x = np.random.default_rng(0).random((60, 2))
    samples = Samples.of(x, np.abs(x[:, 0] - 0.4) + x[:, 1])
    scope = Scope(samples, folds_of(samples, 6, 0), 0, TimeBudget())
    made = [teachers(scope, ("identity",), scope.budget, rival) for rival in (1e-9, np.inf)]
    assert [len(found) for found in made] == [1, 2]
