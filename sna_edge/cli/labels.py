"""Labels in words: what a fit of classes is worth, and the class of a point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.classes import Classes
from ..core.classes import as_probabilities as shares
from ..model import Model
from .console import table

Floats = NDArray[np.float64]


def of_classes(model: Model) -> set[int]:
    """Places of the outputs that are probabilities of labels."""
    return {k for one in model.classes for k in one.outputs}


def as_probabilities(model: Model, y: Floats) -> Floats:
    """Outputs y [N, K] in which the shares of several labels stand for what they are shares of."""
    return shares(model.classes, y)


def answered(model: Model, y: Floats) -> dict[str, Any]:
    """{target: class and probabilities of its labels} of the outputs y [K] of one point; empty for
    a model without labels."""
    return {
        one.target: {
            "class": one.named(y)[0],
            "probabilities": dict(zip(one.labels, one.probabilities(y)[0].tolist(), strict=True)),
        }
        for one in model.classes
    }


def lines(model: Model, y: Floats) -> list[str]:
    """'result: ok  (probability of ok 0.93, answered from 0.5 on)' of one point, y [K]."""
    return [_line(one, y) for one in model.classes]


def _line(one: Classes, y: Floats) -> str:
    p = one.probabilities(y)[0]
    if one.kind == "binary":
        rule = f"answered from {one.threshold:g} on"
        return (
            f"{one.target}: {one.named(y)[0]}  (probability of {one.labels[1]} {p[1]:.4g}, {rule})"
        )
    each = ", ".join(f"{label} {value:.4g}" for label, value in zip(one.labels, p, strict=True))
    return f"{one.target}: {one.named(y)[0]}  (probabilities: {each})"


def fitted(found: Mapping[str, Any]) -> list[str]:
    """What rows that were left out say of probabilities, per target: `classes` of a report."""
    out: list[str] = []
    for target, whole in found.items():
        out += ["", *_measures(target, whole), "", *_confusion(whole)]
    return out


def _measures(target: str, whole: Mapping[str, Any]) -> list[str]:
    chance = whole["calibration_error_by_chance"]
    rows = [
        ["log-loss", f"{whole['log_loss']:.4g}", f"shares alone: {whole['base_log_loss']:.4g}"],
        ["AUC", f"{whole['auc']:.4g}", "chance: 0.5"],
        ["accuracy", f"{100 * whole['accuracy']:.1f} %", _rule(whole)],
        ["calibration error", f"{whole['calibration_error']:.3g}",
         f"a perfect model on {whole['rows']} rows: {chance:.3g}"],
    ]  # fmt: skip
    return table([f"{target}, cross-validated", "", "beside it"], rows)


def _rule(whole: Mapping[str, Any]) -> str:
    if whole["kind"] == "binary":
        return f"{whole['labels'][1]} answered from {whole['threshold']:g} on"
    return "median class" if whole["kind"] == "ordered" else "most probable class"


def _confusion(whole: Mapping[str, Any]) -> list[str]:
    labels = whole["labels"]
    rows = [
        [label, *map(str, counts)] for label, counts in zip(labels, whole["confusion"], strict=True)
    ]
    return table(["measured, answered as", *labels], rows)
