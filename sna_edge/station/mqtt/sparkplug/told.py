"""A record as metrics of Sparkplug."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from .types import Type, Value, type_of

OF_A_PART = {
    "Record": ("record", Type.INT64), "Kind": ("kind", Type.STRING), "Part": ("part", Type.STRING),
    "Sequence": ("sequence", Type.INT64), "Recipe": ("recipe", Type.STRING),
    "Verdict": ("verdict", Type.STRING), "Status": ("status", Type.STRING),
    "Reason": ("reason", Type.STRING), "P in spec": ("p_in_spec", Type.DOUBLE),
    "Clock": ("clock", Type.STRING),
}  # fmt: skip
"""Metric -> entry of a record and type. A verdict has all of them, null where it has no such
entry."""
OF_AN_EVENT = {
    "Event/Record": ("record", Type.INT64), "Event/Name": ("event", Type.STRING),
    "Event/Station": ("station", Type.STRING), "Event/Who": ("who", Type.STRING),
    "Event/Why": ("why", Type.STRING), "Event/Part": ("part", Type.STRING),
}  # fmt: skip
OF_AN_OUTPUT = ("value", "lower", "upper", "LSL", "USL", "margin", "p_in_spec")


def told(record: Mapping[str, Any]) -> Iterator[tuple[str, Type, Value]]:
    """(metric, type, value) of a record: `Outputs/NAME/value` and so on, `Measured/NAME`."""
    table = OF_AN_EVENT if record.get("kind") == "event" else OF_A_PART
    for name, (entry, kind) in table.items():
        value = record.get(entry)
        yield name, kind, value if value is None or type_of(value) is kind else _as(kind, value)
    for output, one in (record.get("outputs") or {}).items():
        for entry in OF_AN_OUTPUT:
            if entry in one:
                yield f"Outputs/{output}/{entry}", Type.DOUBLE, _as(Type.DOUBLE, one[entry])
    for output, one in (record.get("measured") or {}).items():
        if isinstance(one, Mapping) and "value" in one:
            yield f"Measured/{output}", Type.DOUBLE, _as(Type.DOUBLE, one["value"])


def _as(kind: Type, value: Any) -> Value:
    if value is None:
        return None
    return float(value) if kind is Type.DOUBLE else int(value) if kind is Type.INT64 else str(value)


def milliseconds(record: Mapping[str, Any]) -> int:
    """Since 1970, of the record's time."""
    moment = datetime.fromisoformat(str(record["time"]).replace("Z", "+00:00"))
    return round(1000.0 * moment.timestamp())
