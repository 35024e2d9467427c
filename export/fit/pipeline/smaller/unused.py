"""Inputs that the chosen model does not see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...candidates.candidate import Candidate
from ...data.samples import Samples
from ...engine.factors import SeparableFunction
from ..screen import Dropped

Ints = NDArray[np.int64]
WHY = "changes nothing in the model chosen"


def without_unused(
    samples: Samples, kept: Ints, best: Candidate, *, narrow: bool
) -> tuple[Samples, Ints, Candidate, list[Dropped]]:
    """The columns `kept` of the samples that `best` sees, the candidate on these alone, and the
    others; all of them stay where it sees none. `narrow`: the samples lose the others, too."""
    seen = np.array([bool(np.any(t)) for t in best.f.tables[:-1]])
    if seen.all() or not seen.any():
        return samples, kept, best, []
    dropped = [Dropped(samples.axes[int(d)].name, WHY) for d in kept[~seen]]
    best = replace(best, f=_seeing(best.f, seen), moved=None)
    kept = kept[seen]
    if narrow:
        samples, kept = samples.columns(kept), np.arange(len(kept))
    return samples, kept, best, dropped


def _seeing(f: SeparableFunction, seen: NDArray[np.bool_]) -> SeparableFunction:
    """Without the axes that are not seen and the modes, all zero, that used them."""
    axes = [*np.flatnonzero(seen), len(f.bases) - 1]
    modes = ~np.asarray(f.uses[:-1][~seen].any(axis=0), dtype=bool)
    tables = [f.tables[d][:, modes[f.uses[d]]] for d in axes]
    return SeparableFunction(tuple(f.bases[d] for d in axes), f.uses[axes][:, modes], tuple(tables))
