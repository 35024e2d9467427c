"""The integer path of FORMAT.md section 13 in plain Python integers, for identity links, even axes
and axes with levels; its section 8 with struct."""

from __future__ import annotations

import math
import struct
from fractions import Fraction

from .plain import LEVELS, UNITS, Function, Line, pieces

COUNTS = (-1000, 30000)
"""Sensor counts of both ends of every axis."""
Places = list[tuple[int, int]]


def nearest(v: int, n: int) -> int:
    return (v + (1 << (n - 1))) >> n


def coefficient_bits(line: Line) -> int:
    largest = max(sum(abs(m) for m in row) for row in pieces(line.degree))
    q = 30
    while 2**q * largest + 64 >= 2**31:
        q -= 1
    return q


def coefficients(line: Line) -> list[list[int]]:
    """C = round_half_even(M 2^q), M without the step of the table."""
    q = coefficient_bits(line)
    return [[round(Fraction(m) * 2**q) for m in row] for row in pieces(line.degree)]


def speed(line: Line) -> tuple[int, int]:
    """shift, multiplier: spans a count in Q15, the multiplier below 2^32."""
    shift = 32
    while True:
        multiplier = round(Fraction(line.spans * 2 ** (15 + shift), COUNTS[1] - COUNTS[0]))
        if multiplier < 2**32 - 1:
            return shift, multiplier
        shift -= 1


def output_numbers(function: Function, k: int) -> tuple[int, int, int, list[int]]:
    """bias, shift, exponent and the column of W of output k; scale and offset inside."""
    out = function.exits[k]
    weights = [w[k] * out.scale for w in function.weights]
    bias = out.bias * out.scale + out.offset
    bits = 30 - math.ceil(math.log2(max(abs(w) for w in weights)))
    exponent = min(27 - math.ceil(math.log2(abs(bias) + sum(map(abs, weights)))), bits + 14)
    scaled = [round(Fraction(w) * Fraction(2) ** bits) for w in weights]
    return (
        round(Fraction(bias) * Fraction(2) ** (bits + 15)),
        bits + 15 - exponent,
        exponent,
        scaled,
    )


def evaluated(function: Function, places: Places) -> list[int]:
    """y of every output as int32, times 2^-exponent the value."""
    atoms = []
    for line, (s, u) in zip(function.lines, places, strict=True):
        q, t = coefficient_bits(line), {"h": 15, "b": 7}[line.storage]
        basis = []
        for row in coefficients(line):
            h = row[-1]
            for c in row[-2::-1]:
                h = nearest(h * u, 15) + c
            basis.append(nearest(h, q - 15))
        steps = [[int(v / UNITS[line.storage]) for v in row] for row in line.table]
        atoms.append([
            nearest(sum(b * steps[s + i][c] for i, b in enumerate(basis)), t)
            for c in range(len(steps[0]))
        ])  # fmt: skip
    modes, used = [], [0] * len(atoms)
    assert function.groups is not None
    for mask, count in function.groups:
        axes = [d for d in range(len(atoms)) if mask >> d & 1]
        for j in range(count):
            m = atoms[axes[0]][used[axes[0]] + j]
            for d in axes[1:]:
                m = nearest(m * atoms[d][used[d] + j], 15)
            modes.append(m)
        for d in axes:
            used[d] += count
    answers = []
    for k in range(len(function.exits)):
        bias, shift, _, weights = output_numbers(function, k)
        answers.append(
            nearest(bias + sum(m * w for m, w in zip(modes, weights, strict=True)), shift)
        )
    return answers


def golden_places(function: Function) -> list[Places]:
    count = max(line.spans for line in function.lines) + 3
    return [
        [
            ((g + d) % line.spans, 0 if line.kind == LEVELS else (9001 * g + 4099 * d) % 32769)
            for d, line in enumerate(function.lines)
        ]
        for g in range(count)
    ]


def section(function: Function) -> bytes:
    """Section 8: records of axes and outputs, W, matrices, golden."""
    assert function.groups is not None
    modes = sum(-(-count // 4) * 4 for _, count in function.groups)
    known: dict[tuple[int, int], int] = {}
    at = 32 * len(function.lines) + 32 * len(function.exits) + 4 * modes * len(function.exits)
    records, matrices = b"", b""
    for line in function.lines:
        kind = (line.degree, 1)
        flat = [c for row in coefficients(line) for c in row]
        block = struct.pack(f"<{len(flat)}i", *flat)
        if kind not in known:
            known[kind] = at + len(matrices)
            matrices += block
        shift, multiplier, ends = 0, 0, (0, line.spans - 1)
        if line.kind != LEVELS:
            (shift, multiplier), ends = speed(line), COUNTS
        records += struct.pack("<IBBH", known[kind], coefficient_bits(line), shift, 0)
        records += struct.pack("<iiII8x", *ends, multiplier, 0)
    numbers = [output_numbers(function, k) for k in range(len(function.exits))]
    for bias, shift, exponent, _ in numbers:
        records += struct.pack("<qBbBBIIi8x", bias, shift, exponent, 0, 0, 0, 0, 0)
    mantissas = iter(zip(*(n[3] for n in numbers), strict=True))
    for _, count in function.groups:
        for _ in range(count):
            records += struct.pack(f"<{len(numbers)}i", *next(mantissas))
        records += bytes(4 * len(numbers) * (-count % 4))
    places = golden_places(function)
    golden = struct.pack("<II", len(places), 0)
    golden += b"".join(struct.pack("<HH", *p) for place in places for p in place)
    golden += b"".join(struct.pack("<i", y) for p in places for y in evaluated(function, p))
    return records + matrices + golden
