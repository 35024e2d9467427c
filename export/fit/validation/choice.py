"""The choice among candidates: by out-of-fold error; where that cannot tell, by smoothness and
size."""

from __future__ import annotations

import numpy as np

from ..candidates.candidate import Candidate
from ..candidates.composed import aligned
from ..candidates.gain import certainty
from ..data.samples import Samples
from .turning_points import turning_points

ROUNDING_ERROR = 1e-9
"""Share of the spread that a baseline errs by in rounding: nothing is confirmed against it."""
SMALLER_WINS = 1.02
"""The smaller of two candidates as smooth is chosen when its error is within this factor of the
best."""
ENOUGH, SMALLER_WINS_BELOW = 0.01, 1.3
"""The same factor where the least error is below ENOUGH: fewer bytes are worth more there."""
WITHIN = 1.03
"""Times the least error up to which a candidate may be chosen because it is smoother."""
AS_SMOOTH, BARELY = 1.1, 0.05
"""Times the fewest turning points a slice, and how many more, that count as as smooth."""


def chosen(candidates: list[Candidate], samples: Samples) -> Candidate:
    """Of those whose out-of-fold error is within a standard error of the least (of the paired
    difference, and below WITHIN times it) the one whose slices turn least often.

    Among equally smooth ones it is the smallest of those whose error is within SMALLER_WINS of the
    least.
    """
    best = min(candidates, key=lambda c: np.nan_to_num(c.error, nan=np.inf))
    clean = best.error < ENOUGH
    close = [c for c in candidates if clean or c is best or _as_good(c, best, samples)]
    if len(close) > 1 and not clean:
        bends = [turns_of(c, samples) for c in close]
        most = AS_SMOOTH * min(bends) + BARELY
        close = [c for c, b in zip(close, bends, strict=True) if b <= most]
    least = np.nanmin([c.error for c in close])
    factor = SMALLER_WINS_BELOW if ROUNDING_ERROR < least < ENOUGH else SMALLER_WINS
    near = [c for c in close if c.error <= max(factor * least, ROUNDING_ERROR)]
    return min(near, key=lambda c: c.f.parameters)


def turns_of(candidate: Candidate, samples: Samples) -> float:
    """Mean turning points of its slices over inputs that are no levels, and outputs."""
    smooth = np.flatnonzero(samples.n_levels == 0)
    if not len(smooth):
        return 0.0
    return float(turning_points(candidate.values, samples.x, samples.y, smooth).mean())


def _as_good(candidate: Candidate, best: Candidate, samples: Samples) -> bool:
    """Whether the errors of `best` are smaller by less than can be told."""
    if not candidate.error <= WITHIN * best.error:
        return False
    if candidate.error <= SMALLER_WINS * best.error:
        return True
    one, other = aligned(candidate, best)
    group = None if samples.group is None else samples.group[one.rows]
    sure = certainty(one.measured, one.predicted, other.predicted, group)
    return bool(np.all(sure < 1.0))
