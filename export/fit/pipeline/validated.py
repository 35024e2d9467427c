"""Around a fit: rows held out of the whole of it, before, and what they say, after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..data.samples import Samples
from ..validation.arrangement import Arrangement
from ..validation.holdout import figures, held_out
from .result import FitResult

Fit = Callable[[Samples, Arrangement], FitResult]
"""The fit of some rows."""


def validated(
    samples: Samples, how: Arrangement, fit: Fit, seed: int, holdout: str | float | None
) -> FitResult:
    """The fit of all rows, or of those that `holdout` leaves, with what the others say."""
    if holdout is None:
        return fit(samples, how)
    held = held_out(samples, holdout, seed)
    rest, rows = np.flatnonzero(~held.rows), np.flatnonzero(held.rows)
    fitted = samples.take(rest)
    found = fit(fitted, how.of(fitted))
    said = figures(found.model, fitted, samples.take(rows), held.how)
    known = {
        name: {key: short(score[key]) for key in ("rmse", "r2", "coverage")}
        for name, score in said["outputs"].items()
    }
    return noted(
        found, "holdout", said, {"rows": said["rows"], "outside": said["outside"], **known}
    )


def noted(found: FitResult, key: str, said: Any, known: Any) -> FitResult:
    """`found` with `said` in its report and `known` in the metadata of its model."""
    metadata = found.model.metadata
    fit = {**metadata["fit"], key: known}
    return replace(
        found,
        model=found.model.replace(metadata={**metadata, "fit": fit}),
        report={**found.report, key: said},
    )


def short(value: float) -> float:
    """With the digits of metadata."""
    return float(f"{value:.5g}")
