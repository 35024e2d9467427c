"""The same modes on few spans, among them piecewise linear ones with free knots: a function that
is exact on few spans is found exactly."""

from __future__ import annotations

from dataclasses import replace

from ...engine.factors import SeparableFunction
from ...engine.free_knots import with_moved_breaks
from ...engine.initialization import mode_sets, random_start
from ..breaks import data_bases
from .trial import RankTrial, RankTrials, last_steps

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
    """The first trial on few spans that errs less than `best`, else `best`; one that misses the
    rows by far more is given up after its first steps."""
    uses = best.start.uses[:-1, :-1]
    if uses.all() and uses.shape[1] < SPARE_RANK:
        uses = mode_sets(len(uses), SPARE_RANK)
    for degree, spans in COARSE if best.error < FEW_SPANS else FREE_KNOTS:
        bases = data_bases(trials.samples, degree, spans)
        start = random_start(bases, uses, trials.target.shape[1], trials.rng)
        if degree > 1 and start.parameters >= best.start.parameters:
            continue
        if not trials.cheap(start.parameters) or not trials.in_time(start.parameters):
            break
        wanted = (1.0 if degree > 1 else TAKEN) * best.error
        name = f"{uses.shape[1]} modes, degree {degree}, spans {spans}"
        f = trials.begun(start)
        found = [_ended(name, start, f, wanted, trials)]
        if degree == 1:
            moved = with_moved_breaks(f, trials.rows(f), trials.budget)
            start = replace(start, bases=moved.bases)
            found.append(_ended(f"{name}, breaks moved", start, moved, wanted, trials))
        trial = min((t for t in found if t), key=lambda t: t.error, default=None)
        if trial and trial.error < wanted:
            return trial
    return best


def _ended(
    name: str, start: SeparableFunction, f: SeparableFunction, wanted: float, trials: RankTrials
) -> RankTrial | None:
    """The trial whose first steps ended at f, unless that is hopeless."""
    if trials.hopeless(f, wanted):
        return None
    solution = last_steps(f, trials.rows(f), trials.budget, trials.effort.steps)
    return trials.kept(RankTrial(name, start, trials.judged(solution)))
