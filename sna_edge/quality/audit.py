"""A log of verdicts judged again: every line of `watch` holds the reading, and the hashes of the
model and the limits that it was judged with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from ..artifact.golden import tolerance32
from ..logs import entry_of
from ..model import Model
from ..status import Status
from ..values.documents import shortened
from .accepting.doubt import released
from .corrected import inconsistent
from .line import Line
from .readings import said
from .verdict import ACCEPT, NO_VERDICT, REJECT

NEAR = 1e-9
"""Of the numbers of an output where its file does not say how far single precision may be off:
another backend, another processor and another number of parts at once round otherwise."""
WIDTH = 1e-5
"""Of the width of an interval, likewise."""
KEPT = 20
"""Findings that are kept with their sentences; all are counted."""
Made = tuple[str, str]
"""SHA-256 of the model and of the limits file."""


@dataclass
class Audit:
    """What judging a log again has found. `equal`: verdict, status and numbers are the same,
    `exact` of them to the last digit; `corrected`: the same of the model's part of verdicts that
    measured values had corrected, which follow from their numbers; `refused`: readings that could
    not be read then either, which the log does not hold; `different`; `other`: made with a model
    or limits that are not given; `unreadable`: no verdicts, or without what is needed.
    `findings`: the first lines of the last three kinds, (number, sentence)."""

    equal: int = 0
    exact: int = 0
    corrected: int = 0
    refused: int = 0
    different: int = 0
    other: int = 0
    unreadable: int = 0
    findings: list[tuple[int, str]] = field(default_factory=list)

    @property
    def verdicts(self) -> int:
        """Lines of the log that are not blank."""
        return self._found + self.different + self.other + self.unreadable

    @property
    def holds(self) -> bool:
        """Whether every verdict was found again."""
        return self.verdicts == self._found

    @property
    def _found(self) -> int:
        return self.equal + self.corrected + self.refused

    def note(self, kind: str, number: int, sentence: str) -> None:
        """Count a line of a kind that is a finding."""
        setattr(self, kind, getattr(self, kind) + 1)
        if len(self.findings) < KEPT:
            self.findings.append((number, sentence))


def audit(texts: Iterable[Sequence[bytes | str]], line_of: Callable[[Made], Line | None]) -> Audit:
    """Judge the verdicts of a log again, `texts` in blocks of its lines; `line_of` gives what
    judges by a model and limits of these hashes, None where it has none.

    >>> import json, numpy as np, sna_edge
    >>> from sna_edge.quality import Limit, LineLimits
    >>> axis = sna_edge.spline_axis("power", "W", 100.0, 300.0, spans=1, degree=1)
    >>> cp = sna_edge.CP((np.array([[50.0], [150.0]]),), (np.array([0]),), np.ones((1, 1)))
    >>> model = sna_edge.Model([axis], cp, [sna_edge.Output("width", "um")])
    >>> line = Line(model, LineLimits((Limit("width", usl=120.0),)))
    >>> made = {"model": {"sha256": "m"}, "limits": "l"}
    >>> log = [json.dumps(a | made) for a in line.lines(['{"power": 200.1}', '{"power": 250}'])]
    >>> audit([log], lambda names: line if names == ("m", "l") else None).exact
    2
    >>> audit([[log[0].replace("ACCEPT", "REJECT")]], lambda names: line).findings
    [(1, 'the log says REJECT, judged again it is ACCEPT')]
    """
    found, number = Audit(), 1
    for block in texts:
        wanted: dict[Made, list[tuple[int, dict[str, Any]]]] = {}
        for at, text in enumerate(block, number):
            if text.strip() and (entry := _entry(text, at, found)) is not None:
                wanted.setdefault(_made(entry), []).append((at, entry))
        number += len(block)
        for made, entries in wanted.items():
            _again(found, entries, made, line_of(made))
    return found


def _entry(text: bytes | str, at: int, found: Audit) -> dict[str, Any] | None:
    """A verdict that can be judged again; others are counted, answers to measured values are
    none."""
    entry = entry_of(text)
    if isinstance(entry, str):
        found.note("unreadable", at, entry)
        return None
    if "measured" in entry and "verdict" not in entry:
        return None  # what became of measured values that came alone
    if entry.get("verdict") not in (ACCEPT, REJECT, NO_VERDICT):
        found.note("unreadable", at, "no verdict of watch")
    elif not all(_made(entry)):
        found.note("unreadable", at, "a verdict that names no model or no limits")
    elif isinstance(entry.get("reading"), dict):
        return entry
    elif (entry["verdict"], entry.get("status")) == (NO_VERDICT, Status.BAD_INPUT.label):
        found.refused += 1
    else:
        found.note("unreadable", at, "a verdict without its reading: an earlier version wrote it")
    return None


def _made(entry: Mapping[str, Any]) -> Made:
    """What a verdict was made with, '' for what it does not say."""
    model = entry.get("model")
    named = model if isinstance(model, dict) else {}
    texts = (named.get("sha256"), entry.get("limits"))
    first, second = (text if isinstance(text, str) else "" for text in texts)
    return first, second


def _again(
    found: Audit, entries: Sequence[tuple[int, dict[str, Any]]], made: Made, line: Line | None
) -> None:
    """Judge the readings of verdicts that one model has made, and compare."""
    if line is None:
        for at, _ in entries:
            found.note("other", at, _other(made))
        return
    rounding = dict(zip(line.model.output_names, _rounding(line.model), strict=True))
    answers = line.readings([entry["reading"] for _, entry in entries])
    for (at, entry), answer in zip(entries, answers, strict=True):
        if "verdict" not in answer:
            found.note("different", at, "the log says a verdict of measured values that came alone")
            continue
        entry, answer = released(entry), released(answer)
        if "correction" in entry:
            if wrong := inconsistent(line, entry, answer, rounding):
                found.note("different", at, wrong)
            else:
                found.corrected += 1
            continue
        sentence, exact = compared(entry, answer, rounding)
        if not exact:  # a part that was judged alone is rounded as such
            again = released(line.readings([entry["reading"]])[0])
            alone = compared(entry, again, rounding)
            sentence, exact = alone if not alone[0] else (sentence, exact)
        if sentence:
            found.note("different", at, sentence)
        else:
            found.equal += 1
            found.exact += exact


def _rounding(model: Model) -> list[float]:
    """How far two evaluations of each output may lie apart: 0 where the model is no file."""
    if model.artifact is None:
        return [0.0] * len(model.outputs)
    return [2.0 * t for t in tolerance32(model.artifact, len(model.outputs))]


def _other(made: Made) -> str:
    model, limits = (shortened(text, 19) for text in made)
    return f"made with the model {model} and the limits {limits}"


def compared(
    entry: Mapping[str, Any], answer: Mapping[str, Any], rounding: Mapping[str, float]
) -> tuple[str, bool]:
    """How a verdict of a log differs from what its reading gives now, '' where it does not; and
    whether all numbers are equal to the last digit. `rounding` of outputs, in their units."""
    for key in ("verdict", "status"):
        if entry.get(key) != answer[key]:
            return f"the log says {said(entry.get(key))}, judged again it is {answer[key]}", False
    logged, now = entry.get("outputs") or {}, answer.get("outputs") or {}
    if not isinstance(logged, dict) or list(logged) != list(now):
        return f"the log has other outputs, judged again they are {', '.join(now) or 'none'}", False
    exact = True
    for name, numbers in now.items():
        sentence, same = _numbers(name, logged[name], numbers, rounding[name])
        if sentence:
            return sentence, False
        exact = exact and same
    return "", exact


def _numbers(name: str, logged: Any, now: Mapping[str, Any], rounding: float) -> tuple[str, bool]:
    """The same of the numbers of one output."""
    if not isinstance(logged, dict) or logged.keys() != now.keys():
        return f"the log has other numbers of {name}", False
    wanted = {key: _finite(value) for key, value in now.items()}
    size = max((abs(v) for v in wanted.values() if v is not None), default=0.0)
    lower, upper = wanted["lower"], wanted["upper"]
    wide = upper - lower if lower is not None and upper is not None else 0.0
    most = NEAR * size + rounding + WIDTH * wide
    exact = True
    for key, value in wanted.items():
        given = logged[key]
        if given == value and type(given) is not bool:
            continue
        exact = False
        near = isinstance(given, (int, float)) and value is not None
        if not (near and type(given) is not bool and abs(given - value) <= most):
            return f"the log says {key} of {name} is {said(given)}, judged again {value}", False
    return "", exact


def _finite(value: float | None) -> float | None:
    """What a line of JSON holds of a number."""
    return value if value is not None and isfinite(value) else None
