"""How far a function behind exp goes where inputs stand together as no row has them.

Correlated inputs leave most of their box empty, and what rounds off a residual between the rows is
multiplied there: behind exp a sum that runs a few of its ranges ahead is an absurd number. So every
input takes the values of rows on its own, and the linear part is compared with that at the rows.
Outputs that hardly vary may leave their range: their exp is nearly a straight line.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..candidates.candidate import Candidate
from ..data.samples import Samples

Floats = NDArray[np.float64]
STREAM = 271
"""Of the draws."""
SOME_ROWS = 20_000
"""Most rows (evenly spaced) that are looked at."""
NEARLY_ALL = 0.999
"""Share of the points that counts: the very corners are not asked for."""
WIDER = 1.0
"""Ranges of the linear part over the rows by which it may run ahead of the highest of them."""
ABSURD = 10.0
"""Times the highest answer to a row up to which nothing is absurd, however small the range."""


def mixed(samples: Samples) -> tuple[Floats, Floats]:
    """Rows [n, D], and as many points whose inputs are each that of a row of its own."""
    x = samples.x[:: -(-len(samples.x) // SOME_ROWS)]
    rng = np.random.default_rng(STREAM)
    return x, np.stack([column[rng.permutation(len(x))] for column in x.T], axis=1)


def runs_away(candidate: Candidate, samples: Samples) -> float | None:
    """How many times the highest answer to a row most answers to mixed inputs stay below, where
    that is absurd; else None. A baseline is kept whatever it does: something must be."""
    exp = np.array([o.link == "exp" for o in candidate.outputs])
    if candidate.kind == "baseline" or not exp.any():
        return None
    rows, points = ((candidate.f.predict(x) * candidate.spread)[:, exp] for x in mixed(samples))
    ahead = np.quantile(points, NEARLY_ALL, axis=0) - rows.max(axis=0)
    away = ahead > np.maximum(WIDER * np.ptp(rows, axis=0), np.log(ABSURD))
    return float(np.exp(min(float(ahead[away].max()), 690.0))) if away.any() else None


def tame(candidates: list[Candidate], samples: Samples) -> list[Candidate]:
    """Those that do not run away; of the others `notes` says how far they do."""
    kept = []
    for candidate in candidates:
        times = runs_away(candidate, samples)
        if times is None:
            kept.append(candidate)
        else:
            candidate.notes["runs_away"] = times
    return kept


def said(candidates: list[Candidate], best: Candidate) -> list[str]:
    """A sentence for each that was left out though it errs less."""
    return [
        f"{c.name} errs less on rows left out ({c.error:.4g}) and was not taken: where inputs stand"
        " together as in no row it answers up to"
        f" {c.notes['runs_away']:.1e} times the highest value of the rows"
        for c in candidates
        if "runs_away" in c.notes and c.error < best.error
    ]
