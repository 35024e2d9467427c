"""From a table to one model: link, teacher, order and rank by out-of-fold error; rows that took no
part confirm the winner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sna_edge.artifact.layout import MAX_AXES
from sna_edge.artifact.limits import need_counts
from sna_edge.errors import InputError
from sna_edge.numerics.time_budget import TimeBudget

from ...progress import Progress, Reporter
from ...quiet import quiet
from ...threads import one_thread
from ..data.samples import AxisSpec, Samples
from ..effort import QUICK, Effort, effort_named
from ..plant.weighing import Weighing, of_arrays, said, weighed
from ..shape.asked import Shape
from ..shape.proof import delivered
from ..validation.arrangement import (
    Arrangement,
    arranged_by_arrays,
    arranged_by_columns,
    inputs_beside,
)
from ..validation.gauge import gage_studies
from .beside import kept_for_beside, with_beside
from .result import FitResult, Run, result
from .screen import screened
from .searches import Searches, Settings
from .smaller.lean import lean
from .smaller.unused import without_unused
from .validated import Asked, Curve, noted, validated

if TYPE_CHECKING:
    from ...table import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ROWS_STREAM = 17
"""Added to the seed of the rows that a quick fit sees."""
FIT_SHARE = 0.7
"""Of a time limit: for the fit itself where a learning curve follows."""
STEPS_LEFT = "further ranks, finer spans and polish"


def fit_table(
    columns: Table,
    targets: Sequence[str],
    inputs: Sequence[str] | None = None,
    *,
    categorical: Sequence[str] = (),
    groups: str | None = None,
    time: str | None = None,
    holdout: str | float | None = None,
    gage: Mapping[str, Table] | None = None,
    robust: bool = False,
    weights: str | None = None,
    error: str | None = None,
    link: str = "auto",
    domain: Mapping[str, tuple[float, float]] | None = None,
    shape: Mapping[str, Any] | None = None,
    seed: int = 0,
    effort: str = "normal",
    time_limit: float | None = None,
    stop: Event | None = None,
    plain: bool = False,
    learning_curve: bool = False,
    progress: Progress | bool | None = None,
) -> FitResult:
    """Fit `targets` from `inputs` (default: all other columns) of a table.

    `groups` names a column (no input then) whose rows are held out together by every choice and
    interval: errors are those of a new batch, part or machine. `time` names one by which rows are
    predicted from earlier ones alone. `holdout` ("20%", "groups", "last") keeps rows out of the
    whole fit: the model is that of the others, what it says to those stands in the report. `gage`
    {target: table of part, operator, measurement}: studies of gauges; their standard deviation is
    kept with the model, as the noise of measurements of the target. `robust` leaves out rows that
    look wrong; they are listed (`suspects`) with and without it. `weights` names a column of how
    much each row counts (only ratios matter; 0: not at all), `error` one of the standard deviation
    of each measurement of the one target, in its unit.

    `categorical` names inputs with levels; `domain` declares the ends of an input (default: its
    range in the table); `time_limit` in seconds bounds the whole call; what is left out for it
    stands in the report and the metadata as `cut`. `effort`: "quick" takes about a tenth of the
    time, "thorough" several times as long; `skipped` in the report says what a level leaves out.
    Once `stop` (an event) is set, the best so far is delivered. Without limit or stop: same seed
    and table, same model to the bit. Inputs that say nothing are left out (`dropped`). A model is
    delivered only where it
    beats the best of mean, linear and quadratic function on rows that took no part in any choice,
    or agrees with a simple function that does so (`confirmed`). From 50 rows on it has intervals at
    any level, wider where errors are larger, from 250 rows on it says how familiar inputs are;
    `plain` leaves both out: values and one interval width, a file of format 1.0. `learning_curve`
    says whether more rows would help: fifteen quick fits of quarters, halves and all of the rows,
    judged by rows held out of them; a time limit keeps three tenths for it. Raises InputError
    with column and row for cells that cannot be used, for constant targets and for too few rows.

    >>> from sna_export.fit import fit
    >>> from sna_export.table import Table
    >>> speed, depth = [1, 2, 3, 4, 5, 6, 7, 8], [2.1, 3.9, 6.2, 7.8, 10.1, 12.0, 13.9, 16.1]
    >>> found = fit(Table.of({"speed": speed, "depth": depth}), ["depth"])
    >>> found.report["chosen"], round(found.report["outputs"]["depth"]["rmse"], 2)
    ('linear function', 0.17)
    >>> found.model({"speed": 5.5}).round(2)
    array([11.01])
    """
    budget, level = TimeBudget.for_fit(time_limit, stop), effort_named(effort)
    need_counts(1, len(targets))
    asked = Asked(holdout, robust, gage_studies(gage or {}, targets))
    how = Arrangement(groups, time=time)
    weighing, columns, beside = weighed(columns, weights, error)
    inputs = inputs_beside(columns, targets, inputs, how, beside)
    samples, notes = columns.samples(targets, inputs, categorical=categorical, domain=domain or {})
    samples, how = arranged_by_columns(samples, columns, how)
    samples = weighing.of(samples, seed)
    wanted = _wanted(shape, samples, link)
    settings = Settings(link, seed, level, progress, notes, narrow=True, plain=plain, shape=wanted)
    found = _whole(samples, how, settings, asked, budget, learning_curve)
    return _with_weights(found, weighing, samples)


def fit_arrays(
    x: ArrayLike,
    y: ArrayLike,
    axes: Sequence[AxisSpec] = (),
    names: Sequence[str] = (),
    *,
    groups: Sequence[object] | None = None,
    time: Sequence[float] | None = None,
    holdout: str | float | None = None,
    robust: bool = False,
    weights: ArrayLike | None = None,
    error: ArrayLike | None = None,
    link: str = "auto",
    shape: Mapping[str, Any] | None = None,
    seed: int = 0,
    effort: str = "normal",
    time_limit: float | None = None,
    stop: Event | None = None,
    plain: bool = False,
    learning_curve: bool = False,
    progress: Progress | bool | None = None,
) -> FitResult:
    """`fit_table` on arrays: x [N, D] (level indices on categorical axes), y [N] or [N, K]; groups
    (labels), time (numbers), weights (positive) and error [N] of the rows.

    Columns that say nothing stay inputs of the model that it does not use, so that it answers rows
    of the same width; of more than 64 columns only those that matter are inputs
    (`model.input_names`).

    >>> import numpy as np
    >>> from sna_export.fit import AxisSpec, fit_arrays
    >>> x = np.arange(1.0, 9.0)[:, None]
    >>> found = fit_arrays(x, 2.0 + 3.0 * x[:, 0], [AxisSpec("speed", "mm/s")], ["depth"])
    >>> found.model.axes[0].unit, found.model(speed=2.5).round(6)
    ('mm/s', array([9.5]))
    """
    budget, level = TimeBudget.for_fit(time_limit, stop), effort_named(effort)
    samples = Samples.of(x, y, axes, names)
    need_counts(1, len(samples.names))
    samples, how = arranged_by_arrays(samples, groups, time)
    weighing = of_arrays(samples, weights, error)
    samples = weighing.of(samples, seed)
    wanted = _wanted(shape, samples, link)
    settings = Settings(link, seed, level, progress, [], narrow=False, plain=plain, shape=wanted)
    found = _whole(samples, how, settings, Asked(holdout, robust), budget, learning_curve)
    return _with_weights(found, weighing, samples)


def _whole(
    samples: Samples,
    how: Arrangement,
    settings: Settings,
    asked: Asked,
    budget: TimeBudget,
    learning_curve: bool,
) -> FitResult:
    """The fit as it is asked for, with its learning curve where that is."""
    main = budget.part(FIT_SHARE) if learning_curve else budget
    if learning_curve:
        quick = partial(_fit, settings=settings.at(QUICK))
        asked = replace(asked, curve=Curve(quick, budget))

    def whole(rows: Samples, of: Arrangement, share: float) -> FitResult:
        return _fit(rows, of, main if share == 1.0 else main.part(share), settings)

    return validated(samples, how, whole, settings.seed, asked, main)


def _with_weights(found: FitResult, weighing: Weighing, samples: Samples) -> FitResult:
    known = said(weighing, samples)
    return noted(found, "weights", known, known) if known else found


def _wanted(shape: Mapping[str, Any] | None, samples: Samples, link: str) -> Shape | None:
    """The shape, where one is asked for and the rows do not forbid it."""
    if not shape:
        return None
    wanted = Shape.of(shape)
    wanted.check(samples)
    wanted.links(samples, link)
    return wanted


def _fit(
    samples: Samples, arrangement: Arrangement, budget: TimeBudget, settings: Settings
) -> FitResult:
    """The model of these rows: screened, searched, made lean, and with what stands beside it."""
    if np.all(samples.x == samples.x[0]):
        raise InputError("all rows have the same inputs; a fit needs at least two different ones")
    seed, effort, narrow = settings.seed, settings.effort, settings.narrow
    with (
        Reporter(settings.progress, budget.deadline) as reporter,
        one_thread(),
        quiet(),
    ):
        kept, dropped = screened(samples)
        if narrow or len(samples.axes) > MAX_AXES:
            samples, kept = samples.columns(kept), np.arange(len(kept))
        rows = _fitted_rows(len(samples.x), effort, seed)
        whole = samples.columns(kept)
        used = whole if rows is None else whole.take(rows).over(whole)
        searches = Searches(settings, reporter)
        with nullcontext() if settings.plain else kept_for_beside(samples, budget, effort.beside):
            best, reference, how = searches.winner(used, budget)
        best = lean(best, used, budget)
        best = best if rows is None else replace(best, rows=rows[best.rows])
        samples, kept, best, unseen = without_unused(samples, kept, best, narrow=narrow)
        if budget.unnamed:
            budget.leave_out(STEPS_LEFT)
        run = Run(
            seed, effort, budget.elapsed, settings.notes, [*dropped, *unseen], budget.cut, how,
            arrangement, searches.folds(used), budget.halted,
        )  # fmt: skip
        made = result(samples, kept, best, searches.tried, reference, run)
        made = delivered(made, settings.shape) if settings.shape else made
        if settings.plain:
            return made
        return with_beside(made, samples, best.rows, seed, budget, effort.beside)


def _fitted_rows(count: int, effort: Effort, seed: int) -> Ints | None:
    """The rows that the fit sees, ascending: as many as the effort allows; None: all."""
    if count <= effort.fit_rows:
        return None
    rng = np.random.default_rng([seed, ROWS_STREAM])
    return np.sort(rng.permutation(count)[: effort.fit_rows])
