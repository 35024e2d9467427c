"""Several doors under one name of the configuration."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..bus import EVENT, VERDICT
from ..parts import Door
from .destination import Destination
from .runner import Runner

if TYPE_CHECKING:
    from ..plant import Plant


class Doors:
    """Ways in and out that belong together: a `Door`."""

    def __init__(self, name: str, doors: Sequence[Door]) -> None:
        self.name, self.doors = name, doors

    def start(self) -> None:
        """Start all of them."""
        for door in self.doors:
            door.start()

    def stop(self, seconds: float) -> None:
        """Stop them in turn, within these seconds."""
        end = time.monotonic() + seconds
        for door in self.doors:
            door.stop(max(end - time.monotonic(), 0.1))

    def state(self) -> Mapping[str, Any]:
        """Up where all are; what each says."""
        states = [door.state() for door in self.doors]
        words = "; ".join(str(state["words"]) for state in states)
        counts = {key: value for state in states for key, value in state.items()}
        return counts | {"up": all(state["up"] for state in states), "words": words}


def lost_and_back(name: str, plant: Plant) -> Callable[[str], None]:
    """What tells the station that a link is away (a sentence) or back (""), as an event."""

    def heard(sentence: str) -> None:
        event = "link lost" if sentence else "link back"
        plant.event(event, "", name, sentence or f"{name} takes records again")

    return heard


def runner(destination: Destination, plant: Plant) -> Runner:
    """A runner of a running station: new records wake it, events tell of its link. It gets all
    records from now on, also those of parts that come before its own door is open."""
    outbox: Any = plant.records
    outbox.outbox.join(destination.name)
    found = Runner(destination, outbox.outbox, heard=lost_and_back(destination.name, plant))
    plant.bus.subscribe({VERDICT, EVENT}, 1).wake = found.wake
    return found
