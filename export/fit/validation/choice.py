"""The choice among candidates: by out-of-fold error; where that cannot tell, by smoothness and
size."""

from __future__ import annotations

import numpy as np

from ..candidates.candidate import Candidate
from ..candidates.composed import aligned
from ..candidates.gain import certainty
from ..data.samples import Samples
from .reach import tame
from .turning_points import turning_points

ROUNDING_ERROR = 1e-9
"""Share of the spread that a baseline errs by in rounding: nothing is confirmed against it."""
SMALLER_WINS = 1.02
"""The smaller of two candidates as smooth is chosen when its error is within this factor of the
best."""
ENOUGH, SMALLER_WINS_BELOW = 0.01, 1.3
"""The same factor where the least error is below ENOUGH: fewer bytes are worth more there."""
WITHIN = 1.05
"""Times the least error up to which a candidate may be chosen because it is smoother."""
UNTOLD, ALIKE = 2.0, 0.5
"""Standard errors, of the paired gain of the least error, below which a smoother candidate is
chosen, and below which a smaller one is: bytes are worth less than curves."""
AS_SMOOTH, BARELY = 1.1, 0.05
"""Times the fewest turning points a slice, and how many more, that count as as smooth."""


def chosen(candidates: list[Candidate], samples: Samples) -> Candidate:
    """Of those that do not run away (`reach`) and whose out-of-fold error is above the least by
    less than UNTOLD (and below WITHIN times it) the one whose slices turn least often.

    Among equally smooth ones it is the smallest of those that are ALIKE and whose error is within
    SMALLER_WINS of the least. Rows that are met within ENOUGH tell by themselves how fast a
    function grows.
    """
    best = min(candidates, key=lambda c: np.nan_to_num(c.error, nan=np.inf))
    if best.error < ENOUGH:
        factor = SMALLER_WINS if best.error <= ROUNDING_ERROR else SMALLER_WINS_BELOW
        most = max(factor * best.error, ROUNDING_ERROR)
        return _smallest([c for c in candidates if c.error <= most])
    candidates = tame(candidates, samples) or candidates
    best = min(candidates, key=lambda c: np.nan_to_num(c.error, nan=np.inf))
    close = [c for c in candidates if _as_good(c, best, WITHIN, UNTOLD, samples)]
    if len(close) > 1:
        bends = [turns_of(c, samples) for c in close]
        most = AS_SMOOTH * min(bends) + BARELY
        close = [c for c, b in zip(close, bends, strict=True) if b <= most]
    best = min(close, key=lambda c: c.error)
    return _smallest([c for c in close if _as_good(c, best, SMALLER_WINS, ALIKE, samples)])


def _smallest(candidates: list[Candidate]) -> Candidate:
    return min(candidates, key=lambda c: c.f.parameters)


def turns_of(candidate: Candidate, samples: Samples) -> float:
    """Mean turning points of its slices over inputs that are no levels, and outputs."""
    smooth = np.flatnonzero(samples.n_levels == 0)
    if not len(smooth):
        return 0.0
    return float(turning_points(candidate.values, samples.x, samples.y, smooth).mean())


def _as_good(
    candidate: Candidate, best: Candidate, within: float, sure: float, samples: Samples
) -> bool:
    """Whether the error is below `within` times that of `best`, whose gain, row by row, is less
    than `sure` standard errors."""
    if candidate is best:
        return True
    if not candidate.error <= within * best.error:
        return False
    one, other = aligned(candidate, best)
    group = None if samples.group is None else samples.group[one.rows]
    gain = certainty(one.measured, one.predicted, other.predicted, group, one.weight)
    return bool(np.all(gain < sure))
