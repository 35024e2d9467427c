"""The short form of tools/station/soak_hostile.py: hostile messages at every door of a station in a
process of its own, good parts between them; `make soak` sends a million."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

MESSAGES = int(os.environ.get("STATION_MESSAGES", "2500"))


@pytest.fixture(scope="module")
def soak(root: Path) -> Any:
    """The tool as a module."""
    pytest.importorskip("asyncua")
    pytest.importorskip("paho.mqtt")
    sys.path.insert(0, str(root / "tools" / "station"))
    yield importlib.import_module("soak_hostile")
    sys.path.pop(0)


def test_a_station_lives_and_does_not_lie_whatever_is_sent_to_any_door(
    soak: Any, tmp_path: Path
) -> None:
    doors = list(soak.SHARES)
    plant, rows = soak.attacked(tmp_path, MESSAGES, doors, 22)
    assert plant.faults == []
    assert len(rows) == len(doors) if plant.wires else len(rows) >= 7
    assert plant.counts["records"] > MESSAGES // 2 and len(plant.wanted) > 300
    assert "0 faults" in soak.table(plant, rows, MESSAGES, 1.0)


def test_what_must_not_be_is_noticed(soak: Any, tmp_path: Path) -> None:
    from hostile.plant import Plant  # type: ignore[import-not-found]

    def record(**more: Any) -> str:
        told = {"kind": "verdict", "verdict": "ACCEPT", "reading": {"power": 200.0}}
        return json.dumps(told | {"outputs": {"width": {"value": 100.0}}} | more)

    for text, word in (
        (record(), ""),
        (record(reading={"power": soak_power(soak)}), "false ACCEPT"),
        (record(outputs={"width": {"value": 84.0}}), "false ACCEPT"),
        (record(verdict="NO VERDICT"), "no reason"),
        (record(verdict="NO VERDICT", reason="two\nlines"), "more than one line"),
        (record(reason="an internal fault while it was judged"), "internal fault"),
        (record(verdict="REJECT", reading={"power": float("nan")}), "NaN"),
        (record()[:-1], "no JSON"),
        (record(x="\u00e4").replace("\\u00e4", "\u00e4"), "ASCII"),
    ):
        plant = Plant(tmp_path)
        plant._record("A1", text, {})
        assert [word in fault for fault in plant.faults] == [True] * bool(word), (
            text,
            plant.faults,
        )


def soak_power(soak: Any) -> float:
    """The power of messages that are no legal reading."""
    return float(importlib.import_module("hostile.grammar").FALSE)
