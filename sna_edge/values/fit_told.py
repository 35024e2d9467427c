"""What a file says of its fit. Anybody may have written it: parts of another shape than a fit
writes are left out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

ANY = "*"
"""Stands for every name that a shape does not name."""
FIGURES = {ANY: float, "by_quarter": [float]}
SHAPE: dict[str, Any] = {
    "rows": int,
    "seed": int,
    "folds": int,
    "kind": str,
    "family": str,
    "link": str,
    "effort": str,
    "modes": int,
    "dropped": [str],
    "cut": [str],
    "outputs": {ANY: FIGURES},
    "outcomes": {ANY: [float]},
    "learning_curve": {
        ANY: {
            "rows": [float],
            "rmse": [float],
            "se": [float],
            "lowered": float,
            "range": [float],
            "repeats": int,
            "judged": int,
        }
    },
    "holdout": {"rows": int, "outside": int, "how": str, "groups": int, ANY: FIGURES},
}

REFIT = "refit"
"""Key of a model's metadata: what it was fitted anew from."""
REFIT_SHAPE: dict[str, Any] = {
    "from-sha256": str,
    "from-version": int,
    "parts": int,
    "weight": float,
    "logs": [str],
}


class Misshapen(ValueError):
    """A value is of another shape."""


def fit_told(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of `fit` in the metadata of a model that are of the SHAPE of a fit's own; empty
    where there is none.

    >>> fit_told({"fit": {"rows": 40, "seed": "x", "outputs": {"y": {"r2": 0.9, "rmse": "small"}}}})
    {'rows': 40, 'outputs': {'y': {'r2': 0.9}}}
    """
    return _told(metadata.get("fit"), SHAPE)


def refit_told(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What a model was fitted anew from: digest and version of the old one, how many parts of which
    logs; empty where it was not, or its file says it in another shape."""
    return _told(metadata.get(REFIT), REFIT_SHAPE)


def _told(value: Any, shape: Mapping[str, Any]) -> dict[str, Any]:
    try:
        found: dict[str, Any] = shaped(value, dict(shape))
    except Misshapen:
        return {}
    return found


def shaped(value: Any, shape: Any) -> Any:
    """The parts of plain data that are of a shape: a type (a finite number for float), [shape] or
    {name: shape}. Raises Misshapen where the value itself is not."""
    if isinstance(shape, dict):
        if not isinstance(value, Mapping):
            raise Misshapen
        pairs = ((name, v, shape.get(name, shape.get(ANY))) for name, v in value.items())
        return dict(_kept((name, v, s) for name, v, s in pairs if s is not None))
    if isinstance(shape, list):
        if not isinstance(value, (list, tuple)):
            raise Misshapen
        return [v for _, v in _kept((None, v, shape[0]) for v in value)]
    wanted = (int, float) if shape is float else shape
    if not isinstance(value, wanted) or isinstance(value, bool):
        raise Misshapen
    if isinstance(value, float) and not math.isfinite(value):
        raise Misshapen
    return value


def _kept(parts: Any) -> Any:
    """(name, value) of the parts that are of their shape."""
    for name, value, shape in parts:
        try:
            yield name, shaped(value, shape)
        except Misshapen:
            continue
