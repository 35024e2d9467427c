"""Folds of samples as their data ask for them: equal rows together, whole groups, forward in time.

* Without groups and times rows with equal inputs share a fold.
* With groups whole groups do. Rows with equal inputs of one group are together with it; those of
  another group may be seen, as they are when a new group comes.
* With times the rows are cut into blocks by time; each is predicted from the rows before it. With
  groups as well, a group has the time of its first row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .folds import SEEN, Folds, fold_of_rows
from .samples import Samples

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HISTORY = 0.4
"""Share of the rows, the earliest, that no fold has: the first fold is predicted from them."""
HOLDOUT_STREAM = 32452843
"""Added to the seed, so that rows held out of a whole fit are no fold of it."""
GROUP_STREAM = 15485863
"""Of the seed: the order in which groups are dealt to folds."""


def folds_of(samples: Samples, count: int, seed: int) -> Folds:
    """`count` folds of the rows, fewer where there are fewer groups or times."""
    if samples.time is not None:
        return _forward(when(samples), count)
    if samples.group is not None:
        return Folds(dealt(samples.group, count, seed))
    return Folds(fold_of_rows(samples.x, count, seed))


def dealt(group: Ints, count: int, seed: int) -> Ints:
    """Fold [N] of every row's group: in a drawn order each group goes to the fold that has the
    fewest rows so far."""
    _, place, size = np.unique(group, return_inverse=True, return_counts=True)
    fold_of_group, rows = np.zeros(len(size), dtype=np.int64), np.zeros(min(count, len(size)))
    for g in np.random.default_rng([seed, GROUP_STREAM]).permutation(len(size)):
        fold_of_group[g] = int(np.argmin(rows))
        rows[fold_of_group[g]] += size[g]
    return np.asarray(fold_of_group[place.reshape(-1)])


def when(samples: Samples) -> Floats:
    """Time [N] by which rows are ordered: that of the row, or the first of its group."""
    assert samples.time is not None
    if samples.group is None:
        return samples.time
    first = np.full(int(samples.group.max()) + 1, np.inf)
    np.minimum.at(first, samples.group, samples.time)
    return np.asarray(first[samples.group])


def last_share(time: Floats, share: float) -> NDArray[np.bool_]:
    """[N]: the latest rows, at least this share of all; rows of one time stay together."""
    wanted = int(np.ceil(share * len(time)))
    return np.asarray(time >= np.sort(time)[len(time) - wanted]) if wanted else time > time.max()


def blocks(time: Floats, count: int = 6) -> Ints:
    """Blocks [N] of about as many rows one after another; rows of one time stay together."""
    ends = np.quantile(time, np.arange(1, count) / count)
    return np.asarray(np.searchsorted(ends, time), dtype=np.int64)


def _forward(time: Floats, count: int) -> Folds:
    """The earliest HISTORY of the rows in no fold, the others in `count` blocks one after another.
    Rows of one time stay together."""
    order = np.sort(time)
    cuts = HISTORY + (1.0 - HISTORY) * np.arange(count) / count
    starts = np.unique(order[np.minimum((cuts * len(order)).astype(np.int64), len(order) - 1)])
    starts = starts[starts > order[0]]
    return Folds(np.searchsorted(starts, time, side="right") + SEEN, forward=True)
