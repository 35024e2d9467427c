"""What was learned, as numbers by name: per output coverage, widths, the terms of the correction,
alarms that stand; what changed when; the record of the correction."""

from __future__ import annotations

from typing import Any

from .history import WORDS
from .knowledge import OBSERVE, Knowledge
from .output.learned import LearnedOutput
from .record import bytes_of


def report(knowledge: Knowledge) -> dict[str, Any]:
    """All of it."""
    outputs = knowledge.outputs
    names = [one.space.output.name for one in outputs]
    changes = [
        {"part": part, "labels": labels, "output": names[k], "correction": WORDS[code]}
        for part, labels, k, code in knowledge.history.rows.tolist()
    ]
    applied = knowledge.mode != OBSERVE
    return {
        "model": knowledge.sha256,
        "mode": knowledge.mode,
        "parts": knowledge.inputs.count,
        "labels": knowledge.labels,
        "correction": knowledge.correction.digest,
        "outputs": {name: _output(one, applied) for name, one in zip(names, outputs, strict=True)},
        "inputs": {"reference": knowledge.inputs.referred, "alarms": knowledge.inputs.open},
        "changes": changes,
    }


def _output(one: LearnedOutput, applied: bool) -> dict[str, Any]:
    covered = one.coverage.said | {"level": one.space.level}
    return {
        "labels": one.coverage.count,
        "covered": covered,
        "width": list(one.factors) if applied else [1.0, 1.0],
        "used": applied and one.used,
        "correction": _terms(one),
        "sensor": _sensor(one, applied),
        "alarms": [one.said(alarm) for alarm in one.standing],
    }


def _terms(one: LearnedOutput) -> dict[str, Any] | None:
    """None before there is a correction. `unit`: of all but `gain`."""
    found, features = one.recalibration, one.features
    if found is None or features is None or not found.ready:
        return None
    constant, modes, inputs = features.terms(found.theta[:-1])
    return {
        "unit": "of the linear part" if one.space.linear else one.space.output.unit,
        "constant": constant + found.level.added,
        "modes": modes,
        "inputs": inputs,
        "gain": found.gain,
    }


def _sensor(one: LearnedOutput, applied: bool) -> dict[str, Any] | None:
    """The input whose sensor is corrected in place of the other terms; None for none."""
    number, by = one.shift
    return {"input": one.shifted_input, "by": by} if applied and number else None


def record(knowledge: Knowledge) -> dict[str, Any]:
    """The correction record: what verdicts name by its digest, and the bytes that it is of."""
    data = bytes_of(knowledge.sha256, knowledge.applied)
    return {
        "record": data.hex(),
        "sha256": knowledge.correction.digest,
        "model": knowledge.sha256,
        "labels": knowledge.labels,
        "outputs": report(knowledge)["outputs"],
    }
