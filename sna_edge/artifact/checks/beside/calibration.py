"""`bad_calibration`: counts, quantiles, scores and level pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ... import layout
from ...raw_views import Raw, RawCalibration
from ..rules import FrontToBack, need
from .companions import FAMILIARITY, SCALE

Array = NDArray[Any]
RULE = "bad_calibration"
GRID = 33


def calibration(raw: Raw, roles: list[int]) -> RawCalibration | None:
    """Section 15; None where it is empty. `roles` are those of the companions."""
    block = raw.sections["calibration"]
    if not len(block):
        need(
            SCALE not in roles and FAMILIARITY not in roles, RULE, "a companion has no calibration"
        )
        return None
    parts = FrontToBack(block, RULE, "calibration")
    head = parts.take(layout.CALIBRATION, 1)[0]
    n_residuals, n_scores, least_p = (
        head[f].item() for f in ("n_residuals", "n_scores", "least_p")
    )
    n_pairs = int(head["n_pairs"])
    need(not head["reserved"].any(), RULE, "reserved bytes are not zero")
    need(n_residuals or n_scores or n_pairs, RULE, "the section holds nothing")
    need(n_pairs <= layout.MAX_PAIRS, RULE, "too many pairs of levels")
    need(n_residuals or SCALE not in roles, RULE, "a scale has no quantiles of residuals")
    need(bool(n_scores) == (FAMILIARITY in roles), RULE, "familiarity and scores disagree")
    need(0 < least_p < 1 if n_scores else least_p == 0, RULE, "least p-value out of range")
    k = len(raw.outputs) if n_residuals else 0
    quantiles = parts.take("<f8", k * GRID).reshape(k, GRID)
    floor, correlation = parts.take("<f8", k), parts.take("<f8", k * (k - 1) // 2)
    scores = parts.take("<f8", GRID if n_scores else 0)
    need(_increasing(quantiles) and _increasing(scores), RULE, "quantiles out of range or order")
    need(((floor >= 0) & (floor < layout.REACH)).all(), RULE, "a floor is out of range")
    need((np.abs(correlation) <= 1).all(), RULE, "a correlation is out of range")
    pairs = _pairs(raw.axes, parts, n_pairs)
    parts.finish("pairs of levels")
    return RawCalibration(head, quantiles, floor, correlation, scores, pairs)


def _increasing(numbers: Array) -> bool:
    return bool((np.abs(numbers) < layout.REACH).all() and (np.diff(numbers) >= 0).all())


def _pairs(axes: Array, parts: FrontToBack, count: int) -> list[tuple[int, int, Array]]:
    records, before, pairs = parts.take(layout.PAIR, count).tolist(), (-1, -1), []
    for a, b, size in records:
        good = before < (a, b) and a < b < len(axes) and axes["kind"][a] == axes["kind"][b] == 2
        need(good, RULE, "a pair of levels names other inputs, or they are out of order")
        cells = int(axes["n_spans"][a]) * int(axes["n_spans"][b])
        need(size == -(-cells // 8), RULE, "a pair of levels has another size")
        before = (a, b)
    for a, b, size in records:
        bits = parts.take("u1", size)
        spare = int(axes["n_spans"][a]) * int(axes["n_spans"][b]) % 8
        need(not spare or not bits[-1] >> spare, RULE, "bits behind the last pair of levels")
        pairs.append((a, b, bits))
    return pairs
