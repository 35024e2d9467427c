"""Intervals of a quantized model: the model's own error, widened by the quantization error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import hypot
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sna_edge.output import Output

Floats = NDArray[np.float64]


def widen(outputs: Sequence[Output], rms: Floats, linear_rms: Floats) -> list[Output]:
    """below' = hypot(below, z rms), above' likewise; z = the normal quantile of the interval's level.

    `rms` [K] is the measured quantization error in output units, `linear_rms` [K] in units of f: the one of the interval's
    space counts. The two errors are independent (rounding knows nothing of the noise), so variances add: exact for normal
    residuals, on the safe side for heavier tails (Laplace) and for uniform ones.
    """
    out = []
    for k, output in enumerate(outputs):
        interval = output.interval
        if interval is not None:
            z = NormalDist().inv_cdf((1.0 + interval.level) / 2.0)
            error = z * float(rms[k] if interval.space == "output" else linear_rms[k])
            interval = replace(interval, below=hypot(interval.below, error), above=hypot(interval.above, error))
        out.append(replace(output, interval=interval))
    return out
