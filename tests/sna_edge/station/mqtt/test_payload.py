"""Payloads of Sparkplug B: round trips, a foreign reader and writer, hostile bytes."""

from __future__ import annotations

import contextlib
import json
import math
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sna_edge.station.mqtt.sparkplug.payload import MOST, Metric, Payload, births, payload
from sna_edge.station.mqtt.sparkplug.types import BITS, SIGNED, Type, type_of
from sna_edge.station.mqtt.sparkplug.wire import Malformed, fields, number, sized, varint

from ..witness import witness

VALUES: list[tuple[Type, Any]] = [
    (Type.INT8, -128), (Type.INT16, -3), (Type.INT32, -(2**31)), (Type.INT64, -(2**63)),
    (Type.UINT8, 255), (Type.UINT16, 65535), (Type.UINT32, 2**32 - 1), (Type.UINT64, 2**64 - 1),
    (Type.FLOAT, 0.5), (Type.DOUBLE, 1 / 3), (Type.BOOLEAN, True), (Type.STRING, "größer"),
    (Type.DATETIME, 1_764_000_000_123), (Type.TEXT, ""), (Type.UUID, "0-1"),
    (Type.BYTES, b"\0\xff"), (Type.FILE, b"x"), (Type.INT8_ARRAY, (-1, 2)),
    (Type.INT16_ARRAY, (-300,)), (Type.INT32_ARRAY, (1, 2, 3)), (Type.INT64_ARRAY, (-5,)),
    (Type.UINT8_ARRAY, (1,)), (Type.UINT16_ARRAY, (65535,)), (Type.UINT32_ARRAY, (7,)),
    (Type.UINT64_ARRAY, (2**63,)), (Type.FLOAT_ARRAY, (0.25, -1.0)), (Type.DOUBLE_ARRAY, (0.1,)),
    (Type.BOOLEAN_ARRAY, (True, False) * 5), (Type.STRING_ARRAY, ("a", "ö", "")),
    (Type.DATETIME_ARRAY, (1_764_000_000_000,)), (Type.DOUBLE, None),
]  # fmt: skip
METRICS = tuple(
    Metric(f"line/{kind.name}{i}", value, kind, i, 1000 + i, i % 2 == 0, i % 3 == 0)
    for i, (kind, value) in enumerate(VALUES)
)
BIRTH = Payload(METRICS, 1_764_000_000_000, 0)


def test_a_birth_comes_back_and_data_after_it_needs_aliases_only() -> None:
    assert payload(BIRTH.encoded()) == BIRTH
    data = Payload(METRICS, 9, 255)
    short = data.encoded(known=True)
    assert b"line/" not in short
    assert payload(short, births(METRICS)) == data


def test_a_known_message_byte_for_byte() -> None:
    """Worked by hand: timestamp 5, one metric, seq 1."""
    metric = "0a016110022004582a"  # name a, alias 2, UInt-less type 4 (Int64), long 42
    expected = f"080512{len(metric) // 2:02x}" + metric + "1801"
    assert Payload((Metric("a", 42, Type.INT64, 2),), 5, 1).encoded().hex() == expected


def plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return [plain(v) for v in value] if isinstance(value, tuple) else value


def test_pysparkplug_reads_what_we_write(root: Path) -> None:
    data = Payload(METRICS[::-1], 9, 255)
    asked = {"read": [BIRTH.encoded().hex(), data.encoded(known=True).hex()]}
    for ours, theirs in zip((BIRTH, data), says(root, asked), strict=True):
        assert (theirs["time"], theirs["seq"]) == (ours.time, ours.seq)
        for m, found in zip(ours.metrics, theirs["metrics"], strict=True):
            flags = [m.historical, m.transient]
            name = m.name
            assert found == [name, plain(m.value), int(m.type), m.alias, m.time, *flags]


def test_we_read_what_pysparkplug_writes(root: Path) -> None:
    entries = [[m.name, plain(m.value), int(m.type), m.alias] for m in METRICS]
    found = payload(bytes.fromhex(says(root, {"write": entries})))
    assert (found.time, found.seq) == (5, 0)
    expected = [(m.name, m.value, m.type, m.alias, 7, True) for m in METRICS]
    assert [
        (m.name, m.value, m.type, m.alias, m.time, m.historical) for m in found.metrics
    ] == expected


def says(root: Path, asked: Any) -> Any:
    script = Path(__file__).with_name("pysparkplug_says.py")
    done = subprocess.run(
        [witness(root), str(script)], input=json.dumps(asked), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", BITS)
def test_numbers_that_do_not_fit_are_refused(kind: Type) -> None:
    low = -(1 << BITS[kind] - 1) if kind in SIGNED else 0
    high = low + (1 << BITS[kind]) - 1
    for value in (low, high):
        (back,) = payload(Payload((Metric("x", value, kind),)).encoded()).metrics
        assert back.value == value
    for value in (low - 1, high + 1):
        with pytest.raises(ValueError, match="does not fit"):
            Metric("x", value, kind).encoded()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x12\x05\x0a", "cut: 1 of 5"),
        (b"\x80", "a number is cut"),
        (b"\xff" * 10 + b"\x01", "longer than 64 bits"),
        (b"\x0b", "kind 3, which is none"),
        (b"\x00", "number 0"),
        (sized(2, sized(1, b"\xff")), "name of a metric is not UTF-8"),
        (sized(2, number(4, 99)), "data type 99"),
        (sized(2, number(4, 12) + number(10, 3)), "holds no STRING"),
        (sized(2, sized(15, b"\xff")), "a text is not UTF-8"),
        (sized(2, number(15, 3)), "field 15 of a metric is of kind 0"),
        (sized(2, number(4, 32) + sized(16, b"\xff\xff\xff\xff")), "array of flags is cut"),
        (sized(2, number(4, 31) + sized(16, b"abc")), "no DOUBLE_ARRAY"),
        (number(2, 3), "a metric is no message"),
        (sized(3, b"x"), "field 3 is no number"),
        (sized(2, b"") * (MOST + 1), "more than 10000 metrics"),
        (bytes(1 << 21), "at most 1048576"),
    ],
)
def test_malformed_payloads_are_named(data: bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        payload(data)


def test_unknown_fields_are_passed_over() -> None:
    metric = sized(9, b"properties") + sized(1, b"a") + number(4, 4) + number(11, 3) + number(99, 1)
    found = payload(sized(2, metric) + sized(4, b"uuid") + sized(5, b"body") + number(3, 4))
    assert found == Payload((Metric("a", 3, Type.INT64),), None, 4)


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        payload(data, births(METRICS))


def test_damaged_payloads_are_read_or_refused() -> None:
    whole, draw = BIRTH.encoded(), random.Random(1)
    for _ in range(3000):
        damaged = bytearray(whole[: draw.randrange(1, len(whole))])
        damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        with contextlib.suppress(Malformed):
            payload(bytes(damaged))


@given(st.integers(0, 2**64 - 1))
def test_varints(value: int) -> None:
    assert list(fields(number(1, value))) == [(1, 0, value)]
    assert len(varint(value)) == max(1, math.ceil(value.bit_length() / 7))


def test_types_of_values_of_records() -> None:
    assert [type_of(v) for v in (True, 3, 0.5, "x", None)] == [
        Type.BOOLEAN, Type.INT64, Type.DOUBLE, Type.STRING, Type.STRING,
    ]  # fmt: skip


def test_needs_nothing_beyond_the_standard_library() -> None:
    code = (
        "import sys; sys.modules['paho'] = None; import sna_edge.station.mqtt.sparkplug.payload;"
        "print('google' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
