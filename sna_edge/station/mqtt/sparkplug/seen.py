"""Edge nodes as their messages tell of them: births, counted data, values of metrics."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from ....learning.measured import KEY
from ...messages import of_object
from ...parts import Arrival
from .payload import Metric, Payload, births, payload
from .settings import Tap
from .types import Type, Value
from .wire import Malformed

Types = dict[str | int, tuple[str, Type]]


@dataclass
class Seen:
    """An edge node: the number of its last message; by device ("" for its own) what its births
    have told and the last values. `devices` that parts come from; None: all. After a gap or a
    message that is none nobody knows what has changed: the last values are forgotten, and parts
    that need them have no verdict until the next birth."""

    devices: Collection[str] | None = None
    gap: str = ""
    seq: int = -1
    bd_seq: Value = None
    types: dict[str, Types] = field(default_factory=dict)
    values: dict[str, dict[str, Value]] = field(default_factory=dict)

    def heard(self, kind: str, device: str, data: bytes) -> Payload:
        """Take a message in; `gap` says afterwards why births have to be asked for. Raises
        Malformed for one that is none, or whose metrics no birth has told of."""
        self.gap = ""
        try:
            found = self._heard(kind, device, data)
        except Malformed:
            self._doubt()
            raise
        return found

    def _heard(self, kind: str, device: str, data: bytes) -> Payload:
        found = payload(data, None if kind.endswith("BIRTH") else self.types.get(device))
        if kind == "NBIRTH":
            self.types, self.values, self.seq = {}, {}, found.seq or 0
            self.bd_seq = next((m.value for m in found.metrics if m.name == "bdSeq"), None)
        elif kind.endswith("DEATH"):
            self._died(kind, device, found)
            return found
        else:
            self._counted(found)
        if device and self.devices is not None and device not in self.devices:
            return Payload((), found.time, found.seq)
        if kind.endswith("BIRTH"):
            self.types[device], self.values[device] = births(found.metrics), {}
        elif device not in self.types:
            raise Malformed("data came before their birth")
        if any(not metric.name for metric in found.metrics):
            raise Malformed("data have an alias that no birth tells of")
        return found

    def _doubt(self) -> None:
        for known in self.values.values():
            known.clear()

    def _counted(self, found: Payload) -> None:
        if "" not in self.types:
            raise Malformed("data came before their birth")
        expected = (self.seq + 1) % 256
        self.seq = found.seq if found.seq is not None else expected
        if self.seq != expected:
            self.gap = f"message {self.seq} came where {expected} was to come"
            self._doubt()

    def _died(self, kind: str, device: str, found: Payload) -> None:
        if kind == "DDEATH":
            self._counted(found)
            self.types.pop(device, None)
            return
        said = next((m.value for m in found.metrics if m.name == "bdSeq"), None)
        if said == self.bd_seq:  # else it is the will of an earlier connection
            self.types, self.values = {}, {}


def parts(
    tap: Tap, found: Payload, values: dict[str, Value], *, birth: bool, door: str
) -> Iterator[Arrival]:
    """The parts in a message: metrics of one time belong together, and of others than the tap names
    no values are kept. A birth tells of the last part again; that is a part only where its id
    shows that it is the same."""
    wanted = tap.metrics
    for moment, group in _by_time(found).items():
        values.update({name: value for name, value in group.items() if name in wanted})
        if tap.trigger not in group or (birth and not tap.part):
            continue
        if tap.part and values.get(tap.part) in (None, ""):
            continue
        yield _part(tap, values, moment, door)


def _by_time(found: Payload) -> dict[int | None, dict[str, Value]]:
    groups: dict[int | None, dict[str, Value]] = {}
    for metric in found.metrics:
        moment = metric.time if metric.time is not None else found.time
        groups.setdefault(moment, {})[metric.name] = metric.value
    return groups


def _part(tap: Tap, values: Mapping[str, Value], moment: int | None, door: str) -> Arrival:
    message: dict[str, Value] = {
        "reading": {name: _plain(values.get(metric)) for name, metric in tap.inputs.items()},
        KEY: {name: _plain(values[metric]) for name, metric in tap.measured.items()
              if values.get(metric) is not None} or None,
    }  # fmt: skip
    for entry, metric in (("part", tap.part), ("recipe", tap.recipe), ("sequence", tap.sequence)):
        if metric and values.get(metric) is not None:
            message[entry] = _plain(values[metric])
    if moment is not None:
        message["time"] = moment / 1000.0
    return of_object(message, tap.station, door)


def _plain(value: Value) -> Value:
    """A value as JSON has them: arrays and bytes, which no part is judged by, as a word."""
    if isinstance(value, (tuple, bytes)):
        return "(an array)" if isinstance(value, tuple) else "(bytes)"
    return value


def rebirth(name: str) -> bytes:
    """The command that asks for births."""
    return Payload((Metric(name, True, Type.BOOLEAN),), 0).encoded()
