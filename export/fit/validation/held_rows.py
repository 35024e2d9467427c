"""Rows held out before anything is chosen, rows whose out-of-fold errors count, and points between
rows, where none has judged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..data.folds import fold_of_rows
from ..data.held_together import dealt, last_share, when
from ..data.samples import Samples

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST_GROUPS, HELD_SHARE, MOST_HELD = 60, 0.1, 400
"""Different rows from which some are held out; the share; and the most beyond a hundredth of
all."""
LEAST_HELD, LEAST_SHARE = 24, 0.2
"""So many are held out at least, in small tables this share."""
SOME_GROUPS = 12
"""Groups from which some are held out."""
HELD_STREAM = 104729
"""Added to the seed, so that held-out rows are no fold."""
MOST_ENDS = 0.1
"""Out-of-fold errors of rows alone at an end of an input do not count where these rows are at most
this share of all: left out, they are extrapolated to, and one outweighs the gain at thousands."""
POINTS_BETWEEN = 2000
"""Between rows, where winner and baseline are compared."""


def split(samples: Samples, seed: int) -> tuple[Ints, Ints]:
    """(rows to choose on, rows held out): none for small tables. The last row at an end of an
    input, or of a level, is not held out.

    With times it is the last rows, with groups whole groups (none of fewer than SOME_GROUPS): of
    these the last row of a level alone is not held out.
    """
    count = len(samples.x)
    everything = np.arange(count)
    if count < LEAST_GROUPS or (
        count < 10 * LEAST_GROUPS and len(np.unique(samples.x, axis=0)) < LEAST_GROUPS
    ):
        return everything, everything[:0]
    wanted = max(
        min(HELD_SHARE * count, MOST_HELD + 0.01 * count), min(LEAST_HELD, LEAST_SHARE * count)
    )
    out = _held_out(samples, wanted, seed)
    part = samples.y[~out]
    if out.sum() < wanted / 2 or np.any(part.min(axis=0) == part.max(axis=0)):
        return everything, everything[:0]
    return np.flatnonzero(~out), np.flatnonzero(out)


def _held_out(samples: Samples, wanted: float, seed: int) -> NDArray[np.bool_]:
    count, group = len(samples.x), samples.group
    if samples.time is not None:
        out = last_share(when(samples), wanted / count)
    elif group is not None:
        if len(np.unique(group)) < SOME_GROUPS:
            return np.zeros(count, dtype=bool)
        out = dealt(group, round(count / wanted), seed + HELD_STREAM) == 0
    else:
        out = fold_of_rows(samples.x, round(count / wanted), seed + HELD_STREAM) == 0
    needed = _indispensable(samples, out)
    if group is not None:
        needed = np.isin(group, group[needed])
    return np.asarray(out & ~needed)


def kept_out(samples: Samples, held: Ints) -> str:
    """The rows held out, in words."""
    rows = f"{len(held)} rows"
    if samples.group is not None:
        rows += f" of {len(np.unique(samples.group[held]))} groups"
    if samples.time is not None:
        rows = f"the last {rows}"
    return f"{rows} kept out of every choice"


def _indispensable(samples: Samples, out: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows at an end of a continuous input, or of a level, that has no row outside `out`."""
    needed = np.zeros(len(out), dtype=bool)
    for d, axis in enumerate(samples.axes):
        x = samples.x[:, d]
        if axis.levels:
            seen = np.bincount(x[~out].astype(np.int64), minlength=len(axis.levels))
            needed |= seen[x.astype(np.int64)] == 0
        elif samples.group is None and samples.time is None:
            for end in (x == x.min(), x == x.max()):
                if not np.any(end & ~out):
                    needed |= end
    return needed


def counted(samples: Samples, rows: Ints) -> NDArray[np.bool_]:
    """[n] of these row numbers [n]: False for rows alone at an end of an input, of which there are
    at most MOST_ENDS."""
    alone = np.zeros(len(samples.x), dtype=bool)
    for d in np.flatnonzero(samples.n_levels == 0):
        x = samples.x[:, d]
        for end in (x == x.min(), x == x.max()):
            alone |= end & (end.sum() == 1)
    return np.asarray(~alone[rows] | (alone.mean() > MOST_ENDS))


def between(samples: Samples, seed: int) -> Floats:
    """Points [POINTS_BETWEEN, D] half way between two rows, on axes with levels at that of one.

    Rows judge a function where they lie, these points between them. The corners of the box of
    correlated inputs are not among them: no row is near, and there even the baseline is a guess.
    """
    rng = np.random.default_rng([seed, HELD_STREAM, 1])
    one, other = samples.x[rng.integers(0, len(samples.x), (2, POINTS_BETWEEN))]
    return np.asarray(np.where(samples.n_levels > 0, one, 0.5 * (one + other)))
