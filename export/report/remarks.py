"""What a fit says of itself in words: they belong to the report, never to the artifact, so that
wording changes no byte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sna_edge.values.learning_told import curve_of
from sna_edge.values.naming import labelled

from .plant import plant_lines
from .validation import held_together, holdout_lines, repeats_lines, suspect_lines

SUSPECTS, SUSPECTS_IN_ALL = 3, 100
"""Listed at most, where lines are `shown` in part and where not."""


def remarks(report: Mapping[str, Any], shown: int | None = None) -> list[str]:
    """How the fit was confirmed, which inputs take no part (at most `shown`) and what the time
    limit or the effort left out, a line each."""
    lines = [
        *derived_lines(report),
        *base_lines(report),
        *plant_lines(report),
        *held_together(report),
        *repeats_lines(report),
        *holdout_lines(report),
        *learning_lines(report),
    ]
    lines += suspect_lines(report, SUSPECTS_IN_ALL if shown is None else SUSPECTS)
    confirmed = report.get("confirmed", {})
    rival = "mean" if report.get("shape") else "best of mean, linear and quadratic"
    for name, error in confirmed.get("error", {}).items():
        against = f"{error:.3g} ({rival}: {confirmed['baseline'][name]:.3g})"
        instead = confirmed["replaced"].get(name)
        lines.append(
            f"validation ({confirmed['by']}): {name} RMSE / sigma {against}"
            + (f"; replaced by: {instead}" if instead else "")
        )
    notes = report.get("notes", [])
    lines += notes[:shown]
    if shown is not None and len(notes) > shown:
        lines.append(f"and {len(notes) - shown} more inputs were left out (--json lists all)")
    if report.get("cut"):
        by = "Ctrl-C" if report.get("stopped") else "the time limit"
        lines.append(f"cut short by {by}: {'; '.join(report['cut'])}")
    if report.get("skipped"):
        lines.append(f"not tried at effort {report['effort']}: {'; '.join(report['skipped'])}")
    return lines


def learning_lines(report: Mapping[str, Any]) -> list[str]:
    """Whether more rows would help, a line for each output, where that was asked for."""
    lines = []
    for name, told in report.get("learning_curve", {}).items():
        curve = curve_of(told)
        if curve is None:
            lines.append(f"{name}: no learning curve: {told['why']}")
        else:
            lines.append(f"{name}: {curve.sentence()}")
    return lines


def derived_lines(report: Mapping[str, Any]) -> list[str]:
    """What the model computes from readings, a line for each formula."""
    lines = []
    for name, made in report.get("derived", {}).items():
        raw = [n for n in made["from"] if n not in report.get("inputs", [])]
        readings = f" (raw readings: {', '.join(raw)})" if raw else ""
        said = f"{labelled(name, made['unit'])} = {made['formula']}"
        part = "" if made["input"] else "; no input of the model"
        lines.append(f"computed: {said}{readings}{part}")
    return lines


def base_lines(report: Mapping[str, Any]) -> list[str]:
    """What share of the variance a base explains alone, a line for each target."""
    return [
        f"base: explains {100 * share:.3g} % of the variance of {name} without the difference"
        for name, share in report.get("base", {}).get("explains", {}).items()
    ]
