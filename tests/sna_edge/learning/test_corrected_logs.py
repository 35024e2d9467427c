"""Logs of a line that learns: what of a corrected verdict is found again, and what is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from sna_edge.quality import Audit, Line, audit

from .conftest import learning_line, stream, told

MADE = {"model": {"sha256": "m"}, "limits": "l"}


def judged_again(log: list[dict[str, Any]]) -> Audit:
    line = learning_line()
    plain = Line(line.model, line.limits)
    return audit([list(map(json.dumps, log))], lambda made: plain if made == ("m", "l") else None)


@pytest.mark.parametrize("mode", ["width", "recalibrate"])
def test_the_part_of_the_model_is_found_again(mode: str) -> None:
    answers = told(learning_line(mode), *stream(120))
    verdicts = [a for a in answers if "verdict" in a]
    found = judged_again([{**a, **MADE} for a in answers])
    assert found.holds and found.findings == []
    assert found.corrected == sum("correction" in a for a in verdicts) > 50
    assert found.verdicts == len(verdicts) and found.corrected + found.exact == len(verdicts)
    moved = any("model_value" in n for a in verdicts for n in a["outputs"].values())
    assert moved == (mode == "recalibrate")


def width(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], None]:
    return lambda entry: change(entry["outputs"]["width"]) and None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda e: e.update(verdict="REJECT"), "its own numbers give ACCEPT"),
        (lambda e: e.update(status="edge"), "judged again it is ok"),
        (lambda e: e.update(correction=None), "a correction that names none"),
        (lambda e: e["reading"].update(power=130.0), "the log says the model gives width"),
        (lambda e: e.update(outputs=None), "other outputs"),
        (width(lambda n: n.update(model_value=n["model_value"] + 0.01)), "the model gives width"),
        (width(lambda n: n.pop("model_value")), "the model gives width"),
        (width(lambda n: n.update(upper=200.0)), "margin of width"),
        (width(lambda n: n.update(upper=0.0)), "lies between"),
        (width(lambda n: n.update(upper=200.0, margin=-80.0)), "numbers give NO VERDICT"),
        (width(lambda n: n.update(USL=150.0)), "USL of width"),
        (width(lambda n: n.update(value=None)), "which is no number"),
        (width(lambda n: n.update(value=True)), "which is no number"),
        (width(lambda n: n.update(value=10**400)), "which is no number"),
        (width(lambda n: n.update(extra=1)), "other numbers of width"),
    ],
)
def test_what_does_not_follow_is_named(change: Callable[..., Any], said: str) -> None:
    answers = told(learning_line("recalibrate"), *stream(120))
    entry = next(a for a in reversed(answers) if a.get("verdict") == "ACCEPT" and "correction" in a)
    changed = deepcopy({**entry, **MADE})
    change(changed)
    found = judged_again([{**entry, **MADE}, changed])
    assert (found.corrected, found.different) == (1, 1)
    assert found.findings[0][0] == 2 and said in found.findings[0][1]


def test_a_number_that_no_float_holds_is_different() -> None:
    (entry,) = told(learning_line("off"), {"power": 150.0, "speed": 1.0})
    entry["outputs"]["width"]["value"] = 10**400
    assert judged_again([{**entry, **MADE}]).different == 1
