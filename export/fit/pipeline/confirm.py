"""Rows that took no part in any choice confirm the winner against the baseline; what does not hold
is replaced by it. `agreement` settles tables with little noise before.

* From LEAST_GROUPS different rows on some are held out before anything is chosen. Winner and
  baseline answer them, the verdict is by these rows and by all out-of-fold errors; the winner is
  then moved onto all rows with its structure, link and penalties fixed.
* With fewer rows none can be spared: the out-of-fold errors of all rows decide where they are far
  apart, else the whole search is repeated without each third of the rows.

Rows with equal inputs stay together, or whole groups. Errors are per output; R2 = 1 - sum (y -
f)^2 / sum (y - mean of the rows seen)^2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import OutOfTime, TimeBudget

from ..candidates.baseline import error_of, left_out_means, mean_alone, rms
from ..candidates.candidate import Candidate
from ..candidates.composed import aligned, composed
from ..candidates.gain import certainty
from ..data.folds import Folds
from ..data.held_together import folds_of as folds_in
from ..data.samples import Samples
from ..data.weights import mean as mean_of
from ..validation.choice import ROUNDING_ERROR
from ..validation.held_rows import HELD_STREAM, LEAST_GROUPS, between, counted, kept_out, split

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Search = Callable[[Samples, Folds, TimeBudget], tuple[Candidate, Candidate]]
"""(winner, baseline) of some rows with these folds."""
FoldsOf = Callable[[Samples], Folds]
"""The folds of some rows."""
WORSE, FAR_WORSE = 1.05, 1.25
"""A winner whose error on the held-out rows is this much above the baseline's is replaced: by the
first where the loss is more than its standard error or the rows are fewer than TELLING, else by the
second."""
TELLING = 40
"""Held-out rows whose standard error is one; by fewer the simpler function is taken in doubt."""
CLEARLY_BETTER, HARDLY_BETTER, THIRDS = 0.7, 0.98, 3
"""Over all out-of-fold rows a winner below CLEARLY_BETTER times the baseline's error is taken, one
above HARDLY_BETTER times or not better by a standard error replaced; in small tables one between is
tried on thirds."""
FAR_FROM_BASELINE = 2.0
"""A winner that gains little may differ from the baseline between rows by this many times
sqrt(b^2 - w^2), what its gain explains."""
SURE, FEWER_ROWS = 2.0, 1.25
"""A winner whose gain over all out-of-fold rows is so many standard errors may err on thirds by so
many times the baseline: on two thirds of the rows the richer function loses more."""
GROWN_ERROR = 1.02
"""A winner moved onto all rows whose error on them has grown by this much stays where it was."""
MOVED_ANSWERS = 0.3
"""So does one whose answers have moved by this share of its error: a few more rows move it by less
than half of that, and what was confirmed is no longer what would be delivered."""


@dataclass
class Confirmation:
    """How the winner was confirmed: on which rows, its errors and the baseline's (relative), what
    was replaced by what."""

    by: str
    rows: int
    error: dict[str, float] = field(default_factory=dict)
    baseline: dict[str, float] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        """As plain data, for the report."""
        return {
            "by": self.by,
            "rows": self.rows,
            "error": self.error,
            "baseline": self.baseline,
            "replaced": self.replaced,
        }


class Contest(NamedTuple):
    """Three candidates over the same rows; outputs of the first that do not hold are replaced by
    the second, or by the mean where that is better still."""

    winner: Candidate
    base: Candidate
    mean: Candidate

    def certainty(
        self, rows: NDArray[np.bool_] | slice = slice(None), group: Ints | None = None
    ) -> Floats:
        """[K], over `rows`: the winner's mean gain over the baseline in standard errors."""
        base, weight = self.base, self.base.weight
        return certainty(
            base.measured[rows],
            base.predicted[rows],
            self.winner.predicted[rows],
            None if group is None else group[rows],
            None if weight is None else weight[rows],
        )

    def no_gain(
        self,
        w: Floats,
        b: Floats,
        rows: NDArray[np.bool_] | slice = slice(None),
        group: Ints | None = None,
    ) -> NDArray[np.bool_]:
        """[K], over `rows`: the winner's error w is not below HARDLY_BETTER times the baseline's b,
        or not below CLEARLY_BETTER times and the mean gain in squared error is less than its
        standard error."""
        clear = self.certainty(rows, group) > 1.0
        return np.asarray((w > HARDLY_BETTER * b) | ((w > CLEARLY_BETTER * b) & ~clear))

    def far_from_baseline(self, w: Floats, b: Floats, places: Floats) -> NDArray[np.bool_]:
        """[K]: a winner that gains little (errors w and b [K]) answers far from the baseline at
        `places` [m, D], where no row has judged it."""
        if self.winner is self.base:
            return np.zeros(len(w), dtype=bool)
        explained = np.sqrt(np.maximum(b**2 - w**2, 0.0))
        apart = rms(self.winner.values(places), self.base.values(places))
        return np.asarray((w > CLEARLY_BETTER * b) & (apart > FAR_FROM_BASELINE * explained))

    def met(self, error: Floats) -> NDArray[np.bool_]:
        """[K]: the winner meets the rows to rounding; a baseline that does so too is no better."""
        return np.asarray(error <= ROUNDING_ERROR * self.winner.measured.std(axis=0))

    def replaced(self, worse: NDArray[np.bool_], below_mean: NDArray[np.bool_]) -> Candidate:
        """Outputs [K] that are worse are the baseline's, or those of the mean."""
        return composed(composed(self.winner, self.base, worse), self.mean, below_mean)

    def names_of_replaced(
        self, worse: NDArray[np.bool_], below_mean: NDArray[np.bool_]
    ) -> dict[str, str]:
        """{output: what it was replaced by}."""
        found = {}
        kinds = self.base.notes.get("kinds", [])
        for k, output in enumerate(self.winner.outputs):
            if below_mean[k]:
                found[output.name] = "mean"
            elif worse[k] and self.winner is not self.base:
                named = len(kinds) == len(self.winner.outputs)
                found[output.name] = kinds[k] if named else "baseline"
        return found

    def relative(self, error: Floats) -> dict[str, float]:
        """{output: error [K] over the deviation of what was measured}."""
        shares = error / self.winner.measured.std(axis=0)
        return {
            output.name: min(share, 1e300)
            for output, share in zip(self.winner.outputs, shares.tolist(), strict=True)
        }


class Winner(NamedTuple):
    """The candidate to deliver, whose rows count in all samples, reference means [n, K] of its
    rows, and how it was confirmed."""

    best: Candidate
    reference: Floats
    how: Confirmation


def confirmed(
    samples: Samples,
    search: Search,
    folds_of: FoldsOf,
    seed: int,
    budget: TimeBudget,
) -> Winner:
    """The candidate to deliver, by rows held out of the search, or in few rows by all."""
    chosen, held = split(samples, seed)
    part = samples.take(chosen).over(samples) if len(held) else samples
    folds = folds_of(part)
    winner, base = aligned(*search(part, folds, budget))
    mean = mean_alone(part, base, folds)
    if not len(held):
        contest = Contest(winner, base, mean)
        best, how = _cross(samples, contest, search, folds_of, seed, budget)
        means = left_out_means(samples.y, folds, samples.weight)
        return Winner(best, means[best.rows], how)
    reference = np.concatenate(
        [mean.predicted, np.broadcast_to(mean_of(part.y, part.weight), samples.y[held].shape)]
    )
    winner, base, mean = (
        _with_held(c, chosen, held, samples)
        for c in (winner, base, replace(mean, measured=base.measured))
    )
    mean = replace(mean, predicted=reference)
    new = np.isin(winner.rows, held)
    del part, folds  # copies, as large as the table
    best, how = judged(
        Contest(winner, base, mean),
        new,
        counted(samples, winner.rows),
        between(samples, seed),
        kept_out(samples, held),
        groups_of(samples, winner.rows),
    )
    return Winner(_moved(best, samples, budget), reference, how)


def _with_held(c: Candidate, chosen: Ints, held: Ints, samples: Samples) -> Candidate:
    """The candidate with its answers to the held-out rows behind its out-of-fold predictions."""
    answers = c.values(samples.x[held])
    fewer_left_out = (
        None if c.fewer_left_out is None else np.concatenate([c.fewer_left_out, answers])
    )
    rows = np.concatenate([chosen[c.rows], held])
    return replace(
        c,
        rows=rows,
        measured=samples.y[rows],
        predicted=np.concatenate([c.predicted, answers]),
        fewer_left_out=fewer_left_out,
        weight=samples.weight_of(rows),
    )


def judged(
    contest: Contest,
    new: NDArray[np.bool_],
    count: NDArray[np.bool_],
    places: Floats,
    by: str,
    group: Ints | None = None,
) -> tuple[Candidate, Confirmation]:
    """The winner with the outputs replaced that do not hold on the rows `new` [n], over all rows
    that `count` [n], or at the `places` [m, D] between rows; rows of a group [n] count as one.

    A winner whose refits without each fold were cut has seen the rows of its folds: the rows `new`
    alone speak for it.
    """
    errors = [[error_of(c, r) for r in (new, count)] for c in contest]
    (w_new, w_all), (b_new, b_all), (m_new, m_all) = errors
    honest = contest.winner.notes.get("by_fold", True)
    w, b, rows = (w_all, b_all, count) if honest else (w_new, b_new, new)
    allowed = np.where(w > CLEARLY_BETTER * b, 1.0, WORSE)
    sure = (contest.certainty(new, group) < -1.0) | (new.sum() < TELLING)
    lost = (w_new > allowed * b_new) & sure
    worse = (
        lost
        | (w_new > FAR_WORSE * b_new)
        | (w_new > m_new)
        | (w_all > m_all)
        | contest.no_gain(w, b, rows, group)
        | contest.far_from_baseline(w, b, places)
    )
    worse &= ~contest.met(np.maximum(w_new, w_all))
    below_mean = worse & ((b_new > m_new) | (b_all > m_all))
    how = Confirmation(
        by,
        int(new.sum()),
        contest.relative(w_new),
        contest.relative(b_new),
        contest.names_of_replaced(worse, below_mean),
    )
    return contest.replaced(worse, below_mean), how


def _cross(
    samples: Samples,
    contest: Contest,
    search: Search,
    folds_of: FoldsOf,
    seed: int,
    budget: TimeBudget,
) -> tuple[Candidate, Confirmation]:
    """All rows judge: by their out-of-fold errors, or where these are near by a search repeated
    without each third of the rows.

    A winner whose refits without each fold were cut cannot be judged so and is replaced.
    """
    winner = contest.winner
    w, b, m = (error_of(c) for c in contest)
    by = "cross-validation over all rows"
    group = groups_of(samples, winner.rows)
    met = contest.met(w)
    cut = not winner.notes.get("by_fold", True)
    worse = ((w > m) | contest.no_gain(w, b, group=group) | cut) & ~met
    doubtful = (w > CLEARLY_BETTER * b) & ~worse & ~met
    enough = group is not None and len(samples.x) >= LEAST_GROUPS
    if doubtful.any() and winner is not contest.base and not enough:
        tried = None if budget.over() else _thirds(samples, search, folds_of, seed, budget)
        if tried is None:
            worse |= doubtful
        else:
            w_new, b_new = tried
            sure = contest.certainty(group=group) >= SURE
            allowed = np.where(sure, FEWER_ROWS, HARDLY_BETTER)
            worse |= doubtful & ~(w_new <= allowed * b_new)
            by = "the search repeated on each two thirds of the rows"
    below_mean = worse & (b > m)
    how = Confirmation(
        by,
        len(winner.rows),
        contest.relative(w),
        contest.relative(b),
        contest.names_of_replaced(worse, below_mean),
    )
    return contest.replaced(worse, below_mean), how


def groups_of(samples: Samples, rows: Ints) -> Ints | None:
    """Groups [n] of some rows, where there are any."""
    return None if samples.group is None else samples.group[rows]


def _thirds(
    samples: Samples,
    search: Search,
    folds_of: FoldsOf,
    seed: int,
    budget: TimeBudget,
) -> tuple[Floats, Floats] | None:
    """Errors [K] of winner and baseline on rows whose third neither saw; None where a third cannot
    be searched."""
    thirds = folds_in(samples, THIRDS, seed + HELD_STREAM)
    answers = np.full((2, *samples.y.shape), np.nan)
    for number in thirds.judged:
        seen, rest = np.flatnonzero(~thirds.unseen(number)), thirds.held(number)
        part = samples.take(seen).over(samples)
        folds = folds_of(part)
        if (
            len(seen) < 4
            or len(folds.judged) < 2
            or np.any(part.y.min(axis=0) == part.y.max(axis=0))
        ):
            return None
        if budget.passed:
            budget.leave_out("the search repeated without each third of the rows")
            return None
        for place, candidate in enumerate(search(part, folds, budget)):
            answers[place, rest] = candidate.values(samples.x[rest])
    if thirds.forward:
        rows = thirds.rows
        weight = samples.weight_of(rows)
        first, second = (rms(samples.y[rows], a[rows], weight) for a in answers)
        return first, second
    return rms(samples.y, answers[0], samples.weight), rms(samples.y, answers[1], samples.weight)


def _moved(best: Candidate, samples: Samples, budget: TimeBudget) -> Candidate:
    """The confirmed candidate on all rows, unless it errs more on them than before, was cut, or has
    become another function."""
    if best.moved is None:
        return best
    needed = best.kind != "baseline"
    try:
        if needed:
            budget.require()
        f = best.moved(samples, budget)
        if needed:
            budget.require()
    except OutOfTime:
        budget.leave_out("moving the confirmed model onto all rows")
        return best
    after = replace(best, f=f)
    was, is_now, rounding = (
        best.values(samples.x),
        after.values(samples.x),
        1e-12 * samples.y.std(axis=0),
    )
    weight = samples.weight
    error, before = rms(samples.y, is_now, weight), rms(samples.y, was, weight)
    if np.any(error > GROWN_ERROR * before + rounding):
        return best
    return after if np.all(rms(is_now, was) <= MOVED_ANSWERS * error_of(best) + rounding) else best
