"""What has changed while no station ran."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from .desk import Cell
from .renewal import FILE
from .served import Served

MOST = 10_000
"""Events that are looked through for the last start."""
TOGETHER = 300


class Past(Protocol):
    """`History` of the records."""

    def latest(self, most: int, *, kind: str, before: int | None) -> Any:
        """The newest records of a kind, the newest first."""


def since(past: Past, cells: Mapping[Cell, Served]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(event, its entries) for each recipe whose model or limits are not those that the records
    name last."""
    models, limits = _known(past)
    for cell, one in cells.items():
        name = "/".join(cell)
        told = {"station": cell[0], "recipe": cell[1], "who": FILE}
        if (was := models.get(name)) not in (None, one.trust.sha256):
            why = f"{one.recipe.source} was changed while the station did not run"
            before, now = {"sha256": was}, one.trust.said
            yield "model switched", {**told, "why": why, "before": before, "model": now}
        if (was := limits.get(name)) not in (None, one.limits):
            why = f"{one.recipe.limits} was changed while the station did not run"
            yield "limits changed", {**told, "why": why, "before": was, "limits": one.limits}


def _known(past: Past) -> tuple[dict[str, str], dict[str, str]]:
    """{recipe: digest} of models and of limits, as the last start and the changes after it say."""
    models, limits = dict[str, str](), dict[str, str]()
    for event in _events(past):
        name = f"{event.get('station')}/{event.get('recipe')}"
        if event["event"] == "model switched":
            models.setdefault(name, event["model"]["sha256"])
        elif event["event"] == "limits changed":
            limits.setdefault(name, event["limits"])
        elif event["event"] == "started":
            return {**event.get("models", {}), **models}, {**event.get("limits", {}), **limits}
    return models, limits


def _events(past: Past) -> Iterator[dict[str, Any]]:
    """The newest first."""
    before = None
    for _ in range(MOST // TOGETHER):
        found = past.latest(TOGETHER, kind="event", before=before)
        for one in found:
            yield json.loads(one.text)
        if len(found) < TOGETHER:
            return
        before = found[-1].number
