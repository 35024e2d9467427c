"""Rules of modes, outputs and golden vectors: `bad_group`, `bad_output`, `bad_golden`."""

from __future__ import annotations

from math import inf, isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import layout
from . import bound
from .rules import need

Array = NDArray[Any]


def ranks(header: Any, axes: Array) -> Array:
    """As `groups_used`: one group that depends on all axes."""
    left = 1
    for d, a in enumerate(axes):
        right = int(a["right"])
        good = (
            a["left"] == left and 1 <= right <= layout.MAX_RANK and a["n_columns"] == left * right
        )
        need(good, "bad_group", f"axis {d}: tensor-train ranks do not chain")
        left = right
    need(left == header["n_modes"], "bad_group", "the last rank is not the number of rows of W")
    return np.ones((1, len(axes)), bool)


def groups_used(header: Any, axes: Array, groups: Array) -> Array:
    """Which axes the modes of a group depend on [G, D]."""
    first, last, sizes = 0, 0, list[int]()
    for mask, count, start in groups.tolist():
        good = last < mask < 1 << len(axes) and 1 <= count <= layout.MAX_MODES and start == first
        need(good, "bad_group", "masks must increase, counts and firsts must add up")
        last, size = mask, layout.padded(count)
        first += size
        sizes.append(size)
    uses = (groups["mask"][:, None] >> np.arange(len(axes), dtype=np.uint64) & np.uint64(1)).astype(
        bool
    )
    good = first == header["n_modes"] and (sizes @ uses == axes["n_columns"]).all()
    need(
        good and not axes["left"].any() and not axes["right"].any(),
        "bad_group",
        "number of modes or columns does not add up",
    )
    return uses


def outputs_and_weights(header: Any, block: bytes, groups: Array) -> tuple[Array, Array]:
    """`bad_output`: records [K] and W [R\', K], checked."""
    k, modes = int(header["n_outputs"]), int(header["n_modes"])
    records = np.frombuffer(block, layout.OUTPUT, k)
    for j, r in enumerate(records):
        need(
            _output_is_good(r),
            "bad_output",
            f"output {j}: bias, scale, offset, interval, range or link out of range",
        )
    weights = np.frombuffer(block, "<f4", modes * k, 80 * k).reshape(modes, k)
    tiny = (weights != 0) & (np.abs(weights) < np.finfo(np.float32).tiny)
    need(
        np.isfinite(weights).all() and not tiny.any(),
        "bad_output",
        "a weight is not finite or is subnormal",
    )
    for _, count, first in groups.tolist():
        empty = weights[first + count : first + layout.padded(count)]
        need(not empty.any(), "bad_output", "a padding row of W is not zero")
    return records, weights


def _output_is_good(r: Any) -> bool:
    bias, scale, offset, below, above, level, low, high, kappa, link, space, _ = r.item()
    good = (
        all(map(bound.held, (bias, scale, offset, low, high)))
        and abs(scale) >= 1.0 / layout.LARGEST
    )
    good = good and low <= high and 0 <= kappa < inf
    if isnan(below) or isnan(above):
        interval = isnan(below) and isnan(above) and level == 0
    else:
        interval = (
            bound.held(below) and bound.held(above) and min(below, above) >= 0 and 0 < level < 1
        )
    return bool(good and interval and link <= 2 and space <= 1 and not r["reserved"].any())


def need_golden(header: Any, axes: Array, block: bytes) -> None:
    """`bad_golden`: size, numbers and places of the golden vectors."""
    rule = "bad_golden"
    need(len(block) >= 8, rule, "section of golden vectors is too short")
    count, reserved = np.frombuffer(block, "<u4", 2).tolist()
    d, k = len(axes), int(header["n_outputs"])
    good = (
        1 <= count <= layout.MAX_GOLDEN
        and reserved == 0
        and len(block) == 8 + 16 * k + 8 * count * (d + k)
    )
    need(good, rule, "section of golden vectors has the wrong size")
    numbers = np.frombuffer(block, "<f8", offset=8)
    need(
        np.isfinite(numbers).all() and (numbers[: 2 * k] >= 0).all(),
        rule,
        "a golden vector or tolerance is not a number",
    )
    inputs = numbers[2 * k : 2 * k + count * d].reshape(count, d)
    inside = (inputs >= axes["lower"]).all() and (inputs <= axes["upper"]).all()
    levels = inputs[:, axes["kind"] >= layout.LEVELS]
    need(
        inside and (levels == np.rint(levels)).all(),
        rule,
        "a golden vector lies outside the domain",
    )
