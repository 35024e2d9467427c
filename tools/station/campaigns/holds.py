"""What has to hold whatever was broken: every acknowledged part has exactly one record, the chain
is whole, and every verdict is that of a line of our own on the same reading, model and limits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

from sna_edge.files import from_bytes
from sna_edge.quality import Line
from sna_edge.quality.limits import limits_in
from sna_edge.station.records import verify

from .followed import Followed, read
from .senders import Told
from .site import Site

Records = list[dict[str, Any]]


def without_record(data: Path, parts: Iterable[str], followed: Followed | None = None) -> list[str]:
    """Those of the parts that have no verdict on the disk, and had none that retention took, as who
    has `followed` the records knows."""
    if not (parts := list(parts)):
        return []
    with closing(read(data)) as db:
        there = {part for (part,) in db.execute("SELECT part FROM records WHERE kind = 0")}
    left = [part for part in parts if part not in there]
    if followed is None or not left:
        return left
    followed.look()
    return [part for part in left if not followed.took(part)]


def records(data: Path) -> Records:
    """All records in their order."""
    with closing(read(data)) as db:
        return [json.loads(t) for (t,) in db.execute("SELECT text FROM records ORDER BY number")]


def events(found: Iterable[Mapping[str, Any]], name: str) -> Records:
    """The events of a name."""
    return [dict(one) for one in found if one["kind"] == "event" and one["event"] == name]


class Reference:
    """Lines of our own for every model and limits that a station may judge with."""

    def __init__(self, site: Site) -> None:
        self._models: dict[str, bytes] = {}
        self._limits: dict[str, bytes] = {}
        self._lines: dict[tuple[str, str], Line] = {}
        self._known: dict[tuple[str, str, float], str] = {}
        self.allow((site.folder / "line.sna").read_bytes())
        self.limits((site.folder / "limits.toml").read_bytes())

    def allow(self, model: bytes) -> None:
        """Verdicts may come from this model."""
        self._models[sha256(model).hexdigest()] = model

    def allows(self, model: bytes) -> bool:
        """Whether verdicts may come from this model."""
        return sha256(model).hexdigest() in self._models

    def limits(self, text: bytes) -> None:
        """Verdicts may go by these limits."""
        self._limits[sha256(text).hexdigest()] = text

    def verdict(self, model: str, limits: str, power: float) -> str:
        """What is right. Raises KeyError for a model or limits that nobody may judge with."""
        key = model, limits
        if key not in self._lines:
            made, text = from_bytes(self._models[model], "numpy"), self._limits[limits]
            self._lines[key] = Line(made, limits_in(text, "limits", made), advice_ms=0.0)
        if (*key, power) not in self._known:
            answer = self._lines[key].readings([{"id": "x", "power": power}])[0]
            self._known[(*key, power)] = answer["verdict"]
        return self._known[(*key, power)]


def faults(
    site: Site, told: Told, reference: Reference, followed: Followed | None = None
) -> list[str]:
    """What does not hold. `followed` since the start where retention may have taken the oldest
    records: those up to its last cut, and no others, need not be there."""
    found = verify(site.data)
    wrong, told.wrong = list(told.wrong), []
    if found.broken is not None:
        wrong.append(f"verify: {found.words}")
    kept = records(site.data)
    if followed is not None:
        followed.look()
        wrong += followed.ended()
    wrong += _counted([r for r in kept if r["kind"] == "verdict"], told, followed)
    wrong += _judged(kept, told, reference)
    wrong += [f"the station says: {line[:200]}" for line in _noise(site.said())]
    return wrong


def _counted(verdicts: Records, told: Told, followed: Followed | None) -> Iterator[str]:
    numbers: dict[str, int] = {}
    for one in verdicts:
        if one["part"] in numbers:
            yield f"{one['part']} has two records"
        if one["part"] not in told.power:
            yield f"record {one['record']} is of no part: {one['part']}, {one.get('reason')}"
        numbers[one["part"]] = one["record"]
    known = numbers if followed is None else followed.numbers
    lost = [part for part, number in told.numbers.items() if known.get(part) != number]
    if lost:
        yield f"{len(lost)} acknowledged parts have no record or another one, as {lost[0]}"
    if lost := [part for part in told.handed if part not in known]:
        yield f"{len(lost)} parts that were handed over have no record, as {lost[0]}"
    if followed is not None:
        yield from followed.lost(numbers)


def _judged(kept: Records, told: Told, reference: Reference) -> Iterator[str]:
    for one in kept:
        power = told.power.get(one["part"])
        if one["kind"] != "verdict" or power is None:
            continue
        try:
            right = reference.verdict(one["model"]["sha256"], one["limits"], power)
        except KeyError:
            yield f"{one['part']} was judged by a model or limits that may not judge"
            continue
        if one["verdict"] != right:
            false = "false ACCEPT" if one["verdict"] == "ACCEPT" else one["verdict"]
            yield f"{one['part']}: {false}, right is {right} ({one.get('reason')})"


def _noise(said: str) -> Iterator[str]:
    """Lines that no journal should hold."""
    for line in said.splitlines():
        if any(word in line for word in ("Traceback", "nanobind", "leaked", "internal fault")):
            yield line
