"""Targets that a gauge rounds to a step: no interval is narrower, and the rounding is noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sna_edge.core.output import Output
from sna_edge.errors import InputError

from ..pipeline.result import FitResult
from ..pipeline.validated import noted, short


def steps_of(
    given: float | Mapping[str, float] | Sequence[str], targets: Sequence[str]
) -> dict[str, float]:
    """{target: step} of one number for the one target, a mapping, or texts `depth=0.1`. Raises
    InputError for an unknown target and for what is no positive number.

    >>> steps_of(0.1, ["depth"]), steps_of(["depth=0.1", "width=1"], ["depth", "width"])
    ({'depth': 0.1}, {'depth': 0.1, 'width': 1.0})
    """
    pairs: list[tuple[str, Any]] = []
    if isinstance(given, Mapping):
        pairs = list(given.items())
    else:
        for text in [given] if isinstance(given, (int, float, str)) else given:
            name, equals, value = str(text).rpartition("=")
            if not equals and len(targets) > 1:
                raise InputError(
                    f"resolution {text} does not say which target it is of; write TARGET=STEP with"
                    f" one of {', '.join(targets)}"
                )
            pairs.append((name if equals else targets[0], value))
    found = {}
    for name, value in pairs:
        try:
            step = float(value)
        except ValueError:
            step = np.nan
        if name not in targets:
            raise InputError(f"resolution names {name!r}; the targets are {', '.join(targets)}")
        if not 0.0 < step < np.inf:
            raise InputError(f"resolution {name}={value} is no positive number; write {name}=0.1")
        found[str(name)] = step
    return found


def with_resolution(found: FitResult, steps: Mapping[str, float]) -> FitResult:
    """Intervals of at least half a step on both sides; the rounding in the report, and as the
    gauge of targets that have no study of theirs."""
    if not steps:
        return found
    outputs = tuple(_least(o, steps.get(o.name, 0.0)) for o in found.model.outputs)
    found = replace(found, model=found.model.replace(outputs=outputs))
    said, gauges = {}, dict(found.report.get("gauge", {}))
    for name, step in steps.items():
        sigma, error = step / np.sqrt(12.0), found.report["outputs"][name]["rmse"]
        share = min(1.0, sigma**2 / error**2) if error > 0 else 1.0
        said[name] = {"step": step, "sigma": short(sigma), "share_of_error": short(share)}
        gauges.setdefault(
            name, {"sigma": short(sigma), "repeatability": short(sigma), "reproducibility": 0.0}
        )
    known = {**found.model.metadata["fit"].get("gauge", {})}
    keys = ("sigma", "repeatability", "reproducibility")
    for name in steps:
        known.setdefault(name, {key: gauges[name][key] for key in keys})
    found = noted(found, "resolution", said, dict(steps))
    metadata = found.model.metadata
    fit = {**metadata["fit"], "gauge": known}
    return replace(found, model=found.model.replace(metadata={**metadata, "fit": fit}))


def _least(output: Output, step: float) -> Output:
    interval = output.interval
    if interval is None or interval.space != "output":
        return output
    half = 0.5 * step
    wider = replace(interval, below=max(interval.below, half), above=max(interval.above, half))
    return replace(output, interval=wider)
