"""Old against new on the same rows: errors, bias, coverage, and whether the difference is more than
chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.model import Model

Floats = NDArray[np.float64]
LEAST = 10
"""Rows below which chance decides, and nothing is called worse."""
CLEAR, SURE = 1.0, 3.0
"""Standard errors from which on a mean squared error is worse, and a coverage is not the level."""
TAKEN = 1e-9
"""Least probability of a label in a log-loss."""


@dataclass(frozen=True)
class Asked:
    """What a model says to N rows of a target: the loss of each [N], NaN where it has no value
    (squared error, or -log of the probability of the label that was measured), error [N] or None
    for labels, whether each was inside its interval [N] or None, and the level of that."""

    loss: Floats
    error: Floats | None
    inside: Floats | None
    level: float


def judged(
    old: Model, new: Model, columns: Mapping[str, Sequence[Any]], measured: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """{target: figures of both models} at rows: `columns` {input: cells}, `measured` {target:
    numbers [N], NaN where there is none, or labels, '' where there is none}. Errors are those of
    rows to which both have a value."""
    told = {}
    for target, y in measured.items():
        before, now = (_asked(model, target, columns, y) for model in (old, new))
        told[target] = _compared(before, now, new, target)
    return told


def on_the_line(told: Sequence[Any], measured: Sequence[Any]) -> dict[str, Any]:
    """RMSE of what corrected verdicts said of N parts, None where they said nothing.

    >>> on_the_line([1.0, None, 3.0], [1.0, 2.0, 5.0])
    {'rows': 2, 'error': 1.4142135623730951}
    """
    numbers = [t if isinstance(t, (int, float)) else np.nan for t in told]
    error = np.array(numbers, dtype=float) - np.asarray(measured, dtype=float)
    error = error[np.isfinite(error)]
    return {"rows": len(error), "error": float(np.sqrt(np.mean(error**2))) if len(error) else None}


def _asked(model: Model, target: str, columns: Mapping[str, Sequence[Any]], y: Any) -> Asked:
    names = {a.name for a in model.axes} | {
        r.name for r in (model.readings.raw if model.readings else ())
    }
    given = {n: list(c) for n, c in columns.items() if n in names}
    found = model.evaluate(given | _groups(model, given))
    classes = next((c for c in model.classes if c.target == target), None)
    if classes is not None:
        p = classes.probabilities(found.value)
        place = {label: i for i, label in enumerate(classes.labels)}
        at = np.array([place.get(label, -1) for label in y])
        share = np.where(at >= 0, p[np.arange(len(p)), at], 0.0)
        loss = np.where(np.isnan(share), np.nan, -np.log(np.maximum(share, TAKEN)))
        return Asked(np.where([label == "" for label in y], np.nan, loss), None, None, 0.0)
    k = model.output_names.index(target)
    error = found.value[:, k] - np.asarray(y, dtype=float)
    low, high = found.lower[:, k], found.upper[:, k]
    inside = np.where(np.isfinite(low + high), (low <= y) & (y <= high), np.nan)
    interval = model.outputs[k].interval
    return Asked(error**2, error, inside, interval.level if interval else 0.9)


def _groups(model: Model, given: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """Groups that a model of known groups does not know are new ones."""
    fit = model.metadata.get("fit")
    told = fit.get("known_groups") if isinstance(fit, Mapping) else None
    if not isinstance(told, Mapping) or told.get("column") not in given:
        return {}
    name, new = str(told["column"]), told.get("new")
    known = {level for a in model.axes if a.name == name for level in a.level_names}
    return {name: [cell if cell in known else new for cell in given[name]]}


def _compared(old: Asked, new: Asked, model: Model, target: str) -> dict[str, Any]:
    both = np.isfinite(old.loss) & np.isfinite(new.loss)
    numbers = old.error is not None
    told: dict[str, Any] = {
        "figure": "RMSE" if numbers else "log-loss",
        "unit": model.outputs[model.output_names.index(target)].unit if numbers else "nat",
        "rows": int(both.sum()),
        "old": _figures(old, both),
        "new": _figures(new, both),
    }
    change = new.loss[both] - old.loss[both]
    if len(change) > 1:
        error = float(change.std(ddof=1) / np.sqrt(len(change)))
        told["change"] = {"mean": float(change.mean()), "standard_error": error}
    enough = len(change) >= LEAST
    told["worse"] = enough and bool(
        told["change"]["mean"] > CLEAR * told["change"]["standard_error"]
    )
    told["uncovered"] = enough and _uncovered(new, both)
    told["biased"] = enough and numbers and _biased(new.error, both)
    return told  # fmt: skip


def _figures(one: Asked, both: NDArray[np.bool_]) -> dict[str, Any]:
    """Of the rows to which both have a value: error, bias, share inside the interval; `without`:
    rows to which this one has none."""
    told: dict[str, Any] = {"without": int(np.isnan(one.loss).sum())}
    if not both.any():
        return told
    mean = float(one.loss[both].mean())
    if one.error is None:
        return {"error": mean, **told}
    assert one.inside is not None
    inside = one.inside[both]
    share = float(inside[np.isfinite(inside)].mean()) if np.isfinite(inside).any() else None
    return {"error": mean**0.5, "bias": float(one.error[both].mean()), "coverage": share, **told}


def _biased(error: Floats | None, both: NDArray[np.bool_]) -> bool:
    """Whether the mean error is more than chance, and half of the scatter about it."""
    assert error is not None
    mean, scatter = abs(error[both].mean()), error[both].std(ddof=1)
    return bool(mean > max(SURE * scatter / np.sqrt(both.sum()), 0.5 * scatter))


def _uncovered(one: Asked, both: NDArray[np.bool_]) -> bool:
    """Whether fewer rows lie in their intervals than chance allows."""
    if one.inside is None or not np.isfinite(inside := one.inside[both]).all():
        return False
    error = np.sqrt(one.level * (1.0 - one.level) / len(inside))
    return bool(inside.mean() < one.level - SURE * error)
