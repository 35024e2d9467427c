"""How familiar inputs are (FORMAT.md sections 14 and 15).

s(x) = sum_j weight_j ln(max(p_j(x), 2^-126)),   p(x) = the share of scores up to s
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ..core.beside import GRID, Calibration, Role
from ..core.domain import Check
from ..core.record import ModelRecord
from ..errors import InputError
from ..status import Status
from .companions import values, verb

Floats = NDArray[np.float64]
LEAST_DENSITY = 2.0**-126


@dataclass(frozen=True)
class Familiarity:
    """Per row [N]: p, the share of training rows that were no more familiar (NaN where status < 0);
    its status, `unfamiliar` where p is too small; the score s (NaN without scores); `pair`, the
    index in `calibration.pairs` of levels that were never seen together (-1: none)."""

    p: Floats
    status: NDArray[np.int8]
    score: Floats
    pair: NDArray[np.int64]


def need_familiarity(model: ModelRecord) -> Calibration:
    """The calibration with scores or pairs of levels. Raises InputError where there are neither."""
    found = model.calibration
    if found is None or not told(model):
        raise InputError(
            "this model does not say how familiar inputs are; a fit of 250 rows or more does"
        )
    return found


def answer(model: ModelRecord, asked: Check, y: Floats) -> Familiarity:
    """Of checked rows with values y [N, K]: rows of a negative status have none."""
    found, good = need_familiarity(model), asked.status >= 0
    n = len(good)
    p, s, pair = np.full(n, np.nan), np.full(n, np.nan), np.full(n, -1)
    status = asked.status.copy()
    x, y = asked.x[good], y[good]
    unseen = unseen_pair(found, x)
    scored = score(model, x, y) if found.n_scores else np.full(len(x), np.nan)
    share = share_of(found, scored) if found.n_scores else np.ones(len(x))
    share[unseen >= 0] = 0.0
    state = np.where(share <= found.least_p, np.int8(Status.UNFAMILIAR), status[good])
    state[np.isnan(share)] = Status.NOT_CONVERGED
    p[good], s[good], pair[good], status[good] = share, scored, unseen, state
    return Familiarity(p, status, s, pair)


def told(model: ModelRecord) -> bool:
    """Whether the model says how familiar inputs are."""
    found = model.calibration
    return found is not None and bool(found.n_scores or found.pairs)


def marked(model: ModelRecord, asked: Check, y: Floats, least_p: float | None = None) -> Check:
    """The checked rows with status `unfamiliar` in place of `ok` and `edge` where p of the values y
    [N, K] is at most `least_p` (None: that of the file), or where nothing can be said."""
    limit = need_familiarity(model).least_p if least_p is None else least_p
    inside = (asked.status == Status.OK) | (asked.status == Status.EDGE)
    doubtful = inside.copy()
    doubtful[inside] = ~(shares(model, asked.x[inside], y[inside]) > limit)
    status = np.where(doubtful, np.int8(Status.UNFAMILIAR), asked.status)
    return replace(asked, status=status.astype(np.int8))


def shares(model: ModelRecord, x: Floats, y: Floats) -> Floats:
    """p [N] of rows x [N, D] inside the domain with values y [N, K]; NaN where there is none."""
    native = verb(model, "familiarity")
    if native is not None:
        return cast(Floats, native(x, y))
    found = need_familiarity(model)
    p = share_of(found, score(model, x, y)) if found.n_scores else np.ones(len(x))
    p[unseen_pair(found, x) >= 0] = 0.0
    return p


def unseen_pair(found: Calibration, x: Floats) -> NDArray[np.int64]:
    """The first pair of levels [N] that was never seen together; -1 where all were."""
    first = np.full(len(x), -1)
    for i, pair in enumerate(found.pairs):
        seen = pair.together(x[:, pair.a].astype(np.int64), x[:, pair.b].astype(np.int64))
        first[~seen & (first < 0)] = i
    return first


def score(model: ModelRecord, x: Floats, y: Floats) -> Floats:
    """s [N] at inputs x [N, D] inside the domain and predictions y [N, K]; NaN where a coordinate
    is."""
    total = np.zeros(len(x))
    for companion in model.companions:
        if companion.role == Role.FAMILIARITY:
            density = values(companion, model.axes, x, y)[:, 0]
            total += companion.weight * np.log(np.maximum(density, LEAST_DENSITY))
    return total


def share_of(found: Calibration, s: Floats) -> Floats:
    """p [N] of scores s [N]: where the quantiles reach s, of equal ones the last."""
    quantiles, least = found.scores, 1.0 / (found.n_scores + 1.0)
    j = np.searchsorted(quantiles, s, side="right") - 1
    inside = np.clip(j, 0, GRID - 2)
    step = quantiles[inside + 1] - quantiles[inside]
    part = np.divide(s - quantiles[inside], step, out=np.zeros(len(s)), where=step > 0)
    part = np.clip(part, 0.0, 1.0)
    at = np.where(j >= GRID - 1, GRID - 1.0, inside + part)
    share = np.maximum(1.0 / (1.0 + np.exp(((GRID - 1) / 2 - at) / 2)), least)
    return np.where(np.isnan(s), np.nan, np.where(j < 0, least, share))
