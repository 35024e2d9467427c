"""The front door: runs in, one model of nodes and parameters and what it is worth out."""

from __future__ import annotations

from dataclasses import dataclass
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
from .folds import HeldOut, folds_of_runs, predicted_without
from .intervals import with_intervals
from .modes import Modes, modes_of, spread
from .snapshots import Snapshots

Floats = NDArray[np.float64]
TOLERANCE, FOLDS = 1e-3, 5
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
    `folds`: groups in which runs are left out, everything found anew without them; `effort` of the
    fits of coefficients; `time_limit` in seconds for all fits. Once `stop` is set the best so far
    is taken. Raises InputError for settings out of range.

    >>> from sna_export.fields import fit_fields, read_snapshots
    """
    _need(tolerance, folds, len(runs))
    budget = TimeBudget.for_fit(time_limit, stop)
    count = len(runs)
    components = runs.fields.shape[2]
    fields, weight = runs.fields.reshape(count, -1), np.repeat(runs.part.share, components)
    fold = folds_of_runs(count, min(folds, count), seed)
    modes = modes_of(fields, weight, tolerance)
    with Reporter(progress, budget.deadline) as reporter, quiet():
        counter = _Counter(reporter, (len(np.unique(fold)) + 1) * modes.coefficients.shape[1])

        def coefficients(x: Floats, found: Modes) -> Model:
            return fitted_coefficients(
                x, found.coefficients, runs.axes, effort=effort, seed=seed, budget=budget,
                fits_left=max(counter.left, found.coefficients.shape[1]), stop=stop,
                told=counter.count,
            )  # fmt: skip

        def fitted(x: Floats, some: Floats) -> tuple[Modes, Model]:
            found = modes_of(some, weight, tolerance)
            return found, coefficients(x, found)

        whole = coefficients(runs.x, modes)
        predicted = predicted_without(runs.x, fields, fold, fitted)
        held = HeldOut(fields, predicted, weight, components)
        small = fewer_modes(whole, spread(fields, weight), SPARED * tolerance)
        offset = float(modes.mean @ weight / weight.sum()) if components == 1 else 0.0
        output = Output(runs.name, unit_for(runs.name, units or {}), offset=offset)
        model = assembled(modes, small, runs.part.mesh, runs.labels, output)
        widths = with_intervals(with_units(model, _units(runs, units)), runs.x, held, fold, seed)
    report = {
        "runs": count,
        "nodes": len(runs.part.mesh.points),
        "components": list(runs.labels),
        "modes": len(modes.shapes),
        "left_out": modes.left_out,
        "products": small.interaction.rank,
        "folds": len(np.unique(fold)),
        "held_out": held.figures(),
        "coverage": widths.coverage,
        "width": widths.said,
        "seconds": budget.elapsed,
        "stopped": budget.halted,
        "notes": list(runs.notes),
    }
    told = {k: report[k] for k in ("runs", "modes", "folds", "left_out", "held_out", "coverage")}
    metadata = {"source": "fields", "title": f"{runs.name} of {count} runs", "fields": told}
    return FieldsFit(widths.model.replace(metadata=metadata), held, modes, report)


def _need(tolerance: float, folds: int, runs: int) -> None:
    if not 0 < tolerance < 1:
        raise InputError(f"the tolerance is {tolerance:g}; give a share between 0 and 1")
    if folds < 2:
        raise InputError(f"{folds} folds leave no runs out; give 2 to {runs}")


def _units(runs: Snapshots, units: dict[str, str] | None) -> dict[str, str]:
    return {**runs.table.units, **(units or {})}


class _Counter:
    """How many fits are done of about how many."""

    def __init__(self, reporter: Reporter, whole: int) -> None:
        self.reporter, self.whole, self.done = reporter, whole, 0
        reporter.stage("coefficients", 1.0)

    @property
    def left(self) -> int:
        """Fits to come."""
        return max(self.whole - self.done, 1)

    def count(self) -> None:
        """One more is done."""
        self.done += 1
        self.whole = max(self.whole, self.done)
        self.reporter.part(self.done / self.whole, f"{self.done} of about {self.whole} fits")
