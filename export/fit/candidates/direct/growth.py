"""Sums of products grown mode by mode from the solution before: the search of a brief fit, for rows
that hardly have noise.

Penalties stay as slight as at the start, so that a step costs a factorisation and no inverse: rows
with noise are left to the families, whose smoothing is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis
from sna_edge.numerics.time_budget import TimeBudget

from ...data.folds import Folds
from ...data.samples import Samples
from ...effort import QUICK, Effort
from ...engine.axis_refinement import FINER, finest_needed
from ...engine.factors import SeparableFunction
from ...engine.free_knots import with_moved_breaks
from ...engine.gauss_newton import levenberg_marquardt
from ...engine.initialization import grown, mode_sets, random_start
from ..breaks import data_bases
from .rank_search import FADING, GAIN, NOT_GROWN, SLOW, spans_for
from .trial import FIRST_STRENGTH, RankTrial, RankTrials

Floats = NDArray[np.float64]
MODES = (1, 2, 3, 4, 6, 8)
FIRST_STEPS, LAST_STEPS, SETTLED = 12, 15, 1e-2
"""Steps with FIRST_STRENGTH, then with SLIGHT, and the gain of a step below which they end."""
SLIGHT = 1e-10
WORK = 1e10
"""Rows x parameters^2 of the steps of a trial beyond which none is made."""
FAR = 30.0
"""Times `worth` above which more than one mode is not grown."""
COARSE = 0.3
"""Error below which an input may get more spans."""
KINKED, SMOOTH, KINK_SPANS = 0.1, 1e-3, 2
"""Errors between which straight pieces are tried where an input asks for more spans, and how
many."""
LEAST_MODES = 8
"""Modes of straight pieces: with some to spare, steps do not get caught."""
KINKS = 0.5
"""Share of the error below which straight pieces are taken for the truth."""


def growth(
    samples: Samples,
    target: Floats,
    rng: np.random.Generator,
    *,
    max_parameters: int,
    worth: float = np.inf,
    budget: TimeBudget | None = None,
    watch: Callable[[str], None] | None = None,
    folds: Folds | None = None,
    effort: Effort = QUICK,
) -> list[RankTrial]:
    """MODES in turn while the leave-one-out error falls and may come below `worth`; then straight
    pieces or more spans on an input that still explains the residuals. Best first; target [N, K]
    with unit spread."""
    given = budget or TimeBudget()
    trials = RankTrials(
        samples, target, rng, max_parameters, given, watch, folds=folds, effort=effort
    )
    spans = spans_for(len(samples.x))
    bases = data_bases(samples, 3, spans)
    _modes(trials, bases, f"degree 3, {spans} spans", worth)
    best = trials.best
    if best.error < COARSE and _finer(best, trials) is not None:
        kinked = SMOOTH < best.error < KINKED
        straight = _straight(best, trials) if kinked else None
        best = straight or _refined(best, trials)
    return sorted(trials.found, key=lambda t: t.error)


def _modes(trials: RankTrials, bases: list[SpanBasis], label: str, worth: float) -> None:
    n_axes, n_outputs = len(bases), trials.target.shape[1]
    f, last = None, np.inf
    for rank in (r for r in MODES if r <= trials.effort.ranks):
        more = mode_sets(n_axes, rank - (f.rank - 1 if f else 0))
        start = (
            grown(f, more, trials.rng) if f else random_start(bases, more, n_outputs, trials.rng)
        )
        if f and not _affordable(start, trials):
            break
        trial = _made(start, f"CP rank {rank}, {label}", trials)
        f, error = trial.solution.f, trial.error
        slow = error > NOT_GROWN * worth and error > SLOW * last
        stalled = error > GAIN * last or slow or error > FAR * worth
        if n_axes == 1 or (rank > 1 and stalled):
            break
        last = error


def _affordable(f: SeparableFunction, trials: RankTrials) -> bool:
    """Whether the steps of a start are few enough operations, in the time left too."""
    work = len(trials.samples.x) * f.parameters**2 * (FIRST_STEPS + LAST_STEPS)
    return f.parameters <= trials.max_parameters and work <= WORK and trials.in_time(f.parameters)


def _made(start: SeparableFunction, name: str, trials: RankTrials) -> RankTrial:
    """The trial of a start, kept."""
    rows = trials.rows(start)
    f = levenberg_marquardt(
        start, rows, strengths=FIRST_STRENGTH, adapt=False, steps=FIRST_STEPS, tolerance=SETTLED,
        budget=trials.budget, leverages=False,
    ).f  # fmt: skip
    return _ended(start, f, name, trials)


def _ended(
    start: SeparableFunction, f: SeparableFunction, name: str, trials: RankTrials
) -> RankTrial:
    """The trial whose first steps ended at f, kept."""
    solution = levenberg_marquardt(
        f, trials.rows(f), strengths=SLIGHT, adapt=False, steps=LAST_STEPS, tolerance=SETTLED,
        budget=trials.budget,
    )  # fmt: skip
    return trials.kept(RankTrial(name, start, trials.judged(solution)))


def _finer(best: RankTrial, trials: RankTrials) -> int | None:
    """The input that asks for more spans."""
    bases = list(best.start.bases[:-1])
    return finest_needed(bases, trials.samples.x, best.solution.left_out)


def _straight(best: RankTrial, trials: RankTrials) -> RankTrial | None:
    """LEAST_MODES products of straight pieces whose breaks move, without penalties in the end; None
    where they err as much."""
    n_axes, n_outputs = trials.samples.x.shape[1], trials.target.shape[1]
    bases = data_bases(trials.samples, 1, KINK_SPANS)
    start = random_start(bases, mode_sets(n_axes, LEAST_MODES), n_outputs, trials.rng)
    if not _affordable(start, trials):
        return None
    f = with_moved_breaks(trials.begun(start), trials.rows(start), trials.budget)
    if trials.hopeless(f, KINKS * best.error):
        return None
    start = replace(start, bases=f.bases)
    name = f"{LEAST_MODES} modes, degree 1, spans {KINK_SPANS}, breaks moved"
    trial = _ended(start, f, name, trials)
    if trial.error >= KINKS * best.error:
        return None
    solution = levenberg_marquardt(
        trial.solution.f, trials.rows(f), strengths=FADING[-1], adapt=False,
        steps=LAST_STEPS, budget=trials.budget,
    )  # fmt: skip
    return trials.kept(replace(trial, name=f"{name}, met", solution=trials.judged(solution)))


def _refined(best: RankTrial, trials: RankTrials) -> RankTrial:
    """FINER times the spans on the input that still explains the residuals, from the solution,
    while they do better."""
    while not trials.budget.over() and (axis := _finer(best, trials)) is not None:
        f = best.solution.f
        spans = FINER * f.bases[axis].n_spans
        basis = data_bases(trials.samples, 3, spans)[axis]
        start = _on(f, axis, basis)
        if not _affordable(start, trials):
            break
        name = f"CP rank {f.rank - 1}, degree 3, {spans} spans on {trials.samples.axes[axis].name}"
        trial = _ended(start, start, name, trials)
        if trial.error > GAIN * best.error:
            break
        best = trial
    return best


def _on(f: SeparableFunction, axis: int, basis: SpanBasis) -> SeparableFunction:
    """The same function, as near as the basis of the axis comes."""
    x = np.linspace(basis.lower, basis.upper, 4 * basis.n_rows)
    held = f.bases[axis].design(x) @ f.tables[axis]
    bases, tables = list(f.bases), list(f.tables)
    bases[axis] = basis
    tables[axis] = np.asarray(np.linalg.lstsq(basis.design(x), held, rcond=None)[0])
    return replace(f, bases=tuple(bases), tables=tuple(tables))
