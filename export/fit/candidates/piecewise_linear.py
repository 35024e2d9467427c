"""The same modes on few spans, among them piecewise linear ones with free knots: a function that
is exact on few spans is found exactly."""

from __future__ import annotations

from dataclasses import replace

from ..data.row_blocks import Rows
from ..engine.free_knots import with_moved_breaks
from ..engine.gauss_newton import levenberg_marquardt
from ..engine.initialization import mode_sets, random_start
from .breaks import data_bases
from .trial import ADAPTING_STEPS, FIRST_STRENGTH, RankTrial, RankTrials

FEW_SPANS = 0.05
"""Error below which all of COARSE are tried."""
COARSE = ((3, 1), (1, 2), (1, 4), (3, 2), (3, 3), (3, 4), (3, 6))
"""(degree, spans) in turn."""
FREE_KNOTS = ((1, 2),)
"""Tried above FEW_SPANS, too: two spans whose common break moves."""
TAKEN = 0.5
"""Share of the error below which piecewise linear atoms are taken for the truth."""
SPARE_RANK = 8
"""Least rank on few spans: with modes to spare the steps do not get caught where two modes share a
feature."""


def on_few_spans(best: RankTrial, trials: RankTrials) -> RankTrial:
    """The first trial on few spans that errs less than `best`, else `best`."""
    uses = best.start.uses[:-1, :-1]
    if uses.all() and uses.shape[1] < SPARE_RANK:
        uses = mode_sets(len(uses), SPARE_RANK)
    for degree, spans in COARSE if best.error < FEW_SPANS else FREE_KNOTS:
        bases = data_bases(trials.samples, degree, spans)
        f = random_start(bases, uses, trials.target.shape[1], trials.rng)
        if degree > 1 and f.parameters >= best.start.parameters:
            continue
        if not trials.cheap(f.parameters) or not trials.in_time(f.parameters):
            break
        trial = trials.made(f, f"{uses.shape[1]} modes, degree {degree}, spans {spans}")
        if degree == 1:
            trial = min(trial, _with_moved_breaks(trial, trials), key=lambda t: t.error)
        if trial.error < (1.0 if degree > 1 else TAKEN) * best.error:
            return trial
    return best


def _with_moved_breaks(even: RankTrial, trials: RankTrials) -> RankTrial:
    """The piecewise linear function with its breaks moved to where the slope jumps."""
    x, target, budget = trials.samples.x, trials.target, trials.budget
    f = with_moved_breaks(even.solution.f, x, target, budget)
    moved = levenberg_marquardt(
        f,
        Rows(f.bases, x, target),
        strengths=FIRST_STRENGTH,
        steps=ADAPTING_STEPS,
        budget=budget,
    )
    start = replace(even.start, bases=f.bases)
    return trials.kept(RankTrial(f"{even.name}, breaks moved", start, trials.judged(moved)))
