"""The front door: runs in, one model of nodes and parameters and what it is worth out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge import Model, Output
from sna_edge.errors import InputError
from sna_edge.numerics.time_budget import TimeBudget

from ..progress import Progress, Reporter
from ..quiet import quiet
from ..table.units import unit_for, with_units
from .assembled import assembled
from .coefficients import fewer_modes, fitted_coefficients
from .folds import Coefficients, HeldOut, folds_of_runs, predicted_without
from .intervals import with_intervals
from .modes import Modes, modes_of
from .processes import beliefs_of, mean_of, space_of, taught
from .snapshots import Snapshots

Floats = NDArray[np.float64]
TOLERANCE, FOLDS = 1e-3, 5
FITS, PROCESSES = "fits", "Gaussian processes"
TOLD = ("runs", "modes", "left_out", "coefficients", "folds", "held_out", "coverage")
"""Of the report: what the file keeps."""
TAUGHT = 0.1
"""Of the error of runs left out: how near products come to the processes that teach them."""
TEACHING = 5.0
"""Seconds that this may take at the end of a time limit."""
SPARED = 0.3
"""Of the tolerance: what leaving out products of the coefficients may cost."""


@dataclass(frozen=True, eq=False)
class FieldsFit:
    """The model; `held_out` of its runs; the modes of all runs; `report`, plain data."""

    model: Model
    held_out: HeldOut
    modes: Modes
    report: dict[str, Any]


def fit_fields(
    runs: Snapshots,
    *,
    tolerance: float = TOLERANCE,
    folds: int = FOLDS,
    effort: str = "quick",
    units: dict[str, str] | None = None,
    seed: int = 0,
    time_limit: float | None = None,
    stop: Event | None = None,
    progress: Progress | bool | None = None,
) -> FieldsFit:
    """One model of the field at every node for all parameters.

    `tolerance`: what the modes may leave out, a share of the fields' deviation from their mean;
    `folds`: groups in which runs are left out, everything found anew without them: coefficients are
    fits, or products taught by Gaussian processes, whichever misses these less; `effort` of the
    fits of coefficients; `time_limit` in seconds for all fits. Once `stop` is set the best so far
    is taken. Raises InputError for settings out of range.
    """
    _need(tolerance, folds, len(runs))
    budget = TimeBudget.for_fit(time_limit, stop)
    count, components = len(runs), runs.fields.shape[2]
    fields, weight = runs.fields.reshape(count, -1), np.repeat(runs.part.share, components)
    fold = folds_of_runs(count, min(folds, count), seed)
    with Reporter(progress, budget.deadline) as reporter, quiet():
        work = _Work(runs, weight, tolerance, effort, seed, budget, stop, reporter)
        modes = work.modes(fields)
        work.expected = (len(np.unique(fold)) + 1) * len(modes.shapes)
        tried = {
            kind: HeldOut(fields, predicted, weight, components)
            for kind, predicted in predicted_without(runs.x, fields, fold, work.both).items()
        }
        kind = min(tried, key=lambda k: tried[k].rmse)
        held = tried[kind]
        small = work.whole(kind, modes, held)
        offset = float(modes.mean @ weight / weight.sum()) if components == 1 else 0.0
        known = {**runs.table.units, **(units or {})}
        output = Output(runs.name, unit_for(runs.name, known), offset=offset)
        model = assembled(modes, small, runs.part.mesh, runs.labels, output)
        widths = with_intervals(with_units(model, known), runs.x, held, fold, seed)
    report = {
        "runs": count,
        "nodes": len(runs.part.mesh.points),
        "components": list(runs.labels),
        "modes": len(modes.shapes),
        "left_out": modes.left_out,
        "coefficients": kind,
        "tried": {k: found.rmse for k, found in tried.items()},
        "products": small.interaction.rank,
        "folds": len(np.unique(fold)),
        "held_out": held.figures(),
        "coverage": widths.coverage,
        "width": widths.said,
        "seconds": budget.elapsed,
        "stopped": budget.halted,
        "notes": list(runs.notes),
    }
    told = {k: report[k] for k in TOLD}
    metadata = {"source": "fields", "title": f"{runs.name} of {count} runs", "fields": told}
    return FieldsFit(widths.model.replace(metadata=metadata), held, modes, report)


def _need(tolerance: float, folds: int, runs: int) -> None:
    if not 0 < tolerance < 1:
        raise InputError(f"the tolerance is {tolerance:g}; give a share between 0 and 1")
    if folds < 2:
        raise InputError(f"{folds} folds leave no runs out; give 2 to {runs}")


@dataclass
class _Work:
    """What is fitted and how; `done` of about `expected` fits."""

    runs: Snapshots
    weight: Floats
    tolerance: float
    effort: str
    seed: int
    budget: TimeBudget
    stop: Event | None
    reporter: Reporter
    expected: int = 1
    done: int = 0

    def __post_init__(self) -> None:
        self.space = space_of(self.runs)
        self.reporter.stage("coefficients", 1.0)

    def modes(self, fields: Floats) -> Modes:
        """Of some of the runs."""
        return modes_of(fields, self.weight, self.tolerance)

    def both(self, x: Floats, fields: Floats) -> tuple[Modes, dict[str, Coefficients]]:
        """Modes of some of the runs, and coefficients of both kinds."""
        found = self.modes(fields)
        beliefs = beliefs_of(self.space, x, found.coefficients)
        kinds: dict[str, Coefficients] = {
            FITS: partial(self.fits(x, found).value, level_index=True),
            PROCESSES: partial(mean_of, beliefs),
        }
        return found, kinds

    def fits(self, x: Floats, modes: Modes) -> Model:
        """A fit of every coefficient."""
        left = max(self.expected - self.done, len(modes.shapes))
        return fitted_coefficients(
            x, modes.coefficients, self.runs.axes, effort=self.effort, seed=self.seed,
            budget=self.budget, fits_left=left, stop=self.stop, told=self.count,
        )  # fmt: skip

    def whole(self, kind: str, modes: Modes, held: HeldOut) -> Model:
        """Coefficients of all runs, in few products."""
        if kind == FITS:
            found = self.fits(self.runs.x, modes)
            return fewer_modes(found, held.spread, SPARED * self.tolerance)
        self.reporter.say("products taught by processes")
        beliefs = beliefs_of(self.space, self.runs.x, modes.coefficients)
        goal = max(self.tolerance, TAUGHT * held.rmse / held.spread)
        seconds = None if self.budget.endless else max(self.budget.left, TEACHING)
        return taught(self.space, beliefs, self.runs.x, goal, self.seed, seconds)

    def count(self) -> None:
        """One fit more is done."""
        self.done += 1
        self.expected = max(self.expected, self.done)
        share = self.done / self.expected
        self.reporter.part(share, f"{self.done} of about {self.expected} fits")
