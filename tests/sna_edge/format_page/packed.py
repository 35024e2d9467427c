"""A file of FORMAT.md built byte by byte with struct; the writer of the library has no part in it.

A section 8 (integer path) is written for identity links and even axes.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
import zlib
from collections.abc import Callable

from . import integers as fixed
from . import plain
from .plain import LEVELS, UNITS, Calibration, Companion, Function, Line, Readings, Whole, f32

MAGIC = b"\x89SNA\r\n\x1a\n"
CONTEXT = b"SNA-EDGE MODEL SIGNATURE"
Points = list[list[float]]


def up(n: int, step: int = 64) -> int:
    return -(-n // step) * step


def outward(lower: float, upper: float) -> tuple[float, float]:
    """Largest f32 <= lower, smallest f32 >= upper."""
    ends = []
    for x, sign in ((lower, -1), (upper, 1)):
        y = f32(x)
        if (y - x) * sign < 0:
            bits = struct.unpack("<i", struct.pack("<f", y))[0]
            bits += sign if y > 0 else -sign
            y = struct.unpack("<f", struct.pack("<i", bits))[0]
        ends.append(y)
    return ends[0], ends[1]


class Pool:
    """A section of arrays, each stored once."""

    def __init__(self) -> None:
        self.data, self.known = b"", {}

    def add(self, block: bytes, step: int) -> int:
        if block not in self.known:
            self.data += bytes(up(len(self.data), step) - len(self.data))
            self.known[block] = len(self.data)
            self.data += block
        return self.known[block]


def padded(function: Function, d: int) -> list[tuple[int, int]]:
    """(columns, with padding) of the table of axis d, group by group."""
    if function.groups is None:
        n = len(function.lines[d].table[0])
        return [(n, n)]
    return [(n, up(n, 4)) for mask, n in function.groups if mask >> d & 1]


def table_bytes(function: Function, d: int) -> bytes:
    line = function.lines[d]
    out = b""
    for row in line.table:
        at = 0
        for count, whole in padded(function, d):
            steps = [v / UNITS[line.storage] for v in row[at : at + count]] + [0.0] * (
                whole - count
            )
            if line.storage in "hb":
                assert all(v == int(v) for v in steps)
                steps = [int(v) for v in steps]
            out += struct.pack(f"<{whole}{line.storage}", *steps)
            at += count
    return out


def axis_sections(function: Function, step: int) -> dict[str, bytes]:
    spans, breaks, matrices, tables = Pool(), Pool(), Pool(), b""
    offsets = []
    for line in function.lines:
        s = range(line.spans)
        first = struct.pack(f"<{2 * line.spans}H", *s, *([0] * line.spans))
        a, b = spans.add(first, 2), 0
        if line.breaks is not None:
            ends = line.breaks
            widths = [1 / (ends[i + 1] - ends[i]) for i in s]
            b = breaks.add(struct.pack(f"<{2 * line.spans + 1}d", *ends, *widths), 8)
        flat = [float(m) * UNITS[line.storage] for row in plain.pieces(line.degree) for m in row]
        offsets.append((a, b, matrices.add(struct.pack(f"<{len(flat)}f", *flat), 4)))
    support = [spans.add(bytes(line.support or [255] * line.spans), 1) for line in function.lines]
    records = b""
    for d, line in enumerate(function.lines):
        tables += bytes(up(len(tables), step) - len(tables))
        uniform = line.breaks is None and line.kind != LEVELS
        inverse = line.spans / (line.upper - line.lower) if uniform else 0.0
        left, right = 0, 0
        if function.ranks is not None:
            left, right = (function.ranks[d - 1] if d else 1), function.ranks[d]
        records += struct.pack("<ddd", line.lower, line.upper, inverse)
        records += struct.pack(
            "<BBBB", line.kind, line.degree, "fehb".index(line.storage), int(uniform)
        )
        records += struct.pack("<II", line.spans, line.spans + line.degree)
        records += struct.pack("<IHH", sum(n for _, n in padded(function, d)), left, right)
        records += struct.pack("<III", *offsets[d])
        records += struct.pack("<HHI", 1, 0, len(tables))
        records += struct.pack("<fff", *outward(line.lower, line.upper), f32(inverse))
        records += struct.pack("<I", support[d])
        tables += table_bytes(function, d)
    return {
        "axes": records,
        "spans": spans.data,
        "breaks": breaks.data,
        "matrices": matrices.data,
        "tables": tables,
    }


def weight_rows(function: Function) -> list[list[float]]:
    """Rows of W with those of padding."""
    if function.groups is None:
        return function.weights
    rows, at, none = [], 0, [0.0] * len(function.exits)
    for _, count in function.groups:
        rows += function.weights[at : at + count] + [none] * (up(count, 4) - count)
        at += count
    return rows


def golden_points(function: Function) -> Points:
    """Points that touch every span of every axis, none on a break."""
    points = []
    for g in range(max(line.spans for line in function.lines) + 3):
        x = []
        for d, line in enumerate(function.lines):
            s, u = (g + d) % line.spans, 0.1 + 0.8 * ((0.37 + 0.21 * g + 0.13 * d) % 1)
            if line.kind == LEVELS:
                x.append(float(s))
            elif line.breaks is not None:
                x.append(line.breaks[s] + u * (line.breaks[s + 1] - line.breaks[s]))
            else:
                x.append(line.lower + (s + u) * (line.upper - line.lower) / line.spans)
        points.append(x)
    return points


def size_of_modes(function: Function, x: list[float], k: int) -> float:
    """sum_r |W[r][k] mode_r dy/df|: a train has its modes in one row."""
    f = function.linear(x)[k]
    sums = sum(abs(m * w[k]) for m, w in zip(function.modes(x), function.weights, strict=True))
    return sums * abs(function.exits[k].slope(f))


def outputs_and_golden(function: Function) -> tuple[bytes, bytes]:
    points = golden_points(function)
    expected = [function.value(x) for x in points]
    records, tolerances = b"", []
    for k, out in enumerate(function.exits):
        column = [y[k] for y in expected]
        low, high = min(column), max(column)
        kappa = f32(max(size_of_modes(function, x, k) for x in points) / (high - low))
        records += struct.pack("<ddd", out.bias, out.scale, out.offset)
        records += struct.pack("<ddd", math.nan, math.nan, 0.0)
        records += struct.pack("<ddfBB10x", low, high, kappa, out.link, out.space)
        reach = max((high - low) * max(1.0, kappa), abs(low), abs(high))
        tolerances.append((2.0**-37 * reach, 2.0**-16 * reach))
    for row in weight_rows(function):
        records += struct.pack(f"<{len(row)}f", *row)
    golden = struct.pack("<II", len(points), 0)
    golden += b"".join(struct.pack("<d", t[i]) for i in (0, 1) for t in tolerances)
    golden += b"".join(struct.pack("<d", v) for x in [*points, *expected] for v in x)
    return records, golden


def body(
    function: Function, integers: bool = False, step: int = 64
) -> tuple[dict[str, bytes], bytes]:
    """Sections 1 to 9 by name, and the header without sizes."""
    sections = axis_sections(function, step)
    groups, first = b"", 0
    for mask, count in function.groups or []:
        groups += struct.pack("<QII", mask, count, first)
        first += up(count, 4)
    sections["interaction"] = groups
    sections["outputs"], golden = outputs_and_golden(function)
    sections["fixed"] = fixed.section(function) if integers else b""
    sections["golden"] = golden
    counts = struct.pack(
        "<HHHI",
        len(function.lines),
        len(function.exits),
        len(function.groups or []),
        len(weight_rows(function)),
    )
    return sections, counts


def joined(
    contents: list[bytes], features: int, counts: bytes, minor: int, step: int = 64
) -> tuple[bytearray, list[int]]:
    """Header, section table and sections in their places; where each starts."""
    out = bytearray(64 + 16 * len(contents))
    starts = []
    for i, content in enumerate(contents):
        out += bytes(up(len(out), step) - len(out))
        starts.append(len(out))
        struct.pack_into("<IIII", out, 64 + 16 * i, i + 1, len(out), len(content), 0)
        out += content
    struct.pack_into("<8sHHIIH", out, 0, MAGIC, 1, minor, features, len(out), len(contents))
    out[22:32] = counts
    return out, starts


def embedded(function: Function, integers: bool = False) -> bytes:
    sections, counts = body(function, integers, 8)
    features = (1 if function.ranks is not None else 0) | (2 if integers else 0)
    return bytes(joined([*sections.values(), b"", b"", b"", b""], features, counts, 0, 8)[0])


def companion_section(companions: list[Companion]) -> bytes:
    records = struct.pack("<II", len(companions), 0)
    rest, start = b"", up(8 + 32 * len(companions), 8)
    for c in companions:
        rest += bytes(up(start + len(rest), 8) - start - len(rest))
        coordinates = start + len(rest)
        at, lines, weights = coordinates + 16 * len(c.coordinates), b"", b""
        for one in c.coordinates:
            offset = at + len(weights) if one.source == 1 else 0
            lines += struct.pack("<BBHId", one.source, 0, one.index, offset, one.constant)
            weights += struct.pack(f"<{len(one.weights)}f", *one.weights)
        rest += lines + weights
        rest += bytes(up(start + len(rest), 8) - start - len(rest))
        file = embedded(c.function, c.integers)
        records += struct.pack("<BBH", c.role, c.output, 0)
        records += struct.pack("<IIId8x", coordinates, start + len(rest), len(file), c.weight)
        rest += file
    return records + rest if companions else b""


def calibration_section(known: Calibration | None, lines: list[Line]) -> bytes:
    if known is None:
        return b""
    out = struct.pack("<IIdH14x", known.residuals, known.scores, known.least_p, len(known.pairs))
    if known.residuals:
        for row in [*known.quantiles, known.floors, known.correlation]:
            out += struct.pack(f"<{len(row)}d", *row)
    out += struct.pack(f"<{len(known.score)}d", *known.score)
    tables = b""
    for (a, b), seen in sorted(known.pairs.items()):
        across = lines[b].spans
        bits = sum(1 << (i * across + j) for i, j in seen)
        size = -(-lines[a].spans * across // 8)
        out += struct.pack("<HHI", a, b, size)
        tables += bits.to_bytes(size, "little")
    return out + tables


def readings_section(known: Readings | None) -> bytes:
    if known is None:
        return b""
    terms = [t for f in known.formulas for t in f.terms]
    out = struct.pack("<HHI", len(known.ends), len(known.formulas), len(terms))
    out += struct.pack(f"<{len(known.tolerance)}d", *known.tolerance)
    out += b"".join(struct.pack("<dd", *ends) for ends in known.ends)
    for f in known.formulas:
        out += struct.pack("<HBBId", f.axis, int(not f.product), len(f.terms), 0, f.constant)
    for from_raw, index, number in terms:
        out += struct.pack("<BBHId", int(from_raw), 0, index, 0, number)
    return out


def text(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def packed(
    whole: Whole,
    metadata: dict,
    *,
    key_id: bytes = bytes(16),
    version: int = 0,
    sign: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """The file; `sign` gives the 64 bytes of the signature of a message."""
    sections, counts = body(whole.values)
    contents = [
        *sections.values(),
        b"{}",
        text(metadata),
        bytes(64),
        struct.pack("<64x16sQ40x", key_id, version),
        companion_section(whole.companions),
        calibration_section(whole.calibration, whole.values.lines),
        readings_section(whole.readings),
    ]
    features = 4 | (1 if whole.values.ranks is not None else 0)
    data, starts = joined(contents, features, counts, 1)
    checked(data, starts)
    if sign is not None:
        message = CONTEXT + bytes(data[: starts[12]]) + bytes(data[starts[12] + 64 :])
        data[starts[12] : starts[12] + 64] = sign(message)
    return bytes(data)


def alone(function: Function, integers: bool = False) -> bytes:
    """A file of format 1.0 that holds one function, its inputs x0, x1.. and outputs y0, y1.."""
    sections, counts = body(function, integers)
    axes = [
        [f"x{d}", "", [str(i) for i in range(line.spans)]] if line.kind == LEVELS else [f"x{d}", ""]
        for d, line in enumerate(function.lines)
    ]
    names = {"axes": axes, "outputs": [[f"y{k}", ""] for k in range(len(function.exits))]}
    features = (1 if function.ranks is not None else 0) | (2 if integers else 0)
    contents = [*sections.values(), b"{}", text(names), bytes(64), bytes(128)]
    data, starts = joined(contents, features, counts, 0)
    checked(data, starts)
    return bytes(data)


def checked(data: bytearray, starts: list[int]) -> None:
    """SHA-256 and CRC-32 of all bytes but those of sections 12 and 13, put into section 12."""
    covered = bytes(data[: starts[11]]) + bytes(data[starts[12] + 128 :])
    data[starts[11] : starts[11] + 32] = hashlib.sha256(covered).digest()
    struct.pack_into("<I", data, starts[11] + 32, zlib.crc32(covered))
