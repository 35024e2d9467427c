"""Around a fit: rows held out of the whole of it, before, and what they say, after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import TimeBudget
from sna_edge.quality.gage import GageStudy

from ..data.samples import Samples
from ..validation.arrangement import Arrangement
from ..validation.gauge import repeats
from ..validation.holdout import figures, held_out
from ..validation.learning_curve import Fit as CurveFit
from ..validation.learning_curve import learning_curve
from .result import FitResult
from .robust import Fit, robust, with_suspects

Ints = NDArray[np.int64]
MOST_ROWS = 200_000
"""Rows up to which repeats are looked for: sorting more of them costs memory."""


@dataclass(frozen=True)
class Curve:
    """The fit of some rows for a learning curve, and the time that it has with the fit."""

    fit: CurveFit
    budget: TimeBudget


@dataclass(frozen=True)
class Asked:
    """holdout: rows to keep out of the whole fit; robust: leave out rows that look wrong; gauges:
    studies by output; curve: how to make a learning curve, None: without."""

    holdout: str | float | None = None
    robust: bool = False
    gauges: Mapping[str, GageStudy] = field(default_factory=dict)
    curve: Curve | None = None


def validated(
    samples: Samples,
    how: Arrangement,
    fit: Fit,
    seed: int,
    asked: Asked,
    budget: TimeBudget,
) -> FitResult:
    """The fit as it is `asked` for, with what is to be said of its errors."""
    found = _held_out(samples, how, fit, seed, asked, budget)
    return _with_gauges(_with_repeats(found, how), asked.gauges)


def _held_out(
    samples: Samples, how: Arrangement, fit: Fit, seed: int, asked: Asked, budget: TimeBudget
) -> FitResult:
    if asked.holdout is None:
        return _listed(samples, how, fit, seed, asked, range(1, len(samples.x) + 1), budget)
    held = held_out(samples, asked.holdout, seed)
    rest, rows = np.flatnonzero(~held.rows), np.flatnonzero(held.rows)
    fitted = samples.take(rest)
    found = _listed(fitted, how.of(fitted), fit, seed, asked, rest + 1, budget)
    said = figures(found.model, fitted, samples.take(rows), held.how, found.report.get("groups"))
    known = {
        name: {key: short(score[key]) for key in ("rmse", "r2", "coverage")}
        for name, score in said["outputs"].items()
    }
    return noted(
        found, "holdout", said, {"rows": said["rows"], "outside": said["outside"], **known}
    )


def _listed(
    samples: Samples,
    how: Arrangement,
    fit: Fit,
    seed: int,
    asked: Asked,
    number: Ints | range,
    budget: TimeBudget,
) -> FitResult:
    """The fit with the rows that look wrong, without those if it is `asked` to be robust; `number`
    [N] in the table."""
    out = np.zeros(len(samples.x), dtype=bool)
    if asked.robust:
        found, out = robust(samples, how, fit, seed, budget)
        known = {"left_out": int(out.sum()), "rows": len(out)}
        found = noted(found, "robust", known, known)
    else:
        found = fit(samples, how, 1.0)
    if asked.curve:
        kept = samples.take(np.flatnonzero(~out)) if out.any() else samples
        found = _with_curve(found, kept, how, seed, asked.curve)
    return with_suspects(found, samples, out, how, number)


def _with_curve(
    found: FitResult, samples: Samples, how: Arrangement, seed: int, curve: Curve
) -> FitResult:
    """What more rows would bring; that it was cut, where it was."""
    before = len(curve.budget.cut)
    said = learning_curve(samples, how.of(samples), curve.fit, seed, curve.budget)
    if said:
        known = {name: one for name, one in said.items() if "why" not in one}
        found = noted(found, "learning_curve", said, known)
    if len(curve.budget.cut) > before:
        found = noted(found, "cut", curve.budget.cut, curve.budget.cut)
    return found


def _with_repeats(found: FitResult, how: Arrangement) -> FitResult:
    """In the report alone: the artifact does not depend on it."""
    if len(found.inputs) > MOST_ROWS:
        return found
    group = found.group if how.groups is not None and how.time is None else None
    fitted = found.model.evaluate(found.inputs, level_index=True).value
    said = {}
    for k, name in enumerate(found.model.output_names):
        columns = found.measured[:, k], found.predicted[:, k], fitted[:, k]
        if one := repeats(found.inputs, *columns, group):
            said[name] = one.report()
    return replace(found, report={**found.report, "repeats": said}) if said else found


def _with_gauges(found: FitResult, gauges: Mapping[str, GageStudy]) -> FitResult:
    if not gauges:
        return found
    said, known = {}, {}
    for name, study in gauges.items():
        error = found.report["outputs"][name]["rmse"]
        share = min(1.0, study.sigma**2 / error**2) if error > 0 else 1.0
        said[name] = {**study.report(), "share_of_error": share}
        known[name] = {
            "sigma": short(study.sigma),
            "repeatability": short(study.repeatability),
            "reproducibility": short(study.reproducibility),
        }
    return noted(found, "gauge", said, known)


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
