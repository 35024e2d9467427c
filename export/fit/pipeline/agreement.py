"""A search over all rows, where rows that took no part confirm a simple function that its winner
agrees with.

Rows held out of the search cost clean tables accuracy: a tenth fewer rows err several times as
much. So first a simple function S is fitted without them. Where S errs on them by less than
CONFIRMED times what the best of mean, linear and quadratic function does, more than a polynomial is
there beyond doubt, and the search may have all rows. Its winner F errs by at most

    |F - y| <= |S - y| + |F - S|,

of which the first part is measured on the rows held out of S, the second there and half way between
rows. F stands where the sum is below CLEARLY_BETTER times the error of the baseline.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import TimeBudget

from ..candidates.baseline import left_out_means, mean_alone, rms
from ..candidates.candidate import Candidate
from ..candidates.composed import aligned
from ..data.folds import Folds
from ..data.samples import Samples
from ..validation.choice import ROUNDING_ERROR
from ..validation.held_rows import between, counted, split
from .confirm import CLEARLY_BETTER, Contest, FoldsOf, Search, Winner, groups_of, judged

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Answers = Callable[[Floats], Floats]
"""y [n, K] of x [n, D]."""
First = Callable[[Samples, Folds, TimeBudget], tuple[Answers, Candidate] | None]
"""(answers of a simple function, baseline) of some rows with these folds."""
CONFIRMED = 0.25
"""Share of the baseline's error on the held-out rows below which a simple function is confirmed."""


def agreed(
    samples: Samples,
    first: First,
    search: Search,
    folds_of: FoldsOf,
    seed: int,
    budget: TimeBudget,
) -> Winner | None:
    """As `confirm.confirmed`; None where no rows can be held out, the simple function is not
    confirmed, or the winner does not agree with it."""
    chosen, held = split(samples, seed)
    if not len(held):
        return None
    found = _first(samples, chosen, first, folds_of, budget)
    if found is None:
        return None
    simple, base = found
    x, y = samples.x[held], samples.y[held]
    weight = samples.weight_of(held)
    error, limit = rms(y, simple(x), weight), rms(y, base.values(x), weight)
    if not np.all((error < CONFIRMED * limit) & (limit > ROUNDING_ERROR * samples.y.std(axis=0))):
        return None
    folds = folds_of(samples)
    winner, base = aligned(*search(samples, folds, budget))
    places = between(samples, seed)
    x = np.concatenate([x, places])
    if not np.all(error + rms(winner.values(x), simple(x)) < CLEARLY_BETTER * limit):
        return None
    new = np.isin(winner.rows, held)
    by = (
        f"{len(held)} rows out of fold and a simple function fitted without them that it agrees"
        " with"
    )
    mean = mean_alone(samples, base, folds)
    count = counted(samples, winner.rows)
    contest = Contest(winner, base, mean)
    best, how = judged(contest, new, count, places, by, groups_of(samples, winner.rows))
    if how.replaced:
        return None
    means = left_out_means(samples.y, folds, samples.weight)
    return Winner(best, means[best.rows], how)


def _first(
    samples: Samples, chosen: Ints, first: First, folds_of: FoldsOf, budget: TimeBudget
) -> tuple[Answers, Candidate] | None:
    """Of the chosen rows, whose copy is not kept."""
    part = samples.take(chosen).over(samples)
    return first(part, folds_of(part), budget)
