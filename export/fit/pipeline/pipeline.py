"""From a table to one model: link, teacher, order and rank by out-of-fold error; rows that took no
part confirm the winner."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sna_edge.artifact.layout import MAX_AXES
from sna_edge.artifact.limits import need_counts
from sna_edge.errors import InputError
from sna_edge.model import Model

from ...progress import Progress, Reporter
from ...teacher.stack import EXACT, best_stack, crowded, teachers
from ...threads import one_thread
from ..candidates.baseline import baseline
from ..candidates.candidate import Candidate
from ..candidates.direct import SEARCH_ROWS, simple, straight
from ..candidates.distilled import distilled
from ..data.folds import fold_of_rows
from ..data.samples import AxisSpec, Samples, relative_error
from ..engine.budget import OutOfTime, TimeBudget, struck
from .agreement import SURE, Answers, agreed
from .assemble import assemble
from .confirm import Confirmation, confirmed
from .conformal import LEVEL, two_values, with_intervals
from .quiet import quiet
from .screen import Dropped, screened

if TYPE_CHECKING:
    from ...table import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
TEACHER_ROWS = 10_000
"""A Gaussian process needs 8 N^2 bytes and N^3 / 3 operations: 0.8 GB here."""
FOLDS = 6
"""Even, so that the folds part into two halves."""
SMALLER_WINS = 1.02
"""The smaller of two candidates is chosen when its error is within this factor of the best."""
BEHIND = 1.25
"""A teacher whose own out-of-fold error is this much above a fitted candidate's is not
compressed."""
LEAST_PARAMETERS, MOST_PARAMETERS = 150, 4000
SMALL_SEARCH = 1300
"""Parameters of a direct candidate up to which three per row are allowed; beyond, four rows per
parameter."""
SMALL_TABLE = 3000
"""Rows up to which the systems are too small for several BLAS threads: they spin and double the
time."""
CLEAN = 0.05
"""Out-of-fold error of the teachers below which the rows are fitted under every link: one of them
may be exact."""
SHARE_OF_TIME = 0.4
FIRST_SHARE = 0.2
"""Of a time limit, for a simple function fitted before the search."""
TEACHERS, STEPS_LEFT = "Gaussian-process teachers", "further ranks, finer spans and polish"


@dataclass(frozen=True, eq=False)
class FitResult:
    """model; report (plain data); inputs [n, D], measured and predicted [n, K] of the rows
    predicted out of fold."""

    model: Model
    report: dict[str, Any]
    inputs: Floats
    measured: Floats
    predicted: Floats


def fit_table(
    columns: Table,
    targets: Sequence[str],
    inputs: Sequence[str] | None = None,
    *,
    categorical: Sequence[str] = (),
    link: str = "auto",
    domain: Mapping[str, tuple[float, float]] | None = None,
    seed: int = 0,
    time_limit: float | None = None,
    progress: Progress | bool | None = None,
) -> FitResult:
    """Fit `targets` from `inputs` (default: all other columns) of a table.

    `categorical` names inputs with levels; `domain` declares the ends of an input (default: its
    range in the table); `time_limit` in seconds bounds the whole call; what is left out for it
    stands in the report and the metadata as `cut`. Without one, same seed and table, same model to
    the bit. Inputs that say nothing are left out (`dropped`). A model is delivered only where it
    beats the best of mean, linear and quadratic function on rows that took no part in any choice,
    or agrees with a simple function that does so (`confirmed`). Raises InputError with column and
    row for cells that cannot be used, for constant targets and for too few rows.
    """
    budget = TimeBudget(time_limit)
    need_counts(1, len(targets))
    samples, notes = columns.samples(targets, inputs, categorical=categorical, domain=domain or {})
    return _fit(samples, link, seed, budget, progress, notes, narrow=True)


def fit_arrays(
    x: ArrayLike,
    y: ArrayLike,
    axes: Sequence[AxisSpec] = (),
    names: Sequence[str] = (),
    *,
    link: str = "auto",
    seed: int = 0,
    time_limit: float | None = None,
    progress: Progress | bool | None = None,
) -> FitResult:
    """`fit_table` on arrays: x [N, D] (level indices on categorical axes), y [N] or [N, K].

    Columns that say nothing stay inputs of the model that it does not use, so that it answers rows
    of the same width; of more than 64 columns only those that matter are inputs
    (`model.input_names`).
    """
    budget = TimeBudget(time_limit)
    samples = Samples.of(x, y, axes, names)
    need_counts(1, len(samples.names))
    return _fit(samples, link, seed, budget, progress, [], narrow=False)


def _fit(
    samples: Samples, link: str, seed: int, budget: TimeBudget, progress: Progress | bool | None, notes: list[str], *, narrow: bool
) -> FitResult:  # fmt: skip
    if np.all(samples.x == samples.x[0]):
        raise InputError("all rows have the same inputs; a fit needs at least two different ones")
    small = len(samples.x) <= SMALL_TABLE
    with (
        Reporter(progress, budget.deadline) as reporter,
        one_thread() if small else nullcontext(),
        quiet(),
    ):
        kept, dropped = screened(samples)
        if narrow or len(samples.axes) > MAX_AXES:
            samples, kept = samples.columns(kept), np.arange(len(kept))
        used = samples.columns(kept)
        tried: list[Candidate] = []

        def search(rows: Samples, folds: Ints, budget: TimeBudget) -> tuple[Candidate, Candidate]:
            found = _candidates(rows, link, folds, seed, budget, reporter)
            tried.extend([] if tried else found)
            return _choose(found), found[0]

        def first(
            rows: Samples, folds: Ints, budget: TimeBudget
        ) -> tuple[Answers, Candidate] | None:
            return _first(rows, link, folds, seed, budget)

        def folds_of(rows: Floats) -> Ints:
            return fold_of_rows(rows, FOLDS, seed)

        before = struck()
        found = agreed(used, first, search, folds_of, seed, budget)
        if found is None:
            tried.clear()
            found = confirmed(used, search, folds_of, seed, budget)
        best, base, reference, how = found
        if budget.limit is not None and struck() > before:
            budget.leave_out(STEPS_LEFT)
        facts = _Facts(seed, time.monotonic() - budget.begin, notes, dropped, budget.cut, how)
        return _result(samples, kept, best, base, tried, reference, facts)


@dataclass(frozen=True)
class _Facts:
    """What the report says beside the candidates."""

    seed: int
    seconds: float
    notes: list[str]
    dropped: list[Dropped]
    cut: list[str]
    confirmation: Confirmation


def _first(
    samples: Samples, link: str, folds: Ints, seed: int, budget: TimeBudget
) -> tuple[Answers, Candidate] | None:
    """A simple function of a table that direct candidates are searched for, and its baseline."""
    if crowded(samples) or len(samples.x) > SEARCH_ROWS:
        return None
    until, links = budget.until(FIRST_SHARE), samples.link_candidates(link)
    base = baseline(samples, links, folds, budget)
    size, enough = most_parameters(len(samples.x)), 0.5 * SURE * base.error
    answers = simple(samples, links[0], seed, size, enough, until)
    return None if answers is None else (answers, base)


def _candidates(
    samples: Samples, link: str, folds: Ints, seed: int, budget: TimeBudget, reporter: Reporter
) -> list[Candidate]:
    """The baseline, then what time allows of fits to the rows and a student of the teachers."""
    links = samples.link_candidates(link)
    size = most_parameters(len(samples.x))
    found = [baseline(samples, links, folds, budget)]
    part = budget.until(SHARE_OF_TIME)
    stacked, worth = None, np.inf
    if len(samples.x) <= TEACHER_ROWS and budget.allows(TEACHERS, _teacher_work(samples)):
        reporter.stage(TEACHERS, 0.4)
        taught_by = teachers(samples, links, folds, seed, part, reporter.say, budget.deadline)
        if not taught_by:
            budget.leave_out(TEACHERS)
        else:
            stacked = best_stack(samples, taught_by)
            worth = relative_error(samples.y - stacked.held_out, samples.y)
            links = () if crowded(samples) else links if worth < CLEAN else (stacked.first.link,)
    for number, name in enumerate(links):
        reporter.stage(f"fits to the rows, link {name}", 0.6)
        until = (
            budget.until(1.0 / (len(links) - number))
            if stacked is None
            else max(part, budget.until(SHARE_OF_TIME))
        )
        candidate = straight(samples, name, folds, seed, size, budget, until, worth, reporter.say)
        found += [candidate] if candidate else []
        if candidate and candidate.error < EXACT:
            break
    if stacked is not None and (
        len(found) == 1 or worth < BEHIND * min(c.error for c in found[1:])
    ):
        reporter.stage("a small student of the teachers", 1.0)
        try:
            found.append(
                distilled(
                    samples,
                    stacked,
                    folds,
                    seed,
                    _student_size(len(samples.x), worth),
                    budget.deadline,
                    reporter.say,
                )
            )
        except OutOfTime:
            budget.leave_out("a student of the teachers")
    return found


def _teacher_work(samples: Samples) -> float:
    """Multiply-adds of the least that one teacher costs: three factorised processes an output,
    which run fast."""
    return 0.3 * samples.y.size * len(samples.x) ** 2


def most_parameters(n_rows: int) -> int:
    """Of a candidate fitted to the rows themselves."""
    return int(
        np.clip(min(3 * n_rows, max(SMALL_SEARCH, n_rows // 4)), LEAST_PARAMETERS, MOST_PARAMETERS)
    )


def _student_size(n_rows: int, error: float) -> int:
    """Three and a half parameters per row of a noisy table; smooth ones, trained all at once,
    need fewer."""
    most = MOST_PARAMETERS if error > 0.03 else 1300
    return int(np.clip(3.5 * n_rows if error > 0.03 else 1.3 * n_rows, LEAST_PARAMETERS, most))


def _choose(candidates: list[Candidate]) -> Candidate:
    least = np.nanmin([c.error for c in candidates])
    close = [c for c in candidates if c.error <= SMALLER_WINS * least]
    return min(close, key=lambda c: c.f.parameters)


def _why(best: Candidate, candidates: list[Candidate]) -> str:
    others = [f"{c.name} ({c.error:.4g})" for c in candidates if c.name != best.name]
    against = (
        f"; {'runners-up' if others[1:] else 'runner-up'}: {', '.join(others)}" if others else ""
    )
    return f"selected by cross-validated RMSE / sigma: {best.name} ({best.error:.4g}){against}"


def _result(
    samples: Samples, kept: Ints, best: Candidate, base: Candidate, candidates: list[Candidate], reference: Floats, facts: _Facts
) -> FitResult:  # fmt: skip
    outputs = with_intervals(best.outputs, best.measured, best.shown)
    scores = _scores(outputs, best, reference)
    provenance: dict[str, Any] = {
        "rows": len(samples.x), "seed": facts.seed, "kind": best.kind, "link": outputs[0].link, "modes": best.rank,
    }  # fmt: skip
    outcomes = two_values(outputs, samples.y)
    if outcomes:
        provenance["outcomes"] = outcomes
    kept_back = {"dropped": [d.name for d in facts.dropped], "cut": facts.cut}
    short = {
        name: {key: float(f"{value:.5g}") for key, value in score.items()}
        for name, score in scores.items()
    }
    known = {
        **provenance,
        "outputs": short,
        **{key: value for key, value in kept_back.items() if value},
    }
    model = assemble(samples, kept, best, outputs, {"fit": known})
    report = {
        **provenance, **kept_back, "why": _why(best, candidates), "chosen": best.name, "outputs": scores, "seconds": facts.seconds,
        "notes": [*facts.notes, *map(str, facts.dropped)], "confirmed": facts.confirmation.report(),
        "candidates": [c.row() for c in candidates],
        "tried": {c.name: c.notes for c in candidates}, "inputs": model.input_names,
    }  # fmt: skip
    return FitResult(model, report, samples.x[best.rows], best.measured, best.shown)


def _scores(
    outputs: Sequence[Any], best: Candidate, reference: Floats
) -> dict[str, dict[str, float]]:
    """Out-of-fold RMSE, R2 (against the mean of the rows seen, `reference` [n, K]) and coverage of
    the interval per output."""
    scores = {}
    for k, output in enumerate(outputs):
        measured, predicted = best.measured[:, k], best.shown[:, k]
        residual = measured - predicted
        lower, upper = output.bounds(predicted)
        r2 = float(1.0 - np.mean(residual**2) / np.mean((measured - reference[:, k]) ** 2))
        scores[output.name] = {
            "rmse": float(np.sqrt(np.mean(residual**2))),
            "r2": r2 if abs(r2) > 1e-12 else 0.0,  # a mean has 0, not what rounding leaves of it
            "coverage": float(np.mean((measured >= lower) & (measured <= upper))),
            "level": LEVEL,
        }
    return scores
