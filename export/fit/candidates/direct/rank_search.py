"""Search of order, rank and resolution: separable functions of growing size fitted to the rows
themselves, by their leave-one-out error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis
from sna_edge.numerics.time_budget import TimeBudget

from ...data.folds import Folds
from ...data.samples import Samples
from ...effort import NORMAL, Effort
from ...engine.axis_refinement import FINER, finest_needed
from ...engine.factors import SeparableFunction
from ...engine.gauss_newton import levenberg_marquardt
from ...engine.initialization import grown, mode_sets, random_start
from ...engine.linearisation import FittedFunction
from ..breaks import data_bases
from .piecewise_linear import FEW_SPANS, SPARE_RANK, on_few_spans
from .trial import DETERMINED, HOPELESS, MANY_ROWS, RankTrial, RankTrials, affordable

Floats = NDArray[np.float64]
POLISH, POLISH_WORK, POLISH_WORK_OF_MANY = 60, 4e11, 2.5e11
"""Steps of the winner's polish, and rows x parameters^2 of all of them (some two minutes), with
more than MANY_ROWS less."""
RANKS, FEW = (1, 2, 4, 8, 16, 24, 32), 3
"""Ranks in turn; after the first FEW of them a noisy table is looked at for an axis that wants more
spans instead of more modes."""
NEARLY = 6.0
"""Times the error asked for up to which a simple candidate gets one rank more."""
GAIN = 0.98
"""A larger model must lower the leave-one-out error to this share of the smaller one's."""
NOISELESS = 0.02
"""Relative error below which a Gauss-Newton finish with fading penalties follows."""
NOT_POLISHED = 1.2
"""Times `worth` above which the winner is left as it is."""
NOT_GROWN, SLOW = 1.1, 0.7
"""Growth stops while still this far above `worth` and falling more slowly than this per step of
rank."""
FADING = (1e-10, 1e-12, 1e-14, 1e-16)


def rank_search(
    samples: Samples,
    target: Floats,
    rng: np.random.Generator,
    *,
    max_parameters: int,
    worth: float = np.inf,
    budget: TimeBudget | None = None,
    watch: Callable[[str], None] | None = None,
    before: RankTrials | None = None,
    folds: Folds | None = None,
    rivals: Mapping[str, float] | None = None,
    effort: Effort = NORMAL,
) -> list[RankTrial]:
    """Additive, pairwise, then CP of growing rank while the leave-one-out error falls; best first.

    target [N, K] with unit spread; the winner is polished unless its error is far above `worth`.
    Errors are leave-one-out, or without each of the `folds` where these are given.
    Trials that a `simple_search` of the same rows made `before` are not made again; `rivals`:
    errors of trials under another link, far behind which this search ends.
    """
    given = budget or TimeBudget()
    trials = RankTrials(
        samples, target, rng, max_parameters, given, watch, before, rivals or {}, folds=folds,
        effort=effort,
    )  # fmt: skip
    bases, label = _first_bases(samples)
    _simple(trials, bases, label)
    least = _ranks(trials, RANKS[:FEW], bases, label, worth=worth)
    if trials.outrun:
        return sorted(trials.found, key=lambda t: t.error)
    best = trials.best
    if least is not None and best.error > FEW_SPANS:
        finer = _refined(best, trials)
        if finer is not best:
            bases, label, least = (
                list(finer.start.bases[:-1]),
                finer.name.partition(", ")[2],
                finer.error,
            )
    if least is not None:
        _ranks(trials, RANKS[FEW:], bases, label, least, worth=worth)
    best = on_few_spans(_refined(trials.best, trials), trials)
    determined = best.error < NOISELESS and samples.y.size >= DETERMINED * best.start.parameters
    wanted = best.error < NOT_POLISHED * worth or determined
    if trials.in_time(best.start.parameters) and wanted:
        trials.kept(_polished(best, trials, determined))
    return sorted(trials.found, key=lambda t: t.error)


def simple_search(
    samples: Samples,
    target: Floats,
    rng: np.random.Generator,
    *,
    max_parameters: int,
    enough: float,
    budget: TimeBudget | None = None,
    folds: Folds | None = None,
    effort: Effort = NORMAL,
) -> RankTrials:
    """Additive, then CP of the first ranks until the leave-one-out error is at most `enough`. One
    rank more is tried where they came NEARLY there.

    target [N, K] with unit spread. Starts are drawn as `rank_search` draws them.
    """
    given = budget or TimeBudget()
    trials = RankTrials(samples, target, rng, max_parameters, given, folds=folds, effort=effort)
    bases, label = _first_bases(samples)
    _simple(trials, bases, label, paired=False)
    least = _ranks(trials, RANKS[:FEW], bases, label, trials.best.error, enough=enough)
    if least is not None and least < NEARLY * enough:
        _ranks(trials, RANKS[FEW : FEW + 1], bases, label, least, enough=enough)
    return trials


def _first_bases(samples: Samples) -> tuple[list[SpanBasis], str]:
    """Cubic bases with the spans that so many rows are begun with, and their name."""
    spans = spans_for(len(samples.x))
    return data_bases(samples, 3, spans), f"degree 3, {spans} span{'s' if spans > 1 else ''}"


def spans_for(n_rows: int) -> int:
    """Spans of a cubic axis by the number of rows: divisors and multiples of 12, so that coarser
    even breaks are among them."""
    return int(
        next((s for limit, s in ((40, 2), (120, 4), (600, 6), (20_000, 12)) if n_rows < limit), 24)
    )


def _simple(trials: RankTrials, bases: list[SpanBasis], label: str, *, paired: bool = True) -> None:
    """Additive, then, where `paired`, with all pairs of axes."""
    n_axes, n_outputs = trials.samples.x.shape[1], trials.target.shape[1]
    uses = mode_sets(n_axes, 0, additive=True)
    additive = trials.made(
        random_start(bases, uses, n_outputs, trials.rng), f"additive, {label}"
    ).solution
    pairs = list(combinations(range(n_axes), 2))
    pairwise = grown(additive.f, mode_sets(n_axes, 0, pairs=pairs), trials.rng, 0.1)
    if not paired:
        return
    small = n_axes > 2 and pairwise.parameters <= trials.max_parameters // 2
    if small and trials.in_time(pairwise.parameters):
        trials.made(pairwise, f"pairwise, {label}")


def _ranks(
    trials: RankTrials,
    ranks: tuple[int, ...],
    bases: list[SpanBasis],
    label: str,
    least: float = np.inf,
    *,
    worth: float = np.inf,
    enough: float = 0.0,
) -> float | None:
    """CP of these ranks while the error falls and is not `enough`; the least one (or that given),
    None where growth has ended."""
    n_axes, n_outputs = trials.samples.x.shape[1], trials.target.shape[1]
    if n_axes == 1 or least <= enough:
        return None
    last = least
    for rank in (r for r in ranks if r <= trials.effort.ranks):
        f = random_start(bases, mode_sets(n_axes, rank), n_outputs, trials.rng)
        small = f.parameters <= trials.max_parameters and trials.cheap(f.parameters)
        if not small or not trials.in_time(f.parameters):
            return None
        error = trials.made(f, f"CP rank {rank}, {label}").error
        stalled = error > GAIN * least or (error > NOT_GROWN * worth and error > SLOW * last)
        if rank >= (SPARE_RANK if worth < FEW_SPANS else 4) and stalled:
            return None
        if error <= enough or (rank > 2 and _too_far(error / last, worth / error, f, trials)):
            return None
        least, last = min(least, error), error
    return least


def _too_far(fall: float, wanted: float, f: SeparableFunction, trials: RankTrials) -> bool:
    """Whether an error that fell to the share `fall` as the modes doubled stays above HOPELESS
    times what is `wanted` of it with as many modes as there may be."""
    doublings = np.log2(trials.max_parameters / f.parameters)
    return bool(wanted > 0.0 and fall ** max(doublings, 0.0) > HOPELESS * wanted)


def _refined(best: RankTrial, trials: RankTrials) -> RankTrial:
    """FINER times the spans on the axis that still explains the residuals, at the rank that fits,
    while they do better."""
    samples = trials.samples
    while not trials.budget.over():
        bases = list(best.start.bases[:-1])
        axis = finest_needed(bases, samples.x, best.solution.left_out)
        if axis is None:
            break
        spans = [FINER * b.n_spans if d == axis else b.n_spans for d, b in enumerate(bases)]
        bases[axis] = data_bases(samples, 3, spans)[axis]
        each = sum(b.n_rows for b in bases)
        ranks = [r for r in RANKS if r * each < trials.max_parameters]
        if not ranks:
            break
        rank = min(ranks[-1], max(best.start.rank - 1, 4))
        uses = mode_sets(len(bases), rank)
        f = random_start(bases, uses, trials.target.shape[1], trials.rng)
        if not trials.in_time(f.parameters):
            break
        fine = f"{bases[axis].n_spans} spans on {samples.axes[axis].name}"
        trial = trials.made(f, f"CP rank {rank}, degree 3, {fine}")
        if trial.error > GAIN * best.error:
            break
        best = trial
    return best


def _polished(best: RankTrial, trials: RankTrials, determined: bool) -> RankTrial:
    """More steps with adapting penalties; where `determined` these are faded out in the end."""
    solution, samples = best.solution, trials.samples
    rows = trials.rows(solution.f)
    steps = affordable(
        round(trials.effort.polish * POLISH),
        best.start.parameters,
        len(samples.x),
        POLISH_WORK if len(samples.x) <= MANY_ROWS else POLISH_WORK_OF_MANY,
    )
    polished = levenberg_marquardt(
        solution.f, rows, strengths=solution.strengths, steps=steps, budget=trials.budget
    )
    solution = min(solution, trials.judged(polished), key=lambda s: s.loo)
    if not determined:
        return replace(best, solution=solution)
    name = best.name + ", Gauss-Newton finish"
    return replace(best, name=name, solution=_without_penalty(solution, trials))


def _without_penalty(solution: FittedFunction, trials: RankTrials) -> FittedFunction:
    """Penalties faded out while the leave-one-out error falls: exact data of known rank is met to
    rounding."""
    rows = trials.rows(solution.f)
    for strength in FADING:
        trial = levenberg_marquardt(
            solution.f,
            rows,
            strengths=strength,
            adapt=False,
            steps=round(trials.effort.polish * POLISH),
            tolerance=1e-4,
            budget=trials.budget,
        )
        trial = trials.judged(trial)
        if trial.loo >= solution.loo or trials.budget.over():
            break
        solution = trial
    return solution
