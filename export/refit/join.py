"""Measured parts of logs: readings and measured values that belong together, each part once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sna_edge.learning.measured import KEY
from sna_edge.logs import entry_of
from sna_edge.status import Status

IDENTITY, TIMES = ("id", "part"), ("time", "timestamp")
Entry = dict[str, Any]
Blocks = Callable[[], Iterable[tuple[str, Sequence[bytes | Entry]]]]
"""Gives, each time from the start, (file, its lines or what stands in them)."""


@dataclass
class Part:
    """`reading` and `measured` {target: value} as they were sent; `model`: SHA-256 of what judged
    it, '' for none; `source`: the file that it stands in; `told` {output: corrected value}."""

    identity: str
    reading: Mapping[str, Any]
    measured: dict[str, Any] = field(default_factory=dict)
    time: Any = None
    source: str = ""
    model: str = ""
    corrected: bool = False
    unfamiliar: bool = False
    told: dict[str, Any] = field(default_factory=dict)


@dataclass
class Joined:
    """Measured `parts` in the order in which they were judged. Counted beside them: `judged` parts,
    of which `unmeasured`; `repeated` readings; measured values sent `again`, or `changed` by a
    later one, which counts; `strangers`: ids of measured values without a part; `unreadable` lines;
    `refused` readings; `other` {name: values} of no target."""

    parts: list[Part] = field(default_factory=list)
    judged: int = 0
    unmeasured: int = 0
    repeated: int = 0
    again: int = 0
    changed: int = 0
    strangers: list[str] = field(default_factory=list)
    unreadable: int = 0
    refused: int = 0
    other: Counter[str] = field(default_factory=Counter)


def joined(
    blocks: Blocks,
    inputs: Container[str],
    targets: Sequence[str],
) -> Joined:
    """Read logs twice: `blocks()` gives files and their lines, or what stands in them, in order. A
    reading has one of `inputs`; measured values come with it, before or after it, by the id of the
    part.

    >>> log = [{"id": 1, "x": 2.0}, {"id": "1", "measured": {"y": 3.0}}, {"id": 2, "x": 1.0}]
    >>> found = joined(lambda: [("log", log)], ["x"], ["y"])
    >>> found.parts[0].measured, found.judged, found.unmeasured
    ({'y': 3.0}, 2, 1)
    """
    wanted = {
        identity_of(entry)
        for _, entry in _entries(blocks(), Joined(), some=b'"measured"')
        if _values(entry)
    }
    join = _Join(inputs, targets, wanted)
    for source, entry in _entries(blocks(), join.found):
        join.add(entry, source)
    return join.done()


def _entries(
    blocks: Iterable[tuple[str, Sequence[bytes | Entry]]], found: Joined, some: bytes = b""
) -> Iterator[tuple[str, Entry]]:
    """(file, what stands in a line) of lines that hold the word `some`; others that cannot be read
    are counted."""
    for source, block in blocks:
        for line in block:
            if isinstance(line, dict):
                yield source, line
            elif line.strip() and some in line:
                entry = entry_of(line)
                if isinstance(entry, dict):
                    yield source, entry
                else:
                    found.unreadable += 1


def identity_of(entry: Mapping[str, Any]) -> str:
    """The id of a part as text, '' for none: 17, 17.0 and "17" are the same part."""
    reading = entry.get("reading")
    for holder in (entry, reading if isinstance(reading, dict) else {}):
        for name in IDENTITY:
            value = holder.get(name)
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            if isinstance(value, (str, int, float)) and not isinstance(value, bool):
                return str(value).strip()
    return ""


def _values(entry: Mapping[str, Any]) -> dict[str, Any]:
    """{name: measured value} as it was sent, or else as the answer to it says."""
    reading = entry.get("reading")
    sent = reading.get(KEY) if isinstance(reading, dict) else None
    told = sent if isinstance(sent, dict) else entry.get(KEY)
    if not isinstance(told, dict):
        return {}
    values = {n: v.get("value") if isinstance(v, dict) else v for n, v in told.items()}
    return {n: v for n, v in values.items() if v is not None}


class _Join:
    """Parts that are being joined; `wanted`: ids of which something was measured."""

    def __init__(
        self, inputs: Container[str], targets: Sequence[str], wanted: Container[str]
    ) -> None:
        self._inputs, self._targets, self._wanted = inputs, targets, wanted
        self._by_id: dict[str, Part] = {}
        self._early: dict[str, list[dict[str, Any]]] = {}
        self.found = Joined()

    def add(self, entry: Entry, source: str) -> None:
        """One line of a file: a verdict, an answer to measured values, or what was sent."""
        values = self._known(_values(entry))
        reading = entry.get("reading", {} if "verdict" in entry else entry)
        given = isinstance(reading, dict) and any(
            name in self._inputs and value is not None for name, value in reading.items()
        )
        if given:
            self._part(entry, reading, values, source)
        elif values:
            self._measured(identity_of(entry), values)
        elif "verdict" in entry:
            self.found.refused += 1

    def _known(self, values: dict[str, Any]) -> dict[str, Any]:
        for name in values:
            if name not in self._targets:
                self.found.other[name] += 1
        return {n: v for n, v in values.items() if n in self._targets}

    def _part(
        self, entry: Entry, reading: Mapping[str, Any], values: dict[str, Any], source: str
    ) -> None:
        identity = identity_of(entry)
        self.found.judged += 1
        if not values and identity not in self._wanted:
            self.found.unmeasured += 1
            return
        before = self._by_id.get(identity) if identity else None
        if before is not None and self._same(before.reading, reading):
            self.found.repeated += 1
            self.found.judged -= 1
            self._take(before, values)
            return
        part = _part(entry, reading, identity, source)
        self.found.parts.append(part)
        if identity:
            self._by_id[identity] = part
        for early in self._early.pop(identity, []) if identity else []:
            self._take(part, early)
        self._take(part, values)

    def _same(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        return all(one.get(n) == other.get(n) for n in {*one, *other} if n in self._inputs)

    def _measured(self, identity: str, values: dict[str, Any]) -> None:
        part = self._by_id.get(identity) if identity else None
        if part is not None:
            self._take(part, values)
        elif identity:
            self._early.setdefault(identity, []).append(values)
        else:
            self.found.strangers.append("")

    def _take(self, part: Part, values: dict[str, Any]) -> None:
        for name, value in values.items():
            if name not in part.measured:
                part.measured[name] = value
            elif part.measured[name] == value:
                self.found.again += 1
            else:
                self.found.changed += 1
                part.measured[name] = value

    def done(self) -> Joined:
        """What was found, without parts of which nothing was measured after all."""
        found = self.found
        found.strangers += list(self._early)
        some = [part for part in found.parts if part.measured]
        found.unmeasured += len(found.parts) - len(some)
        found.parts = some
        return found


def _part(entry: Entry, reading: Mapping[str, Any], identity: str, source: str) -> Part:
    model = entry.get("model")
    sha = model.get("sha256") if isinstance(model, dict) else None
    times = (holder.get(name) for holder in (entry, reading) for name in TIMES)
    return Part(
        identity, reading, time=next((t for t in times if t is not None), None),
        source=source, model=sha if isinstance(sha, str) else "", corrected="correction" in entry,
        unfamiliar=entry.get("status") == Status.UNFAMILIAR.label, told=_told(entry),
    )  # fmt: skip


def _told(entry: Entry) -> dict[str, Any]:
    """Corrected values: a verdict has that of the model beside them."""
    outputs = entry.get("outputs")
    pairs = outputs.items() if isinstance(outputs, dict) else ()
    return {
        name: one.get("value")
        for name, one in pairs
        if isinstance(one, dict) and "model_value" in one
    }
