"""AQDEF files out of records, each written whole when its time is over.

Until then the records are what is kept: the cursor moves when the files of a period are on the
disk. A cut in between writes them again, the same under the same names.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ....durable import write_whole
from ..destination import Away, Sent
from .file import Characteristic, Part, dfq
from .period import begin, end, local
from .settings import MEASURED, AqdefSettings

GRACE = 60.0
"""Seconds after the end of a period until its files are written without a later part."""
Known = Callable[[str, str], Mapping[str, Characteristic]]
"""What the limits say of the outputs of (station, recipe), for units and where a record has no
limits."""
UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
"""Letters that a name of a file does without: a recipe is named by a message."""
Group = tuple[str, str, tuple[Characteristic, ...]]


class Export:
    """A `Destination`: `folder` gets a file for each period, station, recipe and set of limits."""

    def __init__(
        self,
        name: str,
        settings: AqdefSettings,
        known: Known = lambda station, recipe: {},
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name, self.settings, self._known, self._now = name, settings, known, now
        self._groups: dict[Group, list[Part]] = {}
        self._names: dict[Group, str] = {}
        self._period: datetime | None = None
        self._last = 0

    def send(self, records: Sequence[Sent]) -> int:
        """Gather them; the last record of the periods that are over, once their files are on the
        disk. Raises Away where they cannot be written."""
        final = 0
        for one in records:
            final = max(final, self._taken(one))
        if self._period is not None and self._over():
            final = max(final, self._written())
        if not self._groups and self._last:
            final = self._last
        return final

    def close(self) -> None:
        """Forget what was gathered: it comes again."""
        self._groups, self._names, self._period, self._last = {}, {}, None, 0

    def _taken(self, one: Sent) -> int:
        record, final = one.record, 0
        found = self._values(record)
        if found:
            moment = local(_seconds(record["time"]), self.settings.zone)
            period = begin(moment, self.settings.starts)
            full = max(map(len, self._groups.values()), default=0) >= self.settings.most
            if self._groups and (period != self._period or full):
                final = self._written()
            self._period = period
            described = tuple(characteristic for characteristic, _ in found)
            group = (record["station"], record["recipe"], described)
            self._names.setdefault(group, _file_name(group, period, one.number))
            part = Part(record.get("part", ""), moment, tuple(value for _, value in found))
            self._groups.setdefault(group, []).append(part)
        self._last = one.number
        return final

    def _values(self, record: Mapping[str, Any]) -> list[tuple[Characteristic, float | None]]:
        """(characteristic, value) of the outputs that the record has values of."""
        kind, station = record.get("kind"), record.get("station", "")
        if kind == "event" or (self.settings.stations and station not in self.settings.stations):
            return []
        known = self._known(station, record.get("recipe", ""))
        told: Mapping[str, Any] = record.get("outputs") or {}
        if self.settings.values != MEASURED:
            values = {name: one.get("value") for name, one in told.items()}
        else:
            became = record.get("measured") or {}
            values = {n: one["value"] for n, one in became.items() if "value" in one}
        return [
            (_described(name, told.get(name), known.get(name)), v) for name, v in values.items()
        ]

    def _over(self) -> bool:
        full = max(map(len, self._groups.values()), default=0) >= self.settings.most
        last = end(self._period, self.settings.starts) if self._period else None
        return full or (last is not None and self._now() > last.timestamp() + GRACE)

    def _written(self) -> int:
        """Write the files of the period; number of the last record in or before it."""
        for group, parts in self._groups.items():
            station, recipe, described = group
            head = {"K1001": recipe, "K1002": station} | dict(self.settings.head)
            data = dfq(sorted(head.items()), described, parts)
            path = os.path.join(self.settings.folder, self._names[group])
            try:
                os.makedirs(self.settings.folder, exist_ok=True)
                write_whole(path, data)
            except OSError as error:
                raise Away(f"{path} cannot be written: {error.strerror or error}") from None
        self._groups, self._names, self._period = {}, {}, None
        return self._last


def _file_name(group: Group, period: datetime, first: int) -> str:
    """Of the group whose first record is `first`: the same whenever it is written again."""
    station, recipe = (UNSAFE.sub("_", text)[:64] for text in group[:2])
    return f"{station}_{recipe}_{period:%Y%m%d-%H%M}_{first}.dfq"


def _described(
    name: str, told: Mapping[str, Any] | None, known: Characteristic | None
) -> Characteristic:
    known = known or Characteristic(name)
    if told is None:
        return known
    return Characteristic(name, told.get("target"), told.get("LSL"), told.get("USL"), known.unit)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
