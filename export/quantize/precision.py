"""Mixed precision: the cheapest types per axis that keep the measured error under a limit."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from sna_edge.errors import InputError

from .trials import Quantizer, Trial

LADDER = {
    "int8": ("int8", "int16", "float32"),
    "float16": ("float16", "float32"),
    "int16": ("int16", "float32"),
}


def cheapest(quantizer: Quantizer, limit: float) -> Trial:
    """The smallest file found with error <= limit: integers, mixed where needed, or float16
    throughout.

    Axes of different types bring span matrices of their own, so a small model may be smaller in
    float16.
    """
    quantizer.attempt(["float16"] * len(quantizer.model.axes))
    within(quantizer, limit, "int8")
    return _smallest(quantizer, limit)


def within(quantizer: Quantizer, limit: float, narrow: str) -> Trial:
    """The cheapest trial found with error <= limit, from `narrow` on every axis upwards.

    The lowest pair of neighbouring types is found whose wider one, on all axes, keeps the limit.
    Axes are then ordered by damage^2 per byte saved (errors of different axes add in square) and as
    many as possible are stored narrow. Raises InputError when float32 does not keep the limit.
    """
    ladder, count = LADDER[narrow], len(quantizer.model.axes)
    trial = quantizer.attempt([narrow] * count)
    if trial.error <= limit:
        return trial
    for lower, upper in pairwise(ladder):
        trial = quantizer.attempt([upper] * count)
        if trial.error <= limit:
            return _mixed(quantizer, limit, lower, upper)
    raise InputError(
        f"max_error cannot be met: tables in float32 already err by {trial.error:.2g} of the output"
        f" range, {limit:.2g} is left; allow more, or give a model with fewer cancelling modes"
    )


def _mixed(quantizer: Quantizer, limit: float, lower: str, upper: str) -> Trial:
    """Bisection for the longest narrow head of the order, then every other axis is tried once."""
    axes = [d for d in range(len(quantizer.model.axes)) if quantizer.saving(d, lower, upper)]
    order = sorted(
        axes, key=lambda d: quantizer.damage(d, lower) ** 2 / quantizer.saving(d, lower, upper)
    )
    good, bad = 0, len(order)
    while bad - good > 1:
        middle = (good + bad) // 2
        if _trial(quantizer, order[:middle], lower, upper).error <= limit:
            good = middle
        else:
            bad = middle
    narrow = order[:good]
    for d in order[good + 1 :]:
        if _trial(quantizer, [*narrow, d], lower, upper).error <= limit:
            narrow = [*narrow, d]
    return _smallest(quantizer, limit)


def _smallest(quantizer: Quantizer, limit: float) -> Trial:
    """Of all trials within the limit: axes of different types cannot share span matrices, so a mix
    may be the larger file. Of files of one size the more accurate."""
    return min(
        (t for t in quantizer.trials if t.error <= limit),
        key=lambda t: (len(t.model.to_bytes()), t.error),
    )


def _trial(quantizer: Quantizer, narrow: Sequence[int], lower: str, upper: str) -> Trial:
    return quantizer.attempt(
        [lower if d in narrow else upper for d in range(len(quantizer.model.axes))]
    )
