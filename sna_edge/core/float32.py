"""Whether float32 carries an input or an output: its step is small beside the range. One criterion
for every target.

Unix seconds of one minute, 1.6e9 .. 1.6e9 + 60, lie 128 s apart in float32. There the float64
caller takes the offset off first: host library and ONNX file do so themselves, the caller of a
TFLite file does, and a single-precision build refuses the model.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .axis import Axis
from .output import Output

SHARE = 2.0**-16
"""Of the range: the largest step of float32 that still carries it (border.py takes as much for
rounding)."""


def step32(low: float, high: float) -> float:
    """Distance of float32 numbers at the larger end of low .. high."""
    with np.errstate(over="ignore"):
        most = np.float32(max(abs(low), abs(high)))
    return float(np.spacing(most)) if np.isfinite(most) else float("inf")


def carried(low: float, high: float, step: float | None = None) -> bool:
    """step <= 2^-16 (high - low), of float32 unless `step` is given; one value alone is carried
    whatever it is."""
    return (
        low == high or (step32(low, high) if step is None else step) <= SHARE * high - SHARE * low
    )


def input_offsets(axes: Sequence[Axis]) -> list[float]:
    """What a caller takes off each input before float32 may see it: its lower end, 0.0 where
    float32 carries the input."""
    return [0.0 if a.kind == "categorical" or carried(a.lower, a.upper) else a.lower for a in axes]


def output_offsets(outputs: Sequence[Output], ranges: Sequence[tuple[float, float]]) -> list[float]:
    """What a caller adds to each float32 output: its constant part, 0.0 where float32 carries the
    output over its range."""
    constant = [o.scale * o.bias + o.offset if o.link == "identity" else o.offset for o in outputs]
    return [0.0 if carried(*r) else c for c, r in zip(constant, ranges, strict=True)]


def not_carried(
    axes: Sequence[Axis], outputs: Sequence[Output], ranges: Sequence[tuple[float, float]]
) -> list[str]:
    """One clause for every input and output that float32 does not carry, naming it and its float32
    step."""
    named = [("input", a.name, a.unit, (a.lower, a.upper)) for a in axes if a.kind != "categorical"]
    named += [("output", o.name, o.unit, r) for o, r in zip(outputs, ranges, strict=True)]
    return [
        f"{what} {name!r} runs over {high - low:.3g} {unit} at {max(abs(low), abs(high)):.6g},"
        f" where float32 moves in steps of {step32(low, high):.3g}".replace("  ", " ").replace(
            " ,", ","
        )
        for what, name, unit, (low, high) in named
        if not carried(low, high)
    ]
