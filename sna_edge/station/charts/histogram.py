"""How the last numbers of an output lie between its limits: bars and figures of capability."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isfinite
from typing import Any

import numpy as np

from ...quality.capability.figures import of_values

BARS = 24


def spread(numbers: Sequence[float], lsl: float | None, usl: float | None) -> dict[str, Any]:
    """{"from", "step", "counts", "n"} of the bars, which lie so that limits are edges where there
    are two, and {"figures": Ppk, Cpk, ..} where there are enough numbers. Empty without numbers.
    """
    y = np.array([v for v in numbers if isfinite(v)])
    if not len(y):
        return {}
    low, step, count = _bars(y, lsl, usl)
    at = np.clip(((y - low) / step).astype(int), 0, count - 1)
    counts = np.bincount(at, minlength=count)
    told: dict[str, Any] = {
        "from": low, "step": step, "counts": counts.tolist(), "n": len(y),
        "mean": float(y.mean()),
    }  # fmt: skip
    if lsl is not None or usl is not None:
        lower, upper = (-np.inf if lsl is None else lsl), (np.inf if usl is None else usl)
        told["outside"] = int(((y < lower) | (y > upper)).sum())
        if figures := of_values(y, lower, upper):
            told["figures"] = figures
    return told


def _bars(y: np.ndarray, lsl: float | None, usl: float | None) -> tuple[float, float, int]:
    """Lower edge, width and number of the bars."""
    ends = [float(y.min()), float(y.max())]
    if lsl is not None and usl is not None and usl > lsl:
        between = next((n for n in (12, 24, 48) if ends[1] - ends[0] > 10 * (usl - lsl) / n), 96)
        step = (usl - lsl) / between
        before = max(0, min(BARS, ceil((lsl - ends[0]) / step)))
        behind = max(0, min(BARS, ceil((ends[1] - usl) / step)))
        return lsl - before * step, step, between + before + behind
    ends += [end for end in (lsl, usl) if end is not None]
    width = (max(ends) - min(ends)) or max(abs(ends[0]), 1.0) * 1e-6
    return min(ends), width / BARS * (1 + 1e-9), BARS
