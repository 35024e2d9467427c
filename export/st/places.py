"""Where a coordinate lies on its axis: row of the table and basis values, in REAL."""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis

from .text import Block, real

Floats = NDArray[np.float64]


def halves(value: float, bits: int = 24) -> tuple[float, float]:
    """A number as the sum of two float32; the first has at most `bits` binary digits, so that it
    times a whole number of the other 24 - bits is exact."""
    if not value:
        return 0.0, 0.0
    exponent = int(np.frexp(value)[1])
    high = float(np.ldexp(np.rint(np.ldexp(value, bits - exponent)), exponent - bits))
    return high, float(np.float32(value - high))


def ends(axis: Axis) -> tuple[float, float]:
    """The domain in float32, rounded outwards as in the file."""
    low, high = np.float32(axis.lower), np.float32(axis.upper)
    low = np.nextafter(low, np.float32(-np.inf)) if float(low) > axis.lower else low
    high = np.nextafter(high, np.float32(np.inf)) if float(high) < axis.upper else high
    return float(low), float(high)


def centred(matrices: Floats) -> Floats:
    """Coefficients of powers of v = u - 1/2 from those of u, last axis: they cancel less."""
    order = matrices.shape[-1]
    change = np.array([[comb(j, k) * 0.5 ** (j - k) if j >= k else 0.0 for k in range(order)]
                       for j in range(order)])  # fmt: skip
    return np.asarray(matrices @ change)


def locate(block: Block, axis: Axis, x: str, name: str) -> None:
    """Sets span, that of the coordinate `x`, and v = u - 1/2 there (not of levels)."""
    if axis.kind == "categorical":
        block.say(f"span := {x};")
    elif axis.basis.uniform:
        _uniform(block, axis, x)
    else:
        _listed(block, axis, x, name)


def _uniform(block: Block, axis: Axis, x: str) -> None:
    """From whole widths of a span; both halves of `lower` and of the width are taken, so that
    rounding them moves nothing."""
    count = axis.basis.n_spans
    width = axis.width / count
    low, rest = halves(axis.lower)
    wide, narrow = halves(width, 24 - count.bit_length())
    last = count - 1
    block.say(
        f"gap := ({x} - {_term(low)}) - {_term(rest)};",
        f"span := TRUNC(gap * {real(1 / width)});",
        "IF span < 0 THEN span := 0; END_IF;",
        f"IF span > {last} THEN span := {last}; END_IF;",
        "t := DINT_TO_REAL(span);",
        f"v := ((gap - t * {real(wide)}) - t * {_term(narrow)}) * {real(1 / width)} - 0.5;",
    )


def _term(value: float) -> str:
    text = real(value)
    return f"({text})" if text.startswith("-") else text


def _listed(block: Block, axis: Axis, x: str, name: str) -> None:
    """By bisection with a fixed number of steps."""
    breaks, count = axis.basis.breaks, axis.basis.n_spans
    parts = np.array([halves(b) for b in breaks])
    block.table(f"{name}_break", "REAL", parts[:, 0])
    block.table(f"{name}_rest", "REAL", parts[:, 1])
    block.table(f"{name}_rate", "REAL", 1.0 / np.diff(breaks))
    bisect(block, f"{name}_break", x, count)
    block.say(f"v := (({x} - {name}_break[span]) - {name}_rest[span]) * {name}_rate[span] - 0.5;")


def bisect(block: Block, table: str, x: str, count: int) -> None:
    """Sets span: the last of `count` spans whose lower break is at most x, 0 where none is."""
    block.say("span := 0;")
    if count > 1:
        block.say(
            f"count := {count};",
            f"FOR i := 1 TO {(count - 1).bit_length()} DO",
            "    half := count / 2;",
            f"    IF {table}[span + half] <= {x} THEN span := span + half; END_IF;",
            "    count := count - half;",
            "END_FOR;",
        )


def basis(block: Block, axis: Axis, name: str, at: int, fold: float) -> None:
    """Sets b[at ..] to the basis values at span and v, each times `fold`."""
    n = axis.basis.degree + 1
    block.table(f"{name}_basis", "REAL", centred(axis.basis.matrices) * fold)
    block.say(f"j := {picked(block, axis.basis.matrix_id, f'{name}_matrix', n * n)};")
    for i in range(n):
        block.say(f"b[{at + i}] := {_horner(f'{name}_basis', n, i * n)};")


def _horner(table: str, n: int, first: int) -> str:
    text = f"{table}[j + {first + n - 1}]"
    for k in range(first + n - 2, first - 1, -1):
        text = (
            f"({text}) * v + {table}[j + {k}]" if "*" in text else f"{text} * v + {table}[j + {k}]"
        )
    return text


def picked(block: Block, numbers: NDArray[np.int64], name: str, unit: int) -> str:
    """unit * numbers[span]: by a formula where these are multiples of span, else from a table."""
    step = int(numbers[-1]) // max(len(numbers) - 1, 1)
    if np.array_equal(numbers, step * np.arange(len(numbers))):
        return f"span * {step * unit}" if step else "0"
    block.table(name, "DINT", numbers * unit)
    return f"{name}[span]"
