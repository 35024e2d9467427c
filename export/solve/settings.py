"""The settings of a solve: those of the call over those of the problem over the usual ones, each
checked before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

from .weak_form.errors import ProblemError
from .weak_form.problem import Problem

USUAL: dict[str, Any] = {
    "method": "train",
    "form": "galerkin",
    "rank_max": 24,
    "tolerance": 1e-4,
    "modes": 0,
}
WORDS = {"method": ("train", "modes", "points"), "form": ("galerkin", "residual")}
LEAST = {
    "rank_max": 1,
    "modes": 0,
    "sweeps": 1,
    "kick": 0,
    "points": 1,
    "step": 1,
    "newton_steps": 1,
}
"""Whole numbers, and the smallest of each."""
OTHERS = ("tolerance", "accuracy", "order", "continuation")


def settings(problem: Problem, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings by name; None in `given` is not given. Raises ProblemError for a value that is
    none, and for a setting that nobody knows."""
    own = dict(problem.defaults)
    known = [*WORDS, *LEAST, *OTHERS]
    for name in own:
        if name not in known:
            raise ProblemError(
                f"problem {problem.name!r} has a default {name!r}, which no solve takes; use"
                f" {', '.join(known)}"
            )
    found = {**USUAL, **own, **{k: v for k, v in given.items() if v is not None}}
    for name, value in found.items():
        fault = _fault(name, value)
        if fault:
            raise ProblemError(f"{name} of problem {problem.name!r} is {value!r}; {fault}")
    return found


def _fault(name: str, value: Any) -> str:
    """What to give instead, "" where the value is one."""
    if name in WORDS and value not in WORDS[name]:
        return f"use {' or '.join(repr(w) for w in WORDS[name])}"
    if name in LEAST and not (_number(value) and value == int(value) and value >= LEAST[name]):
        return f"give a whole number, {LEAST[name]} or more"
    if name in ("tolerance", "accuracy") and not (_number(value) and 0.0 < value < 1.0):
        return "give a number between 0 and 1"
    if name == "continuation" and value is not None and not _strengths(value):
        return "give strengths between 0 and 1 on the way, as (0.1, 0.5)"
    return ""


def _strengths(value: Any) -> bool:
    """Whether it is one strength, or several, of functions of the unknown."""
    several = value if isinstance(value, (tuple, list)) else (value,)
    return all(_number(s) and 0.0 <= s <= 1.0 for s in several)


def _number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and abs(float(value)) < 1e300
