"""What a log says of a corrected verdict, without the correction: the part of the model is judged
again, and the verdict has to follow from the numbers beside it."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np

from ..core.evaluation import Evaluation
from ..status import Status
from .accepting.acceptance import word_of
from .line import Line
from .readings import said
from .verdict import NO_VERDICT, judge

NEAR = 1e-9
"""Of the numbers of an output: how far a margin may be from what its numbers give."""
BY_LIMITS = ("LSL", "USL", "target")
OF_THE_MODEL = "model_value"


def inconsistent(
    line: Line, entry: Mapping[str, Any], answer: Mapping[str, Any], rounding: Mapping[str, float]
) -> str:
    """What does not hold of a corrected verdict, "" for nothing. `answer`: what the model alone
    gives of its reading; `rounding` of outputs, in their units.

    The value of the model (`model_value`, `value` where widths alone were learned), status and
    limits are those of the answer; margins follow from the interval, and the verdict from interval,
    status and limits. Whether the interval is what was learned, the log cannot tell."""
    if entry.get("status") != answer["status"]:
        return f"the log says {said(entry.get('status'))}, judged again it is {answer['status']}"
    named = entry.get("correction")
    if not (isinstance(named, dict) and isinstance(named.get("sha256"), str)):
        return "the log has a correction that names none"
    logged, now = entry.get("outputs"), answer.get("outputs")
    if not now:
        return "the log has a correction, judged again the part has no value to correct"
    if not isinstance(logged, dict) or list(logged) != list(now):
        return f"the log has other outputs, judged again they are {', '.join(now)}"
    for name, numbers in now.items():
        if wrong := _output(name, logged[name], numbers, rounding[name]):
            return wrong
    if answer["verdict"] == NO_VERDICT and entry["verdict"] == NO_VERDICT:
        return ""
    word = _word(line, entry, str(answer["status"]))
    if entry["verdict"] != word:
        return f"the log says {entry['verdict']}, its own numbers give {word}"
    return ""


def _output(name: str, logged: Any, now: Mapping[str, Any], rounding: float) -> str:
    """What does not hold of the numbers of one output."""
    if not isinstance(logged, dict) or logged.keys() - {OF_THE_MODEL} != now.keys():
        return f"the log has other numbers of {name}"
    for key, given in logged.items():
        if not (_is_number(given) or (given is None and key in now and not _is_number(now[key]))):
            return f"the log says {key} of {name} is {said(given)}, which is no number"
    for key in (k for k in BY_LIMITS if k in now):
        if logged[key] != now[key]:
            return f"the log says {key} of {name} is {said(logged[key])}, judged again {now[key]}"
    alone = logged.get(OF_THE_MODEL, logged["value"])
    if not (_is_number(alone) and _is_number(now["value"])):
        return f"the log has a correction of {name}, which has no value"
    size = max(abs(v) for v in (*logged.values(), *now.values()) if _is_number(v))
    if abs(alone - now["value"]) > NEAR * size + rounding:
        return f"the log says the model gives {name} = {alone}, judged again {now['value']}"
    lower, upper = _end(logged["lower"]), _end(logged["upper"])
    if not lower <= upper:
        return f"the log says {name} lies between {lower} and {upper}"
    lsl, usl = _end(logged["LSL"], -np.inf), _end(logged["USL"], np.inf)
    follow = {"margin": min(usl - upper, lower - lsl)}
    if "target" in logged and logged["target"] is not None:
        follow["off_target"] = logged["value"] - logged["target"]
    for key, value in follow.items():
        if isfinite(value) and not abs(_end(logged[key]) - value) <= NEAR * size:
            return f"the log says {key} of {name} is {said(logged[key])}, its own numbers {value}"
    return ""


def _word(line: Line, entry: Mapping[str, Any], status: str) -> str:
    """The verdict by the numbers of the log."""
    model, logged = line.model, entry["outputs"]
    value, lower, upper = np.full((3, 1, len(model.outputs)), np.nan)
    for name, numbers in logged.items():
        k = model.output_names.index(name)
        for row, key in ((value, "value"), (lower, "lower"), (upper, "upper")):
            row[0, k] = _end(numbers[key])
    code = np.array([next(s for s in Status if s.label == status)], dtype=np.int8)
    nowhere = np.array([-1])
    found = Evaluation(value, code, lower, upper, nowhere, np.zeros(1))
    judged = judge(model, line.limits, found)
    return word_of(line.acceptance, judged, entry) if line.acceptance else str(judged.verdict[0])


def _is_number(given: Any) -> bool:
    return isinstance(given, (int, float)) and type(given) is not bool and isfinite(given)


def _end(given: Any, without: float = float("nan")) -> float:
    return without if given is None else float(given)
