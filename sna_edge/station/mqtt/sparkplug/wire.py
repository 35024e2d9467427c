"""The wire format of Protocol Buffers: fields of a message, written and read.

A field is a tag, `number << 3 | kind`, and its content: kind 0 a varint, 1 eight bytes, 2 a length
and that many bytes, 5 four bytes. Little-endian throughout.
"""

from __future__ import annotations

from collections.abc import Iterator

VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5
LARGEST = (1 << 64) - 1
FIXED = {EIGHT: 8, FOUR: 4}


class Malformed(ValueError):
    """These bytes are no message; the text says why."""


def varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the top bit says that more follow.

    >>> varint(300).hex()
    'ac02'
    """
    if value < 0x80:
        return bytes((value,))
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def number(field: int, value: int) -> bytes:
    """A field of kind 0; `value` from 0 to 2^64 - 1."""
    return varint(field << 3 | VARINT) + varint(value)


def fixed(field: int, data: bytes) -> bytes:
    """A field of four or eight bytes."""
    return varint(field << 3 | (EIGHT if len(data) == 8 else FOUR)) + data


def sized(field: int, data: bytes) -> bytes:
    """A field of any bytes: text in UTF-8, a message."""
    return varint(field << 3 | BYTES) + varint(len(data)) + data


def fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """(number, kind, content) in their order; content is a number for kind 0 and bytes else.
    Raises Malformed where the message is cut, has a kind that is none, or a varint over 64 bits."""
    at, end = 0, len(data)
    while at < end:
        tag, at = _varint(data, at)
        field, kind = tag >> 3, tag & 7
        if not field:
            raise Malformed("a field has the number 0")
        if kind == VARINT:
            value, at = _varint(data, at)
            yield field, kind, value
            continue
        if kind == BYTES:
            size, at = _varint(data, at)
        elif kind in FIXED:
            size = FIXED[kind]
        else:
            raise Malformed(f"field {field} is of kind {kind}, which is none")
        if size > end - at:
            raise Malformed(f"field {field} is cut: {end - at} of {size} bytes")
        yield field, kind, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value > LARGEST:
                break
            return value, at
        shift += 7
        if shift > 63:
            break
    else:
        raise Malformed("a number is cut")
    raise Malformed("a number is longer than 64 bits")
