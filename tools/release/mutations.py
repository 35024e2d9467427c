"""Changed artifacts: numbers set to what hurts, bytes put in and taken out of sections, records
swapped; checksums made again."""

from __future__ import annotations

import struct
from hashlib import sha256
from random import Random
from zlib import crc32

from file_fields import Place, places, sections

INTEGRITY = 11  # its place in the section table
FLOATS = {
    "d": (0.0, -0.0, 5e-324, 2.2250738585072014e-308, -1e-310, 2.0**500, -(2.0**500), 2.0**1000,
          2.0**-1001, 1.7976931348623157e308, float("inf"), -float("inf"), float("nan"), 1.0, -1.0,
          64.0, 1e-30, 1e30),
    "f": (0.0, -0.0, 1e-45, 1.17549435e-38, -1e-40, 3.4028234e38, float("inf"), -float("inf"),
          float("nan"), 1.0, -1.0, 1e-30, 1e30),
    "e": (0.0, -0.0, 6e-8, 65504.0, float("inf"), -float("inf"), float("nan"), 1.0, -1.0),
}  # fmt: skip


class Source:
    """A good file and where its numbers stand, part by part."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self.data = name, data
        self.parts: dict[str, list[Place]] = {}
        for place in places(data):
            self.parts.setdefault(place.part, []).append(place)
        self.names = sorted(self.parts)


def mutated(source: Source, rng: Random) -> bytes:
    """One to three changes, mostly of numbers; nineteen of twenty with checksums made again."""
    data = bytearray(source.data)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        kind = rng.random()
        if kind < 0.86:
            _number(data, source, rng)
        elif kind < 0.92:
            _copied(data, source, rng)
        elif kind < 0.97:
            data = _resized(data, rng)
        else:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    if rng.random() < 0.01:
        data = data[: rng.randrange(len(data))]
        if len(data) > 20 and rng.random() < 0.9:
            struct.pack_into("<I", data, 16, len(data))
    return sealed(data) if rng.random() < 0.95 else bytes(data)


def sealed(data: bytearray) -> bytes:
    """Checksums over all bytes but those of sections 12 and 13, where the table still leads to
    them."""
    entry = 64 + 16 * INTEGRITY + 4
    if len(data) >= entry + 4:
        (start,) = struct.unpack_from("<I", data, entry)
        if start + 36 <= len(data):
            covered = data[:start] + data[start + 64 + 128 :]
            data[start : start + 32] = sha256(covered).digest()
            struct.pack_into("<I", data, start + 32, crc32(covered))
    return bytes(data)


def _number(data: bytearray, source: Source, rng: Random) -> None:
    place = rng.choice(source.parts[rng.choice(source.names)])
    if place.offset + struct.calcsize(place.kind) > len(data):
        return
    (old,) = struct.unpack_from("<" + place.kind, data, place.offset)
    new = _float(old, place.kind, rng) if place.kind in FLOATS else _integer(old, place.kind, rng)
    try:
        struct.pack_into("<" + place.kind, data, place.offset, new)
    except OverflowError:  # a float too large for f16 or f32
        return


def _float(old: float, kind: str, rng: Random) -> float:
    way = rng.randrange(6)
    if way < 3:
        return rng.choice(FLOATS[kind])
    if way == 3:
        return -old
    if way == 4:
        return old * (1 + rng.choice((-1, 1)) * 2.0 ** -rng.randrange(1, 53))
    return old * 2.0 ** rng.randrange(-40, 41)


def _integer(old: int, kind: str, rng: Random) -> int:
    bits = 8 * struct.calcsize(kind)
    way = rng.randrange(6)
    if way == 0:
        new = old + rng.choice((-64, -16, -8, -4, -2, -1, 1, 2, 4, 8, 16, 64))
    elif way == 1:
        new = old ^ 1 << rng.randrange(bits)
    elif way == 2:
        new = rng.choice((0, 1, 2, 3, (1 << bits) - 1, 1 << bits - 1, (1 << bits - 1) - 1))
    elif way == 3:
        new = rng.getrandbits(bits)
    elif way == 4:
        new = rng.randrange(64)
    else:
        new = old + rng.choice((-1, 1))
    new &= (1 << bits) - 1
    return new - (1 << bits) if kind in "bhiq" and new >> bits - 1 else new


def _copied(data: bytearray, source: Source, rng: Random) -> None:
    """A number or a record of 4 to 80 bytes from one place of a part to another."""
    part = source.parts[rng.choice(source.names)]
    a, b, size = rng.choice(part).offset, rng.choice(part).offset, rng.choice((4, 8, 16, 32, 80))
    stretch = data[a : a + size]
    data[b : b + len(stretch)] = stretch[: max(0, len(data) - b)]


def _resized(data: bytearray, rng: Random) -> bytearray:
    """Bytes put into a section, or taken out of it; all places behind follow."""
    try:
        contents = [bytes(data[at : at + size]) for at, size in sections(bytes(data))]
    except struct.error:
        return data
    if not contents:
        return data
    i = rng.randrange(len(contents))
    at, count = rng.randrange(len(contents[i]) + 1), rng.choice((1, 2, 4, 8, 16, 32, 64, 80, 256))
    at &= -rng.choice((1, 8, 16, 64))
    kept = contents[i]
    more = bytes(count) if rng.random() < 0.5 else rng.randbytes(count)
    contents[i] = (
        kept[:at] + more + kept[at:] if rng.random() < 0.5 else kept[:at] + kept[at + count :]
    )
    return rebuilt(data, contents)


def rebuilt(data: bytes | bytearray, contents: list[bytes]) -> bytearray:
    """A file with the header of `data` and these sections, their places made again."""
    out = bytearray(data[:64]) + bytes(16 * len(contents))
    for n, content in enumerate(contents):
        out += bytes(-len(out) % 64)
        struct.pack_into("<IIII", out, 64 + 16 * n, n + 1, len(out), len(content), 0)
        out += content
    struct.pack_into("<I", out, 16, len(out))
    return out
