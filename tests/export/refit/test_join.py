"""Readings and measured values are joined by the id of the part: each once, in any order."""

from __future__ import annotations

import json
from typing import Any

from sna_export.refit import Joined, joined


def found(*files: list[Any]) -> Joined:
    """Files of entries, given as lines of JSON."""
    blocks = [
        (f"file {i}", [e if isinstance(e, bytes) else json.dumps(e).encode() for e in entries])
        for i, entries in enumerate(files)
    ]
    return joined(lambda: blocks, {"x"}, ["y", "z"])


def verdict(identity: object, x: float, **more: Any) -> dict[str, Any]:
    told = {"line": 1, "id": identity, "verdict": "ACCEPT", "status": "ok"}
    return told | {"reading": {"id": identity, "x": x}, "model": {"sha256": "m"}} | more


def told(identity: object, **values: float) -> dict[str, Any]:
    """What watch answers to measured values that came alone."""
    answers = {n: {"value": v, "learned": True} for n, v in values.items()}
    return {"line": 2, "id": identity, "measured": answers}


def test_values_join_their_part_late_early_and_in_its_own_line() -> None:
    log = [
        told("c", y=3.0), verdict(1, 1.0), verdict("b", 2.0), told("1", y=1.0), verdict("c", 3.0),
        {"id": 4, "x": 4.0, "measured": {"y": "4 mm", "gloss": 2}}, told(1.0, z=9.0),
        verdict(5, 5.0), told("nobody", y=1.0), b"{torn", {"x": 6.0, "measured": {"y": 6.0}},
        verdict(7, 7.0, reading=None, status="bad_input"),
    ]  # fmt: skip
    join = found(log)
    assert [(p.identity, p.measured) for p in join.parts] == [
        ("1", {"y": 1.0, "z": 9.0}), ("c", {"y": 3.0}), ("4", {"y": "4 mm"}), ("", {"y": 6.0}),
    ]  # fmt: skip
    assert (join.judged, join.unmeasured, join.unreadable, join.refused) == (6, 2, 1, 1)
    assert join.strangers == ["nobody"] and join.other == {"gloss": 1}
    assert [p.model for p in join.parts] == ["m", "m", "", ""]


def test_what_was_sent_counts_before_what_was_answered() -> None:
    answer = told(1, y=1.0) | {"reading": {"id": 1, "measured": {"y": "0.1 cm", "z": 2.0}}}
    assert found([verdict(1, 1.0), answer]).parts[0].measured == {"y": "0.1 cm", "z": 2.0}


def test_a_part_and_a_value_that_come_again_count_once_and_the_last_value_counts() -> None:
    log = [verdict(1, 1.0), told(1, y=1.0)]
    join = found(log, log, [told(1, y=2.0)])
    assert len(join.parts) == 1 and join.parts[0].measured == {"y": 2.0}
    assert (join.judged, join.repeated, join.again, join.changed) == (1, 1, 1, 1)


def test_an_id_that_is_used_again_is_another_part() -> None:
    join = found([verdict(1, 1.0), told(1, y=1.0), verdict(1, 2.0), told(1, y=2.0)])
    assert [(p.reading["x"], p.measured["y"]) for p in join.parts] == [(1.0, 1.0), (2.0, 2.0)]


def test_marks_of_verdicts_are_kept() -> None:
    more = {
        "correction": {},
        "outputs": {"y": {"value": 2.5, "model_value": 2}, "z": {"value": 1}},
        "time": "2026-01-02",
    }
    log = [verdict(1, 1.0, status="unfamiliar", **more), told(1, y=1.0)]
    part = found(log).parts[0]
    assert part.corrected and part.unfamiliar and part.time == "2026-01-02"
    assert part.told == {"y": 2.5}
