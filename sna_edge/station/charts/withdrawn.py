"""A measured value that somebody has called wrong, taken out of what a line shows: figures without
it, and charts made anew from the records without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ..config.charting import INDIVIDUALS
from ..records.reading.measured import Measured
from .curve import RULED, Curve, Where
from .curves import MEASURED, OF_MEASURED, RESIDUAL, RESIDUALS
from .running import Running

MOST = 1000
"""Measured values of an output that charts are made anew from."""
Late = tuple[Sequence[Measured], int]
"""What was measured of late, the oldest first, and the record from which on that is all."""


class Asked(Protocol):
    """Where measured values are read back from."""

    def __call__(self, station: str, recipe: str, before: int, most: int) -> Late | None:
        """Without those that were called wrong before that record; None where none can be read."""


def withdraw(running: Running, about: int, part: str, late: Late | None) -> None:
    """The value was measured of `part` in record `about`."""
    for kept in running.outputs.values():
        kept.without(about)
    _unmarked(running, part, late[0] if late else ())
    if late is None:
        return
    for (output, what, kind), curve in running.curves.by_name.items():
        if what in OF_MEASURED:
            curve.anew(_values(running, output, what, late[0]), late[1])
            name = running.alarm(output, what, kind)
            stood = name in running.alarms.standing
            if stood and not any(stands for _, stands, _ in curve.alarming()):
                running.alarms.fall(name)
    for output in running.outputs:
        if found := running.curves.by_name.get((output, RESIDUAL, INDIVIDUALS)):
            _marked(running, output, found)


def _values(
    running: Running, output: str, what: str, late: Sequence[Measured]
) -> list[tuple[Any, Where]]:
    """What a chart of `what` takes, each with its place."""
    found = list[tuple[Any, Where]]()
    for one in late:
        where, told = (one.record, one.at, one.part), one.outputs.get(output)
        if what == MEASURED and told:
            found.append((told["value"], where))
        elif what == RESIDUAL and told and told["predicted"] is not None:
            found.append((told["value"] - told["predicted"], where))
        elif what == RESIDUALS and one.outputs.keys() >= running.outputs.keys():
            errors = {
                name: told["value"] - told["predicted"]
                for name, told in one.outputs.items()
                if told["predicted"] is not None
            }
            if errors.keys() >= running.outputs.keys():
                found.append((errors, where))
    return found


def _unmarked(running: Running, part: str, late: Sequence[Measured]) -> None:
    """The part has the value that was measured of it before, if any, and no signals of it."""
    shown = running.by_part.get(part)
    if shown is None:
        return
    for name, row in shown.outputs.items():
        values = [one.outputs[name]["value"] for one in late
                  if one.part == part and name in one.outputs]  # fmt: skip
        row[3], row[4] = (values[-1] if values else None), _others(row[4])
    shown.changed = running.tick


def _marked(running: Running, output: str, curve: Curve) -> None:
    """Parts have the signals of residuals that the chart has now."""
    for point in curve.points:
        shown = running.by_part.get(point[2])
        if shown is not None and output in shown.outputs:
            row = shown.outputs[output]
            signals = [f"{RESIDUAL}: {rule}" for rule in point[-1] if rule in RULED]
            if (told := _others(row[4]) + signals) != row[4]:
                row[4], shown.changed = told, running.tick


def _others(signals: list[str]) -> list[str]:
    return [one for one in signals if not one.startswith(f"{RESIDUAL}: ")]
