"""Intervals of a quantized model: the model's own error, widened by the quantization error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sna_edge.artifact.storage_width import grown
from sna_edge.core.beside import Calibration
from sna_edge.core.output import Output

from .comparison import Comparison


def widen(outputs: Sequence[Output], found: Comparison) -> list[Output]:
    """below' = hypot(below, e), above' likewise; e = half width that holds the measured errors as
    often as the interval its rows, in the interval's space.

    The two errors are independent (rounding knows nothing of the noise), so variances add: exact
    for normal residuals, on the safe side for heavier tails (Laplace) and for uniform ones. Where
    the interval is narrower than the rounding, e alone counts.
    """
    out = []
    for output, usual, before in zip(outputs, found.usual, found.linear_usual, strict=True):
        interval = output.interval
        if interval is not None:
            interval = grown(interval, float(usual if interval.space == "output" else before))
        out.append(replace(output, interval=interval))
    return out


def higher_floors(calibration: Calibration | None, found: Comparison) -> Calibration | None:
    """floor' = hypot(floor, e) of every output, e as in `widen`; None stays None."""
    if calibration is None or not calibration.n_residuals:
        return calibration
    spaces = zip(found.usual, found.linear_usual, calibration.spaces, strict=True)
    added = [float(usual if space == "output" else before) for usual, before, space in spaces]
    return replace(calibration, floor=np.hypot(calibration.floor, added))
