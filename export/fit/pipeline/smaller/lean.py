"""The function chosen with fewer modes, where its own error hides what that changes.

The error of rows left out, e, becomes sqrt(e^2 + d^2) by a change d that has nothing to do with it:
1.02 e at d = 0.2 e. Noisy tables keep their functions: few modes carry them anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import TimeBudget

from ....compress.cp import reduced
from ....l2.axis_space import AxisSpace
from ....l2.cp_factors import CPFactors
from ....l2.cp_least_squares import CPLeastSquares
from ...candidates.baseline import error_of, rms
from ...candidates.candidate import Candidate
from ...data.row_blocks import Rows
from ...data.samples import Samples
from ...engine.factors import SeparableFunction
from ...engine.gauss_newton import levenberg_marquardt
from ...engine.initialization import mode_sets, random_start
from ...engine.normal_equations import loss
from ...validation.choice import ENOUGH
from ...validation.reach import mixed

Floats = NDArray[np.float64]
LOST, THERE = 0.2, 1.5
"""Share of the error that the change may have over the domain and at the rows, and times this where
inputs are each that of a row of its own."""
LEAST = 1e-8
"""Of the spread: what float32 tables do to a function that is met to rounding."""
KEPT = ("baseline", "shape")
"""Kinds that stay as they are."""
MANY_CELLS = 512
"""Coefficients up to which a function is left as it is."""
FEW = (1, 2, 3)
"""Ranks that are tried from a start of their own, on all inputs: sums of few products that were
found as sums of many."""
SOME_POINTS = 4000
"""Of rows and others (evenly spaced) that these are fitted to; they are judged at all."""
STREAM = 83
"""Of these starts."""
MOST_WORK = 2e9
"""Modes^3 x inputs beyond which none is left out."""
FADING, STEPS, NEAR = (1e-8, 1e-11, 1e-14), 80, 1e-3
"""Strengths of their penalties in turn, steps of each, and the distance at which they are given
up."""


def lean(best: Candidate, samples: Samples, budget: TimeBudget) -> Candidate:
    """The candidate, or one of fewer modes whose answers differ by at most LOST of its error. One
    whose shape is proved stays."""
    error = error_of(best) / np.maximum(best.measured.std(axis=0), 1e-300)
    cells = sum(t.size for t in best.f.tables[:-1])
    work = float(best.f.rank) ** 3 * len(best.f.bases)
    fit = best.kind not in KEPT and cells > MANY_CELLS and work <= MOST_WORK
    if not (fit and error.max() < ENOUGH) or not budget.affords("leaving out modes", 10.0 * work):
        return best
    allowed = np.maximum(LOST * error, LEAST)
    rows, others = mixed(samples)
    for f in _fewer(best.f, np.concatenate([rows, others]), 1.0 / allowed, budget):
        small = sum(t.size for t in f.tables[:-1]) < cells
        found = replace(best, f=f)
        close = _alike(found, best, rows, allowed) and _alike(found, best, others, THERE * allowed)
        if small and close:
            return found
    return best


def _alike(found: Candidate, best: Candidate, x: Floats, allowed: Floats) -> bool:
    """The same inputs matter, and answers at x differ by at most `allowed` [K] spreads."""
    seen = [[bool(np.any(t)) for t in c.f.tables[:-1]] for c in (found, best)]
    apart = rms(found.values(x), best.values(x))
    return seen[0] == seen[1] and bool(np.all(apart <= allowed * best.measured.std(axis=0)))


def _fewer(
    f: SeparableFunction, x: Floats, output: Floats, budget: TimeBudget
) -> Iterator[SeparableFunction]:
    """Functions of fewer modes that may be within 1 of f, times output [K]: of few modes as they
    are at x, then those that f has in L2 of the domain."""
    cp, bias = f.to_cp()
    bases = f.bases[:-1]
    for rank in FEW:
        if not budget.over():
            yield _of_rank(rank, f, x, budget)
    spaces = [AxisSpace.of(b) for b in bases]
    start = CPFactors.of_cp(cp, bias, spaces)
    left = reduced(CPLeastSquares(start, spaces, output), start, 1.0)
    cp, bias = left.to_cp(spaces)
    yield SeparableFunction.from_cp(cp, bases, bias)


def _of_rank(rank: int, f: SeparableFunction, x: Floats, budget: TimeBudget) -> SeparableFunction:
    """Fitted to f at SOME_POINTS of x: with penalties that fade away while it comes near."""
    rng = np.random.default_rng([STREAM, rank])
    bases = f.bases[:-1]
    near = random_start(bases, mode_sets(len(bases), rank), f.n_outputs, rng)
    x = x[:: -(-len(x) // SOME_POINTS)]
    rows = Rows(f.bases, x, f.predict(x))
    for strength in FADING:
        near = levenberg_marquardt(
            near, rows, strengths=strength, adapt=False, steps=STEPS, leverages=False,
            budget=budget,
        ).f  # fmt: skip
        if loss(near, rows) > NEAR**2:
            break
    return near
