"""Direct candidates: a separable function fitted to the rows themselves."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis

from ..data.row_blocks import Rows
from ..data.samples import Samples
from ..engine.axis_refinement import FINER, finest_needed
from ..engine.budget import Pace, late
from ..engine.factors import Separable
from ..engine.free_knots import with_moved_breaks
from ..engine.gauss_newton import levenberg_marquardt
from ..engine.initialization import grown, mode_sets, start
from ..engine.linearisation import FittedFunction
from .breaks import data_bases

Floats = NDArray[np.float64]
FIRST_STRENGTH = 1e-8
STEPS = (20, 30)
POLISH = 60
"""Steps with fixed, then with adapting penalties while searching; more of the latter for the
winner."""
POLISH_WORK, LEAST_STEPS = 4e11, 10
"""Rows x parameters^2 of all steps of a polish (some two minutes), and the fewest steps it takes
whatever they cost."""
RANKS, FEW = (1, 2, 4, 8, 16, 24), 3
"""Ranks in turn; after the first FEW of them a noisy table is looked at for an axis that wants more
spans instead of more modes."""
NEARLY = 6.0
"""Times the error asked for up to which a simple candidate gets one rank more."""
GROWTH_WORK = 6e11
"""Rows x parameters^2 of all steps of a candidate (some two minutes) beyond which no rank is
tried."""
GAIN = 0.98
"""A larger model must lower the leave-one-out error to this share of the smaller one's."""
SMOOTH = 0.02
"""Relative error below which a Gauss-Newton finish with fading penalties follows."""
HOPELESS = 1.2
BEHIND, SLOW = 1.1, 0.7
"""Growth stops while still this far above `worth` and falling more slowly than this per step of
rank."""
DETERMINED = 3
"""Penalties are faded out only with at least so many rows per parameter."""
COARSE, FEW_SPANS = ((3, 1), (1, 2), (1, 4), (3, 2), (3, 3), (3, 4), (3, 6)), 0.05
"""Below the error FEW_SPANS the same modes are tried on these (degree, spans), straight ones with
breaks that move to kinks."""
KINKS = ((1, 2),)
"""Tried above FEW_SPANS, too: two straight pieces whose break moves."""
KINKED = 0.5
"""Share of the error below which straight pieces are taken for the truth."""
SPARE_RANK = 8
"""Least rank on few spans: with modes to spare the steps do not get caught where two modes share a
feature."""
FINISH = (1e-10, 1e-12, 1e-14, 1e-16)


@dataclass(frozen=True, eq=False)
class Direct:
    """A candidate: its name, the start and the solution on all rows, leave-one-out error in units
    of the spread."""

    name: str
    start: Separable
    solution: FittedFunction

    @property
    def error(self) -> float:
        return self.solution.loo


def direct_candidates(
    samples: Samples,
    target: Floats,
    rng: np.random.Generator,
    *,
    max_parameters: int,
    worth: float = np.inf,
    deadline: float = np.inf,
    watch: Callable[[str], None] | None = None,
) -> list[Direct]:
    """Additive, pairwise, then CP of growing rank while the leave-one-out error falls; best first.

    target [N, K] with unit spread; the winner is polished unless its error is far above `worth`.
    """
    found: list[Direct] = []

    def add(candidate: Direct) -> None:
        found.append(candidate)
        if watch:
            watch(f"{candidate.name}: leave-one-out error {candidate.error:.3g}")

    spans = _spans(len(samples.x))
    bases, label = (
        data_bases(samples, 3, spans),
        f"degree 3, {spans} span{'s' if spans > 1 else ''}",
    )
    pace = Pace()
    growth = _Growth(samples, target, rng, max_parameters, worth, deadline, add, pace)
    growth.simple(bases, label)
    least = growth.ranks(RANKS[:FEW], bases, label)
    best = min(found, key=lambda c: c.error)
    if least is not None and best.error > FEW_SPANS:
        finer = _finer(best, samples, target, rng, max_parameters, deadline, add, pace)
        if finer is not best:
            bases, label, least = (
                list(finer.start.bases[:-1]),
                finer.name.partition(", ")[2],
                finer.error,
            )
    if least is not None:
        growth.ranks(RANKS[FEW:], bases, label, least)
    best = _finer(
        min(found, key=lambda c: c.error), samples, target, rng, max_parameters, deadline, add, pace
    )
    best = _coarser(best, samples, target, rng, deadline, add, pace)
    determined = best.error < SMOOTH and samples.y.size >= DETERMINED * best.start.parameters
    if pace.in_time(best.start.parameters, deadline) and (
        best.error < HOPELESS * worth or determined
    ):
        rows = Rows(best.solution.f.bases, samples.x, target)
        steps = affordable(POLISH, best.start.parameters, len(samples.x), POLISH_WORK)
        polished = levenberg_marquardt(
            best.solution.f, rows, strengths=best.solution.strengths, steps=steps, deadline=deadline
        )
        best = replace(best, solution=min(best.solution, polished, key=lambda s: s.loo))
        if determined:
            best = replace(
                best,
                name=best.name + ", Gauss-Newton finish",
                solution=_finish(best, samples, target, deadline),
            )
        add(best)
    return sorted(found, key=lambda c: c.error)


def simple_candidate(
    samples: Samples,
    target: Floats,
    rng: np.random.Generator,
    *,
    max_parameters: int,
    enough: float,
    deadline: float = np.inf,
) -> Direct:
    """Additive, then CP of the first ranks until the leave-one-out error is at most `enough`: the
    best of them. One rank more is tried where they came NEARLY there.

    target [N, K] with unit spread.
    """
    found: list[Direct] = []
    spans = _spans(len(samples.x))
    bases = data_bases(samples, 3, spans)
    growth = _Growth(
        samples, target, rng, max_parameters, np.inf, deadline, found.append, Pace(), enough
    )
    growth.simple(bases, f"{spans} spans", paired=False)
    least = growth.ranks(RANKS[:FEW], bases, f"{spans} spans", found[0].error)
    if least is not None and least < NEARLY * enough:
        growth.ranks(RANKS[FEW : FEW + 1], bases, f"{spans} spans", least)
    return min(found, key=lambda c: c.error)


def affordable(steps: int, parameters: int, n_rows: int, work: float) -> int:
    """At most `steps`, as many as `work` multiply-adds are enough for, LEAST_STEPS at least."""
    return int(np.clip(work / (n_rows * parameters**2), min(LEAST_STEPS, steps), steps))


def _spans(n_rows: int) -> int:
    """Spans of a cubic axis by the number of rows: divisors and multiples of 12, so that coarser
    even breaks are among them."""
    return int(
        next((s for limit, s in ((40, 2), (120, 4), (600, 6), (20_000, 12)) if n_rows < limit), 24)
    )


@dataclass
class _Growth:
    """Candidates of growing size on given bases."""

    samples: Samples
    target: Floats
    rng: np.random.Generator
    max_parameters: int
    worth: float
    deadline: float
    add: Callable[[Direct], None]
    pace: Pace
    enough: float = 0.0

    def in_time(self, f: Separable) -> bool:
        return self.pace.in_time(f.parameters, self.deadline)

    def tried(self, f: Separable, name: str) -> FittedFunction:
        begin = time.monotonic()
        solution = fit_rows(f, self.samples.x, self.target, self.deadline)
        self.pace.measured(f.parameters, begin)
        self.add(Direct(name, f, solution))
        return solution

    def simple(self, bases: list[SpanBasis], label: str, *, paired: bool = True) -> None:
        """Additive, then, where `paired`, with all pairs of axes."""
        n_axes, n_outputs = self.samples.x.shape[1], self.target.shape[1]
        solution = self.tried(
            start(bases, mode_sets(n_axes, 0, additive=True), n_outputs, self.rng),
            f"additive, {label}",
        )
        if not paired:
            return
        pairs = list(combinations(range(n_axes), 2))
        pairwise = grown(solution.f, mode_sets(n_axes, 0, pairs=pairs), self.rng, 0.1)
        if (
            n_axes > 2
            and pairwise.parameters <= self.max_parameters // 2
            and self.in_time(pairwise)
        ):
            self.tried(pairwise, f"pairwise, {label}")

    def ranks(
        self, ranks: tuple[int, ...], bases: list[SpanBasis], label: str, least: float = np.inf
    ) -> float | None:
        """CP of these ranks while the error falls and is not `enough`; the least one (or that
        given), None where growth has ended."""
        n_axes, n_outputs = self.samples.x.shape[1], self.target.shape[1]
        if n_axes == 1 or least <= self.enough:
            return None
        last = least
        for rank in ranks:
            f = start(bases, mode_sets(n_axes, rank), n_outputs, self.rng)
            work = len(self.samples.x) * f.parameters**2 * sum(STEPS)
            if f.parameters > self.max_parameters or work > GROWTH_WORK or not self.in_time(f):
                return None
            error = self.tried(f, f"CP rank {rank}, {label}").loo
            stalled = error > GAIN * least or (error > BEHIND * self.worth and error > SLOW * last)
            if rank >= (SPARE_RANK if self.worth < FEW_SPANS else 4) and stalled:
                return None
            if error <= self.enough:
                return None
            least, last = min(least, error), error
        return least


def _finer(
    best: Direct, samples: Samples, target: Floats, rng: np.random.Generator, max_parameters: int, deadline: float,
    add: Callable[[Direct], None], pace: Pace,
) -> Direct:  # fmt: skip
    """FINER times the spans on the axis that still explains the residuals, at the rank that fits,
    while they do better."""
    n_axes = samples.x.shape[1]
    while not late(deadline):
        bases = list(best.start.bases[:-1])
        axis = finest_needed(bases, samples.x, best.solution.left_out)
        if axis is None:
            break
        spans = [FINER * b.n_spans if d == axis else b.n_spans for d, b in enumerate(bases)]
        finer = data_bases(samples, 3, spans)
        bases[axis] = finer[axis]
        each = sum(b.n_rows for b in bases)
        ranks = [r for r in RANKS if r * each < max_parameters]
        if not ranks:
            break
        rank = min(ranks[-1], max(best.start.rank - 1, 4))
        f = start(bases, mode_sets(n_axes, rank), target.shape[1], rng)
        if not pace.in_time(f.parameters, deadline):
            break
        trial = Direct(
            f"CP rank {rank}, degree 3, {bases[axis].n_spans} spans on {samples.axes[axis].name}",
            f,
            fit_rows(f, samples.x, target, deadline),
        )
        add(trial)
        if trial.error > GAIN * best.error:
            break
        best = trial
    return best


def _coarser(
    best: Direct,
    samples: Samples,
    target: Floats,
    rng: np.random.Generator,
    deadline: float,
    add: Callable[[Direct], None],
    pace: Pace,
) -> Direct:
    """The same modes on fewer spans, while they do better: an exact basis of few rows is found back
    exactly."""
    uses = best.start.uses[:-1, :-1]
    if uses.all() and uses.shape[1] < SPARE_RANK:
        uses = mode_sets(len(uses), SPARE_RANK)
    for degree, spans in COARSE if best.error < FEW_SPANS else KINKS:
        f = start(data_bases(samples, degree, spans), uses, target.shape[1], rng)
        if degree > 1 and f.parameters >= best.start.parameters:
            continue
        if len(samples.x) * f.parameters**2 * sum(STEPS) > GROWTH_WORK or not pace.in_time(
            f.parameters, deadline
        ):
            break
        trial = Direct(
            f"{uses.shape[1]} modes, degree {degree}, spans {spans}",
            f,
            fit_rows(f, samples.x, target, deadline),
        )
        add(trial)
        if degree == 1:
            trial = min(
                trial, _kinked(trial, samples, target, deadline, add), key=lambda c: c.error
            )
        if trial.error < (1.0 if degree > 1 else KINKED) * best.error:
            return trial
    return best


def _kinked(
    straight: Direct,
    samples: Samples,
    target: Floats,
    deadline: float,
    add: Callable[[Direct], None],
) -> Direct:
    """The straight pieces with their breaks moved to the kinks."""
    f = with_moved_breaks(straight.solution.f, samples.x, target, deadline)
    rows = Rows(f.bases, samples.x, target)
    moved = levenberg_marquardt(
        f, rows, strengths=FIRST_STRENGTH, steps=STEPS[1], deadline=deadline
    )
    trial = Direct(f"{straight.name}, breaks moved", replace(straight.start, bases=f.bases), moved)
    add(trial)
    return trial


def fit_rows(
    f: Separable, x: Floats, target: Floats, deadline: float = np.inf, weight: Floats | None = None
) -> FittedFunction:
    """From a start to a solution: first with slight fixed penalties, then with strengths by
    evidence."""
    rows = Rows(f.bases, x, target, weight)
    return levenberg_marquardt(
        first_steps(f, rows, deadline),
        rows,
        strengths=FIRST_STRENGTH,
        steps=STEPS[1],
        deadline=deadline,
    )


def first_steps(f: Separable, rows: Rows, deadline: float) -> Separable:
    """From a random start to where the rows pull it, almost without penalty."""
    return levenberg_marquardt(
        f,
        rows,
        strengths=FIRST_STRENGTH,
        adapt=False,
        steps=STEPS[0],
        deadline=deadline,
        leverages=False,
    ).f


def _finish(best: Direct, samples: Samples, target: Floats, deadline: float) -> FittedFunction:
    """Penalties faded out while the leave-one-out error falls: exact data of known rank is met to
    rounding."""
    solution = best.solution
    rows = Rows(solution.f.bases, samples.x, target)
    for strength in FINISH:
        trial = levenberg_marquardt(
            solution.f,
            rows,
            strengths=strength,
            adapt=False,
            steps=60,
            tolerance=1e-4,
            deadline=deadline,
        )
        if trial.loo >= solution.loo or late(deadline):
            break
        solution = trial
    return solution
