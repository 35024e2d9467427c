"""Rows that look wrong: listed after every fit, left out of a robust one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import TimeBudget

from ...calibrate.between_groups import components
from ..data.samples import Samples
from ..validation.arrangement import Arrangement
from ..validation.suspects import Deviations, deviations, listed
from ..validation.trimmed import far_alone, gross
from .result import FitResult

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Fit = Callable[[Samples, Arrangement, float], FitResult]
"""The fit of some rows in a share of the time left."""
FIRST_SHARE, GROSS_SHARE, LEAST_LEFT = 0.5, 0.15, 0.3
"""Of the time left: for the first fit and the search before it; without so much more of the time
taken there is no second fit."""
LEAST_ROWS = 20
"""Rows below which nothing is said of single ones."""


def robust(
    samples: Samples, how: Arrangement, fit: Fit, seed: int, budget: TimeBudget
) -> tuple[FitResult, Bools]:
    """The fit without rows that look wrong to cheap processes; where its own errors say otherwise
    of some, the fit once more without those that look wrong to it. And the rows [N] left out."""
    out = gross(samples, seed, budget.part(GROSS_SHARE))
    found = _without(samples, how, out, fit, FIRST_SHARE)
    again = far_alone(samples, judged(found, samples, out, how), out)
    if np.array_equal(again, out) or budget.left < LEAST_LEFT * budget.elapsed:
        return found, out
    return _without(samples, how, again, fit, 1.0), again


def _without(samples: Samples, how: Arrangement, out: Bools, fit: Fit, share: float) -> FitResult:
    if not out.any():
        return fit(samples, how, share)
    kept = np.flatnonzero(~out)
    part = samples.take(kept).over(samples)
    found = fit(part, how.of(part), share)
    return replace(found, rows=kept[found.rows])


def judged(found: FitResult, samples: Samples, out: Bools, how: Arrangement) -> Deviations:
    """Every row against what was predicted without it, or by the model that did not see it, and the
    offset of its group."""
    assert found.rows is not None
    place = {a.name: d for d, a in enumerate(samples.axes)}
    expected = np.full(samples.y.shape, np.nan)
    expected[found.rows] = found.predicted
    if out.any():
        x = samples.x[out][:, [place[name] for name in found.model.input_names]]
        expected[out] = found.model.evaluate(x, level_index=True, extrapolate=True).value
    if samples.group is not None and how.groups is not None:
        for k in range(len(samples.names)):
            known = found.measured[:, k] - found.predicted[:, k]
            offset = components(known, samples.group[found.rows]).offset
            offset = np.append(offset, np.zeros(int(samples.group.max()) + 1 - len(offset)))
            expected[:, k] += offset[samples.group]
    trusted = ~out & np.isfinite(expected).all(axis=1)
    return deviations(tuple(found.model.outputs), samples.y, expected, trusted)


def with_suspects(
    found: FitResult, samples: Samples, out: Bools, how: Arrangement, number: Ints | range
) -> FitResult:
    """`found` with the rows that look wrong in its report, numbered as `number` [N] says."""
    if len(samples.x) < LEAST_ROWS or found.rows is None:
        return found
    said = listed(samples, judged(found, samples, out, how), number, out)
    return replace(found, report={**found.report, "suspects": said}) if said else found
