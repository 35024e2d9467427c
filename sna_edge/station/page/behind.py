"""The page of a running station: what stands behind its HTTP door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from starlette.applications import Starlette

from ...errors import InputError
from ...learning import Learner
from ..bus import EVENT, VERDICT
from ..config import Charting
from ..plant import Plant
from ..records import History
from .feed import Feed
from .kept import FILE
from .routes import routes
from .sources import Shown
from .zone import station_zone

ROOM = 4000
"""Messages that wait for the page; of more the oldest are left out of its charts, and counted."""


class OfPlant:
    """What the page asks, of a plant; a `Sources`."""

    def __init__(self, plant: Plant) -> None:
        self._plant, self._lock = plant, Lock()
        self._history: History | None = None

    def lines(self) -> Sequence[Shown]:
        """Every station and recipe of the configuration."""
        found = []
        for (station, recipe), one in list(self._plant.desk.cells.items()):
            model, place = one.line.model, self._plant.config.stations[station]
            units = {a.name: a.unit for a in model.axes if a.unit}
            units |= {r.name: r.unit for r in (model.readings.raw if model.readings else ())}
            units |= {o.name: o.unit for o in model.outputs if o.unit}
            takt, page = 1000.0 * (place.takt or 0.0), one.recipe.page
            levels = {o.name: o.interval.level for o in model.outputs if o.interval}
            file = Path(page) if page else None
            told = units, place.plans, takt, file, levels, one.recipe.learn
            found.append(Shown(station, recipe, *told))
        return found

    def status(self) -> Mapping[str, Any]:
        """As the plant says it, with the names of model files."""
        told = self._plant.status()
        for (station, recipe), one in list(self._plant.desk.cells.items()):
            model = told["models"].get(f"{station}/{recipe}")
            if model is not None:
                model["name"] = Path(one.recipe.source).name
                model["moved"] = _moved(one.line.learner)
        return {**told, "health": self._plant.health(), **station_zone(self._plant.config.zone)}

    def busy(self) -> bool:
        """As the desk says."""
        return self._plant.desk.busy

    def charting(self, station: str, recipe: str) -> Charting:
        """As the configuration has it."""
        found = self._plant.config.stations.get(station)
        return found.recipes[recipe].charts if found and recipe in found.recipes else Charting()

    def shelf(self) -> Path | None:
        """Beside the records."""
        return Path(self._plant.config.data) / FILE

    def event(self, event: str, station: str, who: str, why: str, **more: Any) -> None:
        """Make an event record."""
        self._plant.event(event, station, who, why, **more)

    def recorded(self, event: str, station: str, who: str, why: str, **more: Any) -> None:
        """Make an event record, and wait until it is on the disk. Raises Unrecorded."""
        self._plant.recorded(event, station=station, who=who, why=why, **more)

    def past(self) -> History | None:
        """The records; None before there are any."""
        with self._lock:
            if self._history is None:
                try:
                    self._history = History(self._plant.config.data)
                except InputError:
                    return None
            return self._history


def _moved(learner: Learner | None) -> list[str]:
    """What the learner says has moved and not come back, an output each."""
    outputs = learner.knowledge.outputs if learner is not None else ()
    return [one.said(alarm) for one in outputs for alarm in one.standing]


def behind(plant: Plant) -> tuple[Starlette, Feed]:
    """The application, and the feed that is started and stopped with the door."""
    sources = OfPlant(plant)
    feed = Feed(sources, plant.bus.subscribe({VERDICT, EVENT}, ROOM))
    return Starlette(routes=routes(feed, sources)), feed
