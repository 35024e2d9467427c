"""What stands beside the values of a fit: intervals at any level, wider where errors are larger,
and how familiar inputs are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError
from sna_edge.numerics.time_budget import BESIDE, TimeBudget

from ...calibrate import Calibrated, calibrated
from ...calibrate.familiarity import LEAST_ROWS, multiply_adds, with_familiarity
from ...calibrate.folds import folds_of
from ...calibrate.judged import judged
from ...threads import one_thread
from ..data.samples import Samples
from ..effort import NORMAL, BesideSizes
from .result import FitResult

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST_RESIDUALS = 50
"""Rows below which a fit keeps its constant interval alone: they support no other width, and hardly
a level above 95 %."""
WIDTHS, FAMILIARITY = "local widths", "familiarity"
SCALE_WORK = 2e4
"""Multiply-adds that a row costs in an input, for the scale of an output."""


@contextmanager
def kept_for_beside(
    samples: Samples, budget: TimeBudget, sizes: BesideSizes = NORMAL.beside
) -> Iterator[None]:
    """Inside, the time that `with_beside` needs is kept back."""
    work = _scale_work(samples.x, samples.y.shape[1]) + _familiarity_work(samples.x, sizes)
    with budget.keeping(BESIDE, budget.seconds_of(work)):
        yield


def with_beside(
    found: FitResult,
    samples: Samples,
    rows: Ints,
    seed: int,
    budget: TimeBudget,
    sizes: BesideSizes = NORMAL.beside,
) -> FitResult:
    """`found` with what its samples say beside the values: from 50 `rows` predicted out of fold on
    quantiles of residuals and a scale where one width is too little, from 250 samples on how
    familiar inputs are. What there is no time for is left out (`budget.cut`)."""
    place, _ = found.judging()
    groups = None if samples.group is None else samples.group[rows][place]
    with one_thread():
        wide = with_widths(found, groups, budget, sizes)
        return familiar(wide, samples, seed, budget, sizes)


def familiar(
    found: FitResult,
    samples: Samples,
    seed: int,
    budget: TimeBudget,
    sizes: BesideSizes = NORMAL.beside,
) -> FitResult:
    """`found` that says how familiar inputs are, from 250 samples on and where there is time."""
    with one_thread():
        return _cut(_with_familiarity(found, samples, seed, budget, sizes), budget)


def _familiarity_work(x: Floats, sizes: BesideSizes) -> float:
    return multiply_adds(x, starts=sizes.mixtures, folds=sizes.folds)


def _with_familiarity(
    found: FitResult, samples: Samples, seed: int, budget: TimeBudget, sizes: BesideSizes
) -> FitResult:
    x = samples.x
    if len(x) < LEAST_ROWS or not budget.affords(FAMILIARITY, _familiarity_work(x, sizes)):
        return found
    try:
        model = with_familiarity(
            found.model,
            x,
            group=samples.group,
            seed=seed,
            starts=sizes.mixtures,
            folds=sizes.folds,
        )
        return replace(found, model=model)
    except InputError as error:
        return _told(found, f"{FAMILIARITY}: {error}")


def with_widths(
    found: FitResult,
    groups: Ints | None,
    budget: TimeBudget,
    sizes: BesideSizes = NORMAL.beside,
) -> FitResult:
    """`found` with quantiles of its residuals, and a scale where one width is too little; for new
    `groups` [n]."""
    work = _scale_work(found.inputs, found.measured.shape[1])
    if len(found.inputs) < LEAST_RESIDUALS or not budget.affords(WIDTHS, work):
        return found
    try:
        place, measured = found.judging()
        folds = None if found.group is None else folds_of(found.group[place, None].astype(float))
        rows = found.inputs[place], measured, found.predicted[place]
        made = calibrated(found.model, *rows, folds, groups=groups, by_inputs=sizes.by_inputs)
    except InputError as error:
        return _told(found, f"{WIDTHS}: {error}")
    return replace(found, **_covered(found, made, rows, folds, groups))


def _covered(
    found: FitResult,
    made: Calibrated,
    rows: tuple[Floats, Floats, Floats],
    folds: Ints | None,
    groups: Ints | None,
) -> dict[str, Any]:
    """Model, report and metadata with the coverage of the intervals that the model now has."""
    outputs = {name: dict(score) for name, score in found.report["outputs"].items()}
    known = made.model.metadata["fit"]
    short = {name: dict(score) for name, score in known["outputs"].items()}
    parts = judged(made.model, *rows, folds, made.scales, groups)
    for name, scale, one in zip(outputs, made.scales, parts, strict=True):
        outputs[name]["width"] = scale.kind
        outputs[name]["coverage"] = one.coverage.whole.share
        short[name]["coverage"] = float(f"{one.coverage.whole.share:.5g}")
        short[name]["by_quarter"] = one.coverage.shares
    metadata = {**made.model.metadata, "fit": {**known, "outputs": short}}
    return {
        "model": made.model.replace(metadata=metadata),
        "report": {**found.report, "outputs": outputs},
        "scales": made.scales,
    }


def _told(found: FitResult, note: str) -> FitResult:
    return replace(found, report={**found.report, "notes": [*found.report["notes"], note]})


def _scale_work(x: Floats, outputs: int) -> float:
    return SCALE_WORK * x.size * outputs


def _cut(found: FitResult, budget: TimeBudget) -> FitResult:
    """`found` whose metadata, too, name all that was cut."""
    if not budget.cut:
        return found
    metadata = found.model.metadata
    known = {**metadata["fit"], "cut": budget.cut}
    model = found.model.replace(metadata={**metadata, "fit": known})
    return replace(found, model=model)
