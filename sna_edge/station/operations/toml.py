"""Tables of limits as TOML, and what differs between two of them in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import InputError
from ...values.documents import document

BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_of(tables: Mapping[str, Any]) -> str:
    """The tables as TOML. Raises InputError for what a limits file never holds.

    >>> print(toml_of({"accept_at": 0.95, "outputs": {"width": {"LSL": 80, "USL": 120}}}), end="")
    accept_at = 0.95
    <BLANKLINE>
    [outputs.width]
    LSL = 80
    USL = 120
    """
    lines = list(_lines(tables, ""))
    text = "\n".join(lines).strip("\n") + "\n"
    if document(text.encode(), "limits.toml") != tables:
        raise InputError("these limits cannot be written as TOML; send them as TOML text")
    return text


def _lines(table: Mapping[str, Any], where: str) -> Iterator[str]:
    for key, value in table.items():
        if not isinstance(value, Mapping):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            inner = f"{where}.{_key(key)}" if where else _key(key)
            if not value or any(not isinstance(one, Mapping) for one in value.values()):
                yield f"\n[{inner}]"
            yield from _lines(value, inner)


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else json.dumps(name)


def _value(value: Any) -> str:
    if isinstance(value, (bool, int, float, str)):
        return json.dumps(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    raise InputError(f"limits hold numbers and texts, and no {type(value).__name__}")


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What differs, an entry each.

    >>> differences({"outputs": {"w": {"USL": 9}}}, {"least_p": 0.01, "outputs": {"w": {"USL": 8}}})
    ['USL of outputs.w from 9 to 8', 'least_p is new: 0.01']
    """
    was, now = dict(_flat(old)), dict(_flat(new))
    found = [
        f"{_named(key)} from {_shown(was[key])} to {_shown(now[key])}"
        if key in now
        else f"{_named(key)} was {_shown(was[key])} and is taken away"
        for key in was
        if key not in now or now[key] != was[key]
    ]
    return found + [f"{_named(key)} is new: {_shown(now[key])}" for key in now if key not in was]


def _flat(table: Mapping[str, Any], where: tuple[str, ...] = ()) -> Iterator[Any]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, (*where, key))
        else:
            yield (*where, key), value


def _named(key: tuple[str, ...]) -> str:
    return f"{key[-1]} of {'.'.join(key[:-1])}" if len(key) > 1 else key[0]


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
