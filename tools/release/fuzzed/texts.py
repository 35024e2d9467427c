"""Changed texts and logs: JSON value by value, bytes, words put in and taken out; records of a log
framed again."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from sna_edge.durable.log import framed, whole

LONGEST = 1 << 16
VALUES = (
    None, True, False, 0, -1, 1, 2, 16, 0.5, -0.0, 1e308, -1e308, 5e-324, 1e-300, 2**31, 2**53 + 1,
    2**63, 2**64, -(2**63), 10**40, 10**400, float("nan"), float("inf"), -float("inf"), "", " ",
    "\0", "\ud800", "\u202e", "../x", "/etc/passwd", "1e999", "NaN", "1 W", "1 kg m^2 / s", "0x10",
    "\u0661", "a" * 5000, [], {}, [[]], [None], {"": None}, {"a": {"b": []}}, [1e308, 1e308],
)  # fmt: skip
WORDS = (
    b"{", b"}", b"[", b"]", b'"', b"'", b'"""', b",", b":", b"=", b".", b"#", b"\n", b"\r", b"\t",
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\\u0000", b"\\ud800", b"-", b"+", b"_", b"e", b"nan",
    b"-inf", b"1e999", b"true", b"null", b"1979-05-27T07:32:00Z", b"0" * 300, b"9" * 5000,
    b"[" * 500, b'{"a":' * 300, b"a." * 70, b"[outputs.width]\n", b"[[outputs]]\n", b"LSL", b"USL",
    b"target", b"[knobs.speed]\n", b"sna-ed25519 ", b"models", b"corrections",
    b"least-version=3", b"..",
)  # fmt: skip


def changed_text(data: bytes, rng: Random) -> bytes:
    """One to three changes of a text; half of those of JSON value by value."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        found = _json(data) if rng.random() < 0.6 else None
        data = _bytes(data, rng) if found is None else _dumped(changed_value(found, rng))
    return data[:LONGEST]


def changed_value(value: Any, rng: Random) -> Any:
    """A value somewhere in it replaced, taken out, doubled, or under another name."""
    if not isinstance(value, (dict, list)) or not value or rng.random() < 0.1:
        return rng.choice(VALUES)
    key, old = rng.choice(list(value.items() if isinstance(value, dict) else enumerate(value)))
    way = rng.random()
    if way < 0.1:
        if isinstance(value, list):
            return value[:key] + value[key + 1 :]
        return {k: v for k, v in value.items() if k != key}
    if way < 0.2:
        if isinstance(value, list):
            return [*value, old]
        return {**value, str(rng.choice(VALUES))[:99]: old}
    new = changed_value(old, rng) if isinstance(old, (dict, list)) else _scalar(old, rng)
    if isinstance(value, list):
        return [*value[:key], new, *value[key + 1 :]]
    return {**value, key: new}


def _scalar(old: Any, rng: Random) -> Any:
    if isinstance(old, (int, float)) and rng.random() < 0.4:
        factor = rng.choice((-1, 2, 1000) if isinstance(old, int) else (-1, 1000, 1e-9))
        return old * factor + rng.choice((-1, 0, 1))
    if isinstance(old, str) and old and rng.random() < 0.4:
        at = rng.randrange(len(old))
        return old[:at] + rng.choice(("", "0", "f", "\u00e9", " ", "..")) + old[at + 1 :]
    return rng.choice(VALUES)


def _bytes(data: bytes, rng: Random) -> bytes:
    at, way = rng.randrange(len(data) + 1), rng.randrange(6)
    size = rng.choice((1, 1, 2, 4, 16, 64))
    if way == 0:
        return data[:at] + rng.choice(WORDS) + data[at:]
    if way == 1:
        return data[:at] + rng.choice(WORDS) + data[at + size :]
    if way == 2:
        return data[:at] + data[at + size :]
    if way == 3:
        return data[:at] + data[at : at + size] * rng.choice((2, 3, 50)) + data[at + size :]
    if way == 4:
        return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
    return data[:at] if rng.random() < 0.3 else data + data[at : at + size]


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _dumped(value: Any) -> bytes:
    try:
        return json.dumps(value).encode()
    except ValueError:  # an integer of more digits than Python writes
        return b"1" * 5000


def changed_log(data: bytes, rng: Random, of_record: Any = changed_text) -> bytes:
    """A record changed, swapped, doubled or taken out, all framed again; now and then the bytes of
    the frames themselves."""
    records = [content for _, content in whole(data)]
    if not records or rng.random() < 0.1:
        return _bytes(data, rng)[:LONGEST]
    i, way = rng.randrange(len(records)), rng.random()
    if way < 0.7:
        records[i] = of_record(records[i], rng)
    elif way < 0.8:
        records.append(records[i])
    elif way < 0.9:
        records.pop(i)
    else:
        j = rng.randrange(len(records))
        records[i], records[j] = records[j], records[i]
    return b"".join(map(framed, records))[:LONGEST]


def changed_arrays(record: bytes, rng: Random) -> bytes:
    """A record of learned state: its letter, a JSON header with its length, arrays; the header
    changed value by value, or numbers of the arrays."""
    size = int.from_bytes(record[1:5], "little")
    head, rest = record[5 : 5 + size], record[5 + size :]
    if rng.random() < 0.5:
        head = changed_text(head, rng)
    elif rest and rng.random() < 0.8:
        at = rng.randrange(0, len(rest), 4)
        number = rng.choice((b"\0" * 8, b"\xff" * 8, b"\0" * 6 + b"\xf0\x7f", rng.randbytes(8)))
        rest = (rest[:at] + number + rest[at + 8 :])[: len(rest)]
    else:
        rest = _bytes(rest, rng)
    return record[:1] + len(head).to_bytes(4, "little") + head + rest
