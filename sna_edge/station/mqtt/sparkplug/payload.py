"""Payloads of Sparkplug B 3.0, written and read by hand.

A payload has a time (ms since 1970), metrics, and a number `seq` that counts the messages of an
edge node from 0 to 255 and over again; a metric has a name, an alias or both, a time, a data type
and a value or null. Fields that mean nothing here (metadata, properties, a body) are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .types import KINDS, RAW, Type, Value, read_value, value_field
from .wire import BYTES, VARINT, Malformed, fields, number, sized

LARGEST = 1 << 20
"""Bytes of a payload that is read."""
MOST = 10_000
"""Metrics of a payload that is read."""
FLAGS = {5: "historical", 6: "transient"}


@dataclass(frozen=True, slots=True)
class Metric:
    """`name` "" where only the `alias` is sent; `type` UNKNOWN where the birth has said it; `time`
    in ms since 1970; `value` None: null. `historical`: of a time when the link was away."""

    name: str = ""
    value: Value = None
    type: Type = Type.UNKNOWN
    alias: int | None = None
    time: int | None = None
    historical: bool = False
    transient: bool = False

    def encoded(self, known: bool = False) -> bytes:
        """The message of this metric. `known`: the birth has told name and type, and the alias
        stands for both. Raises ValueError where the value does not fit into its type."""
        parts = [] if known or not self.name else [sized(1, self.name.encode())]
        if self.alias is not None:
            parts.append(number(2, self.alias))
        if self.time is not None:
            parts.append(number(3, self.time))
        if not known:
            parts.append(number(4, self.type))
        if self.historical:
            parts.append(number(5, 1))
        if self.transient:
            parts.append(number(6, 1))
        parts.append(number(7, 1) if self.value is None else value_field(self.type, self.value))
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Payload:
    """`time` in ms since 1970; `seq` None in messages that are not counted (NDEATH, commands)."""

    metrics: tuple[Metric, ...] = ()
    time: int | None = None
    seq: int | None = None

    def encoded(self, known: bool = False) -> bytes:
        """The payload as bytes; `known`: as of `Metric.encoded`."""
        parts = [] if self.time is None else [number(1, self.time)]
        parts += [sized(2, metric.encoded(known)) for metric in self.metrics]
        if self.seq is not None:
            parts.append(number(3, self.seq))
        return b"".join(parts)


def payload(data: bytes, types: dict[str | int, tuple[str, Type]] | None = None) -> Payload:
    """Read a payload; `types` of the birth: {name or alias: (name, type)}, for metrics that leave
    them out. Raises Malformed for what is none."""
    if len(data) > LARGEST:
        raise Malformed(f"a payload of {len(data)} bytes; at most {LARGEST} are read")
    metrics: list[Metric] = []
    whole: dict[int, int] = {}
    for field, kind, content in fields(data):
        if field == 2 and isinstance(content, bytes) and kind == BYTES:
            if len(metrics) == MOST:
                raise Malformed(f"a payload of more than {MOST} metrics")
            metrics.append(_metric(content, types or {}))
        elif field in (1, 3):
            whole[field] = _number(field, content)
        elif field == 2:
            raise Malformed("a metric is no message")
    return Payload(tuple(metrics), whole.get(1), whole.get(3))


def _metric(data: bytes, types: dict[str | int, tuple[str, Type]]) -> Metric:
    name, alias, time, kind, null = "", None, None, Type.UNKNOWN, False
    flags = {"historical": False, "transient": False}
    found: list[tuple[int, int | bytes]] = []
    for field, wire, content in fields(data):
        if field == 1:
            name = _text(content)
        elif field == 2:
            alias = _number(field, content)
        elif field == 3:
            time = _number(field, content)
        elif field == 4:
            kind = _type(_number(field, content))
        elif field in FLAGS:
            flags[FLAGS[field]] = bool(_number(field, content))
        elif field == 7:
            null = bool(_number(field, content))
        elif 10 <= field <= RAW:
            if wire != KINDS.get(field, BYTES):
                raise Malformed(f"field {field} of a metric is of kind {wire}")
            found.append((field, content))
    named, told = _born(name, alias, types)
    kind = told if kind is Type.UNKNOWN else kind
    value = read_value(kind, *found[-1]) if found and not null else None
    return Metric(named, value, kind, alias, time, **flags)


def _born(
    name: str, alias: int | None, types: dict[str | int, tuple[str, Type]]
) -> tuple[str, Type]:
    """What the birth says of a metric, by its name or its alias."""
    key: str | int = name or (alias if alias is not None else "")
    known = types.get(key)
    return known if known else (name, Type.UNKNOWN)


def _number(field: int, content: int | bytes) -> int:
    if not isinstance(content, int):
        raise Malformed(f"field {field} is no number (kind {VARINT})")
    return content


def _text(content: int | bytes) -> str:
    if not isinstance(content, bytes):
        raise Malformed("the name of a metric is no text")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Malformed("the name of a metric is not UTF-8") from None


def _type(found: int) -> Type:
    try:
        return Type(found)
    except ValueError:
        raise Malformed(f"the data type {found} is none") from None


def births(metrics: Iterable[Metric]) -> dict[str | int, tuple[str, Type]]:
    """{name: .., alias: ..} -> (name, type), of the metrics of a birth."""
    found: dict[str | int, tuple[str, Type]] = {}
    for metric in metrics:
        told = (metric.name, metric.type)
        found[metric.name] = told
        if metric.alias is not None:
            found[metric.alias] = told
    return found
