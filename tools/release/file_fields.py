"""Where the numbers of an artifact stand, by FORMAT.md: for tools that change them one by one."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

HEADER = [(8, "H"), (10, "H"), (12, "I"), (16, "I"), (20, "H"), (22, "H"), (24, "H"), (26, "H"),
          (28, "I"), (32, "B"), (63, "B")]  # fmt: skip
AXIS = [(0, "d"), (8, "d"), (16, "d"), (24, "B"), (25, "B"), (26, "B"), (27, "B"), (28, "I"),
        (32, "I"), (36, "I"), (40, "H"), (42, "H"), (44, "I"), (48, "I"), (52, "I"), (56, "H"),
        (58, "H"), (60, "I"), (64, "f"), (68, "f"), (72, "f"), (76, "I")]  # fmt: skip
OUTPUT = [(0, "d"), (8, "d"), (16, "d"), (24, "d"), (32, "d"), (40, "d"), (48, "d"), (56, "d"),
          (64, "f"), (68, "B"), (69, "B"), (70, "B"), (79, "B")]  # fmt: skip
GROUP = [(0, "Q"), (8, "I"), (12, "I")]
COMPANION = [(0, "B"), (1, "B"), (2, "H"), (4, "I"), (8, "I"), (12, "I"), (16, "d"), (24, "B"),
             (31, "B")]  # fmt: skip
COORDINATE = [(0, "B"), (1, "B"), (2, "H"), (4, "I"), (8, "d")]
FORMULA = [(0, "H"), (2, "B"), (3, "B"), (4, "I"), (8, "d")]
TERM = [(0, "B"), (1, "B"), (2, "H"), (4, "I"), (8, "d")]
FIXED_AXIS = [(0, "I"), (4, "B"), (5, "B"), (6, "H"), (8, "i"), (12, "i"), (16, "I"), (20, "I"),
              (24, "B"), (31, "B")]  # fmt: skip
FIXED_OUTPUT = [(0, "q"), (8, "B"), (9, "b"), (10, "B"), (11, "B"), (12, "I"), (16, "I"), (20, "i"),
                (24, "B"), (31, "B")]  # fmt: skip
MESH = [(0, "H"), (2, "B"), (3, "B"), (4, "I"), (8, "I"), (12, "I")]
GRID = 33


class Place(NamedTuple):
    """A number: what it belongs to, where it stands in the file, its letter of `struct`."""

    part: str
    offset: int
    kind: str


def places(data: bytes, base: int = 0, label: str = "") -> list[Place]:
    """Every number of a good file (those of companions' files too, their parts named after
    them)."""
    return list(_file(data, base, label))


def sections(data: bytes, base: int = 0) -> list[tuple[int, int]]:
    """(offset in `data`, size) of every section of the file at `base`."""
    (count,) = struct.unpack_from("<H", data, base + 20)
    found = [struct.unpack_from("<II", data, base + 64 + 16 * i + 4) for i in range(count)]
    return [(base + offset, size) for offset, size in found]


def _records(part: str, at: int, count: int, size: int, fields: list) -> Iterator[Place]:
    for i in range(count):
        for offset, kind in fields:
            yield Place(part, at + size * i + offset, kind)


def _array(part: str, at: int, size: int, kind: str) -> Iterator[Place]:
    step = struct.calcsize(kind)
    for offset in range(at, at + size - step + 1, step):
        yield Place(part, offset, kind)


def _file(data: bytes, base: int, label: str) -> Iterator[Place]:
    found = sections(data, base)
    n_axes, n_outputs, n_groups = struct.unpack_from("<HHH", data, base + 22)
    yield from _records(label + "header", base, 1, 64, HEADER)
    yield from _array(label + "section table", base + 64, 16 * len(found), "I")
    axes, spans, breaks, matrices, tables, groups, outputs, fixed, golden = found[:9]
    yield from _records(label + "axes", axes[0], n_axes, 80, AXIS)
    yield from _array(label + "spans", *spans, "H")
    yield from _array(label + "breaks", *breaks, "d")
    yield from _array(label + "matrices", *matrices, "f")
    yield from _tables(data, axes[0], n_axes, tables, label)
    yield from _records(label + "groups", groups[0], n_groups, 16, GROUP)
    yield from _records(label + "outputs", outputs[0], n_outputs, 80, OUTPUT)
    yield from _array(
        label + "weights", outputs[0] + 80 * n_outputs, outputs[1] - 80 * n_outputs, "f"
    )
    if fixed[1]:
        yield from _records(label + "fixed axes", fixed[0], n_axes, 32, FIXED_AXIS)
        after = fixed[0] + 32 * n_axes
        yield from _records(label + "fixed outputs", after, n_outputs, 32, FIXED_OUTPUT)
        rest = 32 * (n_axes + n_outputs)
        yield from _array(label + "fixed", fixed[0] + rest, fixed[1] - rest, "i")
    yield from _array(label + "golden count", golden[0], 8, "I")
    yield from _array(label + "golden", golden[0] + 8, golden[1] - 8, "d")
    if len(found) >= 16:
        yield from _array("signature", *found[12], "B")
        yield from _companions(data, *found[13])
        yield from _calibration(data, n_outputs, *found[14])
        yield from _readings(data, n_axes, *found[15])
    if len(found) == 17:
        yield from _nodes(data, axes[0], *found[16])


def _nodes(data: bytes, axes: int, at: int, size: int) -> Iterator[Place]:
    """Meshes, one behind the other."""
    end = at + size
    while at < end:
        axis, dimension, per, cells, probes = struct.unpack_from("<HBBII", data, at)
        (rows,) = struct.unpack_from("<I", data, axes + 80 * axis + 32)
        yield from _records("meshes", at, 1, 16, MESH)
        at += 16
        number = "H" if rows <= 65536 else "I"
        length = struct.calcsize(number) * cells * per
        for part, kind, taken in (
            ("points", "f", 4 * rows * dimension),
            ("cells", number, length + -length % 4),
            ("probes", "I", 4 * probes),
            ("boxes", "f", 8 * dimension * -(-cells // 16)),
        ):
            yield from _array(part, at, taken, kind)
            at += taken


def _tables(
    data: bytes, axes: int, count: int, tables: tuple[int, int], label: str
) -> Iterator[Place]:
    for d in range(count):
        at = axes + 80 * d
        kind = "fehb"[data[at + 26]]
        rows, columns = struct.unpack_from("<II", data, at + 32)
        (start,) = struct.unpack_from("<I", data, at + 60)
        size = rows * columns * struct.calcsize(kind)
        yield from _array(label + "tables", tables[0] + start, size, kind)


def _companions(data: bytes, at: int, size: int) -> Iterator[Place]:
    if not size:
        return
    (count,) = struct.unpack_from("<I", data, at)
    yield from _array("companion count", at, 8, "I")
    yield from _records("companions", at + 8, count, 32, COMPANION)
    for i in range(count):
        coordinates, file = struct.unpack_from("<II", data, at + 8 + 32 * i + 4)
        (n_axes,) = struct.unpack_from("<H", data, at + file + 22)
        yield from _records("coordinates", at + coordinates, n_axes, 16, COORDINATE)
        weights = coordinates + 16 * n_axes
        yield from _array("features", at + weights, file - weights, "f")
        yield from _file(data, at + file, "companion's ")


def _calibration(data: bytes, n_outputs: int, at: int, size: int) -> Iterator[Place]:
    if not size:
        return
    residuals, scores, _, pairs = struct.unpack_from("<IIdH", data, at)
    head = [(0, "I"), (4, "I"), (8, "d"), (16, "H"), (18, "B"), (31, "B")]
    yield from _records("calibration", at, 1, 32, head)
    at += 32
    for name, count in (
        ("quantiles", GRID * n_outputs),
        ("floors", n_outputs),
        ("correlation", n_outputs * (n_outputs - 1) // 2),
    ):
        if residuals:
            yield from _array(name, at, 8 * count, "d")
            at += 8 * count
    if scores:
        yield from _array("scores", at, 8 * GRID, "d")
        at += 8 * GRID
    yield from _records("pairs", at, pairs, 8, [(0, "H"), (2, "H"), (4, "I")])
    bits = sum(struct.unpack_from("<I", data, at + 8 * i + 4)[0] for i in range(pairs))
    yield from _array("pair bits", at + 8 * pairs, bits, "B")


def _readings(data: bytes, n_axes: int, at: int, size: int) -> Iterator[Place]:
    if not size:
        return
    raw, derived, terms = struct.unpack_from("<HHI", data, at)
    yield from _records("readings", at, 1, 8, [(0, "H"), (2, "H"), (4, "I")])
    yield from _array("tolerances", at + 8, 8 * n_axes, "d")
    at += 8 + 8 * n_axes
    yield from _array("ends", at, 16 * raw, "d")
    yield from _records("formulas", at + 16 * raw, derived, 16, FORMULA)
    yield from _records("terms", at + 16 * (raw + derived), terms, 16, TERM)
