"""Data types of Sparkplug B 3.0: their numbers, and how a value lies in a metric.

| types | field of a metric | value in Python |
|---|---|---|
| Int8 .. Int32, UInt8 .. UInt32 | int_value, two's complement of as many bits | int |
| Int64, UInt64, DateTime (ms since 1970) | long_value, 64 bits | int |
| Float, Double, Boolean | float_value, double_value, boolean_value | float, float, bool |
| String, Text, UUID | string_value | str |
| Bytes, File, arrays | bytes_value | bytes, a tuple for arrays |

DataSet, Template and property sets are passed over: their metrics have the value None.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Any

from .wire import EIGHT, FOUR, VARINT, Malformed, fixed, number, sized

Value = Any
"""int, float, bool, str, bytes, a tuple of these, or None for null."""


class Type(IntEnum):
    """Data types by their numbers in the specification (section 6.4.16)."""

    UNKNOWN = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15
    DATASET = 16
    BYTES = 17
    FILE = 18
    TEMPLATE = 19
    PROPERTY_SET = 20
    PROPERTY_SETS = 21
    INT8_ARRAY = 22
    INT16_ARRAY = 23
    INT32_ARRAY = 24
    INT64_ARRAY = 25
    UINT8_ARRAY = 26
    UINT16_ARRAY = 27
    UINT32_ARRAY = 28
    UINT64_ARRAY = 29
    FLOAT_ARRAY = 30
    DOUBLE_ARRAY = 31
    BOOLEAN_ARRAY = 32
    STRING_ARRAY = 33
    DATETIME_ARRAY = 34


INT, LONG, FLOAT, DOUBLE, BOOLEAN, STRING, RAW = range(10, 17)
"""Fields of a metric that hold a value."""
BITS = {
    Type.INT8: 8, Type.INT16: 16, Type.INT32: 32, Type.INT64: 64, Type.UINT8: 8, Type.UINT16: 16,
    Type.UINT32: 32, Type.UINT64: 64, Type.DATETIME: 64,
}  # fmt: skip
SIGNED = {Type.INT8, Type.INT16, Type.INT32, Type.INT64}
TEXTS = {Type.STRING, Type.TEXT, Type.UUID}
CODES = {
    Type.INT8_ARRAY: "b", Type.INT16_ARRAY: "h", Type.INT32_ARRAY: "i", Type.INT64_ARRAY: "q",
    Type.UINT8_ARRAY: "B", Type.UINT16_ARRAY: "H", Type.UINT32_ARRAY: "I", Type.UINT64_ARRAY: "Q",
    Type.FLOAT_ARRAY: "f", Type.DOUBLE_ARRAY: "d", Type.DATETIME_ARRAY: "Q",
}  # fmt: skip
"""Arrays of numbers, and the letter of `struct` for one of them."""
KINDS = {INT: VARINT, LONG: VARINT, FLOAT: FOUR, DOUBLE: EIGHT, BOOLEAN: VARINT}


def type_of(value: Value) -> Type:
    """The type that a value of a record is sent as."""
    if isinstance(value, bool):
        return Type.BOOLEAN
    if isinstance(value, int):
        return Type.INT64
    return Type.DOUBLE if isinstance(value, float) else Type.STRING


def value_field(kind: Type, value: Value) -> bytes:
    """The field of a metric that holds `value`. Raises ValueError where the type cannot."""
    if kind in BITS:
        low = -(1 << BITS[kind] - 1) if kind in SIGNED else 0
        if not low <= value < low + (1 << BITS[kind]):
            raise ValueError(f"{value} does not fit into {kind.name}")
        field = LONG if BITS[kind] == 64 else INT
        return number(field, value & ((1 << BITS[kind]) - 1))
    if kind is Type.FLOAT:
        return fixed(FLOAT, struct.pack("<f", value))
    if kind is Type.DOUBLE:
        return fixed(DOUBLE, struct.pack("<d", value))
    if kind is Type.BOOLEAN:
        return number(BOOLEAN, int(value))
    if kind in TEXTS:
        return sized(STRING, str(value).encode("utf-8", "replace"))
    return sized(RAW, _raw(kind, value))


def _raw(kind: Type, value: Value) -> bytes:
    if kind in CODES:
        return struct.pack(f"<{len(value)}{CODES[kind]}", *value)
    if kind is Type.STRING_ARRAY:
        return b"".join(str(text).encode() + b"\0" for text in value)
    if kind is Type.BOOLEAN_ARRAY:
        packed = bytearray((len(value) + 7) // 8)
        for i, flag in enumerate(value):
            packed[i >> 3] |= bool(flag) << (7 - (i & 7))
        return struct.pack("<I", len(value)) + packed
    if kind in (Type.BYTES, Type.FILE):
        return bytes(value)
    raise ValueError(f"values of type {kind.name} are not written")


def read_value(kind: Type, field: int, content: int | bytes) -> Value:
    """The value that `field` of a metric holds, which says that it is of type `kind`; UNKNOWN takes
    it as it lies there. Raises Malformed where field and type contradict each other."""
    if isinstance(content, int):
        return _whole(kind, field, content)
    if field == FLOAT and kind in (Type.FLOAT, Type.UNKNOWN):
        return struct.unpack("<f", content)[0]
    if field == DOUBLE and kind in (Type.DOUBLE, Type.UNKNOWN):
        return struct.unpack("<d", content)[0]
    if field == STRING and (kind in TEXTS or kind is Type.UNKNOWN):
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise Malformed("a text is not UTF-8") from None
    if field == RAW and kind not in BITS and kind not in TEXTS:
        return _unpacked(kind, content)
    raise Malformed(f"field {field} holds no {kind.name}")


def _whole(kind: Type, field: int, content: int) -> Value:
    if field == BOOLEAN and kind in (Type.BOOLEAN, Type.UNKNOWN):
        return bool(content)
    if kind is Type.UNKNOWN and field in (INT, LONG):
        return content
    if kind not in BITS or field != (LONG if BITS[kind] == 64 else INT):
        raise Malformed(f"field {field} holds no {kind.name}")
    value = content & ((1 << BITS[kind]) - 1)
    return value - (1 << BITS[kind]) if kind in SIGNED and value >> BITS[kind] - 1 else value


def _unpacked(kind: Type, content: bytes) -> Value:
    try:
        if kind in CODES:
            return tuple(v for (v,) in struct.iter_unpack(f"<{CODES[kind]}", content))
        if kind is Type.STRING_ARRAY:
            return tuple(text.decode() for text in content.split(b"\0")[:-1])
        if kind is Type.BOOLEAN_ARRAY:
            (count,) = struct.unpack_from("<I", content)
            if count > 8 * (len(content) - 4):
                raise Malformed("an array of flags is cut")
            return tuple(bool(content[4 + (i >> 3)] >> (7 - (i & 7)) & 1) for i in range(count))
    except (struct.error, UnicodeDecodeError):
        raise Malformed(f"the bytes of a metric are no {kind.name}") from None
    return content
