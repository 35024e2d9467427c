"""From a table to one model: link, teacher, order and rank by out-of-fold error."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sna_edge.errors import InputError
from sna_edge.model import Model

from ..conformal import LEVEL, two_values, with_intervals
from ..teacher.stack import EXACT, best_stack, crowded, teachers
from ..threads import one_thread
from .assemble import assemble
from .candidate import Candidate
from .folds import fold_of_rows
from .progress import Progress, Reporter
from .samples import AxisSpec, Samples, relative_error
from .straight import straight
from .taught import taught

if TYPE_CHECKING:
    from ..table import Table

Floats = NDArray[np.float64]
TEACHER_ROWS = 10_000
"""A Gaussian process needs 8 N^2 bytes and N^3 / 3 operations: 0.8 GB here."""
FOLDS = 6
"""Even, so that the folds part into two halves."""
SMALLER_WINS = 1.02
"""The smaller of two candidates is chosen when its error is within this factor of the best."""
BEHIND = 1.25
"""A teacher whose own out-of-fold error is this much above a fitted candidate's is not compressed."""
LEAST_PARAMETERS, MOST_PARAMETERS = 150, 4000
SMALL_SEARCH = 1300
"""Parameters of a direct candidate up to which three per row are allowed; beyond, four rows per parameter."""
SMALL_TABLE = 3000
"""Rows up to which the systems are too small for several BLAS threads: they spin and double the time."""
CLEAN = 0.05
"""Out-of-fold error of the teachers below which the rows are fitted under every link: one of them may be exact."""
SHARE_OF_TIME = 0.4


@dataclass(frozen=True, eq=False)
class FitResult:
    """model; report (plain data); inputs [n, D], measured and predicted [n, K] of the rows predicted out of fold."""

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

    `categorical` names inputs with levels; `domain` declares the ends of an input (default: its range in the table);
    `time_limit` in seconds stops the search, never a fit half way; same seed and table, same model to the bit.
    Raises InputError with column and row for cells that cannot be used, for constant targets and for too few rows.
    """
    samples, notes = columns.samples(targets, inputs, categorical=categorical, domain=domain or {})
    return _fit(samples, link, seed, time_limit, progress, notes)


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
    """`fit_table` on arrays: x [N, D] (level indices on categorical axes), y [N] or [N, K]."""
    return _fit(Samples.of(x, y, axes, names), link, seed, time_limit, progress, [])


def _fit(samples: Samples, link: str, seed: int, time_limit: float | None, progress: Progress | bool | None, notes: list[str]) -> FitResult:
    begin = time.monotonic()
    deadline = begin + time_limit if time_limit else np.inf
    folds = fold_of_rows(samples.x, FOLDS, seed)
    if len(np.unique(folds)) < 2:
        raise InputError("all rows have the same inputs; a fit needs at least two different ones")
    small = len(samples.x) <= SMALL_TABLE
    with Reporter(progress, deadline) as reporter, one_thread() if small else nullcontext():
        candidates = _candidates(samples, link, folds, seed, begin, deadline, reporter)
        best = _choose(candidates)
        seconds = time.monotonic() - begin
        return _result(samples, best, candidates, seed, seconds, notes)


def _candidates(
    samples: Samples, link: str, folds: NDArray[np.int64], seed: int, begin: float, deadline: float, reporter: Reporter
) -> list[Candidate]:
    links = samples.link_candidates(link)
    size = most_parameters(len(samples.x))
    part = begin + SHARE_OF_TIME * (deadline - begin)
    stacked, worth = None, np.inf
    if len(samples.x) <= TEACHER_ROWS:
        reporter.stage("Gaussian-process teachers", 0.4)
        stacked = best_stack(samples, teachers(samples, links, folds, seed, part, reporter.say))
        worth = relative_error(samples.y - stacked.held_out, samples.y)
        links = () if crowded(samples) else links if worth < CLEAN else (stacked.first.link,)
    found: list[Candidate] = []
    for number, name in enumerate(links):
        reporter.stage(f"fits to the rows, link {name}", 0.6)
        now = time.monotonic()
        until = now + (deadline - now) / (len(links) - number) if stacked is None else max(part, now)
        candidate = straight(samples, name, folds, seed, size, until, worth, reporter.say)
        found += [candidate] if candidate else []
        if found and found[-1].error < EXACT:
            break
    if stacked is not None and (not found or worth < BEHIND * min(c.error for c in found)):
        reporter.stage("a small pupil of the teachers", 1.0)
        found.append(taught(samples, stacked, folds, seed, _pupil_size(len(samples.x), worth), deadline, reporter.say))
    return found


def most_parameters(n_rows: int) -> int:
    """Of a candidate fitted to the rows themselves."""
    return int(np.clip(min(3 * n_rows, max(SMALL_SEARCH, n_rows // 4)), LEAST_PARAMETERS, MOST_PARAMETERS))


def _pupil_size(n_rows: int, error: float) -> int:
    """Three and a half parameters per row of a noisy table; smooth ones, taught all at once, need fewer."""
    most = MOST_PARAMETERS if error > 0.03 else 1300
    return int(np.clip(3.5 * n_rows if error > 0.03 else 1.3 * n_rows, LEAST_PARAMETERS, most))


def _choose(candidates: list[Candidate]) -> Candidate:
    least = min(c.error for c in candidates)
    close = [c for c in candidates if c.error <= SMALLER_WINS * least]
    return min(close, key=lambda c: c.f.parameters)


def _why(best: Candidate, candidates: list[Candidate]) -> str:
    others = [f"{c.name} ({c.error:.4g})" for c in candidates if c is not best]
    against = f"; also compressed and judged: {', '.join(others)}" if others else ""
    return f"chosen by out-of-fold error (share of the spread): {best.name} ({best.error:.4g}){against}"


def _result(samples: Samples, best: Candidate, candidates: list[Candidate], seed: int, seconds: float, notes: list[str]) -> FitResult:
    outputs = with_intervals(best.outputs, best.measured, best.shown)
    why = _why(best, candidates)
    scores = _scores(outputs, best)
    provenance = {
        "rows": len(samples.x), "seed": seed, "kind": best.kind, "link": outputs[0].link, "modes": best.rank, "why": why,
    }  # fmt: skip
    outcomes = two_values(outputs, samples.y)
    if outcomes:
        provenance["outcomes"] = outcomes
    short = {name: {key: float(f"{value:.5g}") for key, value in score.items()} for name, score in scores.items()}
    model = assemble(samples, best, outputs, {"fit": {**provenance, "outputs": short}})
    report = {
        **provenance, "chosen": best.name, "outputs": scores, "seconds": seconds, "notes": notes,
        "candidates": [c.row() for c in candidates],
        "tried": {c.name: c.notes for c in candidates}, "inputs": model.input_names,
    }  # fmt: skip
    return FitResult(model, report, samples.x[best.rows], best.measured, best.shown)


def _scores(outputs: Sequence[Any], best: Candidate) -> dict[str, dict[str, float]]:
    """Out-of-fold RMSE, R2 and coverage of the interval per output."""
    scores = {}
    for k, output in enumerate(outputs):
        measured, predicted = best.measured[:, k], best.shown[:, k]
        residual = measured - predicted
        lower, upper = output.bounds(predicted)
        scores[output.name] = {
            "rmse": float(np.sqrt(np.mean(residual**2))),
            "r2": float(1.0 - np.mean(residual**2) / np.var(measured)),
            "coverage": float(np.mean((measured >= lower) & (measured <= upper))),
            "level": LEVEL,
        }
    return scores
