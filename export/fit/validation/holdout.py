"""Rows held out of a whole fit, in one step, and what its model says to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError
from sna_edge.model import Model

from ...calibrate.between_groups import design_effect
from ...calibrate.coverage import coverage
from ..data.folds import fold_of_rows
from ..data.held_together import HOLDOUT_STREAM, dealt, last_share, when
from ..data.samples import Samples
from ..data.weights import mean

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
DEFAULT, PARTS = 0.2, 1000
"""Share held out by a word, and folds that a share is counted in."""
LEAST_HELD, LEAST_LEFT = 5, 10
LEVEL = 0.9
WORDS = ("groups", "last")
SURE = 1.96
"""Standard errors of the range of a coverage: 95 %."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Which rows [N] are held out, and how they were chosen, in words."""

    rows: Bools
    how: str


def held_out(samples: Samples, asked: str | float, seed: int) -> HeldOut:
    """The rows that `asked` names: a share ("20%", 0.2), "groups" or "last" (a fifth of the rows).

    Rows with times: the last ones; with groups: whole groups; else at random, equal inputs
    together. Raises InputError for what is no share, for "groups" without groups, and where too few
    rows would be left or held out.
    """
    share = _share(asked)
    if asked == "groups" and samples.group is None:
        raise InputError(
            "whole groups are to be held out; name the column of the groups (--groups)"
        )
    count = len(samples.x)
    if samples.time is not None or asked == "last":
        order = np.arange(float(count)) if samples.time is None else when(samples)
        rows = last_share(order, share)
        how = "the last rows of the table" if samples.time is None else "the last rows in time"
    elif samples.group is not None:
        groups = len(np.unique(samples.group))
        rows = dealt(samples.group, max(round(1.0 / share), 2), seed + HOLDOUT_STREAM) == 0
        how = f"{len(np.unique(samples.group[rows]))} of {groups} groups"
    else:
        fold = fold_of_rows(samples.x, PARTS, seed + HOLDOUT_STREAM)
        rank = np.argsort(np.argsort(fold, kind="stable"), kind="stable")
        rows = np.isin(fold, fold[rank < round(share * count)])
        how = "rows at random"
    _check(samples, rows, asked)
    return HeldOut(rows, how)


def _share(asked: str | float) -> float:
    if asked in WORDS:
        return DEFAULT
    try:
        text = str(asked).strip()
        share = float(text[:-1]) / 100.0 if text.endswith("%") else float(text)
    except ValueError:
        share = np.nan
    if not 0.0 < share < 1.0:
        raise InputError(
            f"holdout {asked!r} is no share of the rows; write 20%, or the word groups or last"
        )
    return share


def _check(samples: Samples, rows: Bools, asked: str | float) -> None:
    held, left = int(rows.sum()), int((~rows).sum())
    if held < LEAST_HELD or left < LEAST_LEFT:
        raise InputError(
            f"holdout {asked!r} holds out {held} and leaves {left} of {len(rows)} rows; at least"
            f" {LEAST_HELD} must be held out and {LEAST_LEFT} left, choose another share"
        )
    rest = samples.y[~rows]
    for name, low, high in zip(samples.names, rest.min(axis=0), rest.max(axis=0), strict=True):
        if low == high:
            raise InputError(
                f"output {name!r} is constant in the rows that are not held out; choose another"
                " share or column"
            )


def figures(
    model: Model,
    fitted: Samples,
    held: Samples,
    how: str,
    groups: Mapping[str, Mapping[str, float]] | None = None,
) -> dict[str, Any]:
    """What the model, fitted to the rows `fitted`, says to the rows `held`: RMSE, R2 (against the
    mean of the fitted rows) and coverage of its interval over those inside its domain, with the
    range of the coverage that so many rows leave open, by quarter of the prediction and by part of
    each input. `groups`: how much they differ (`between_groups`). Axes of the samples are those of
    the table; of them the model has some."""
    place = {a.name: d for d, a in enumerate(held.axes)}
    x = held.x[:, [place[name] for name in model.input_names]]
    found = model.evaluate(x, level_index=True)
    inside = found.status >= 0
    beyond = model.evaluate(x[~inside], level_index=True, extrapolate=True).value
    out: dict[str, Any] = {
        "how": how,
        "rows": len(x),
        "fitted_rows": len(fitted.x),
        "outside": int((~inside).sum()),
        "outputs": {},
    }
    if not inside.any():
        return out
    group = None if held.group is None else held.group[inside]
    weight = held.weight_of(np.flatnonzero(inside))
    for k, output in enumerate(model.outputs):
        y, predicted = held.y[inside, k], found.value[inside, k]
        low, high = found.lower[inside, k], found.upper[inside, k]
        middle = float(mean(fitted.y[:, k], fitted.weight))
        error = float(np.sqrt(mean((y - predicted) ** 2, weight)))
        spread = float(mean((y - middle) ** 2, weight))
        covered = (low <= y) & (y <= high)
        alike = _alike(groups, output.name)
        level = LEVEL if output.interval is None else output.interval.level
        out["outputs"][output.name] = {
            "rmse": error,
            "r2": 1.0 - error**2 / spread if spread > 0 else float("nan"),
            "coverage": float(covered.mean()),
            "range": list(share_range(covered, group, alike)),
            "level": level,
            "parts": coverage(
                model.axes, x[inside], y, predicted, low, high, level, group, alike
            ).report(),
        }
        rest = (held.y[~inside, k] - beyond[:, k])[np.isfinite(beyond[:, k])]
        if len(rest):
            out["outputs"][output.name]["rmse_outside"] = float(np.sqrt(np.mean(rest**2)))
    return out


def _alike(groups: Mapping[str, Mapping[str, float]] | None, name: str) -> float:
    """The correlation of residuals of one group."""
    part = (groups or {}).get(name)
    total = 0.0 if part is None else part["between"] ** 2 + part["within"] ** 2
    return 0.0 if part is None or total == 0.0 else part["between"] ** 2 / total


def share_range(
    inside: Bools, group: NDArray[np.int64] | None = None, alike: float = 0.0
) -> tuple[float, float]:
    """From .. to: the 95 % range of a share of rows [n], by the score of the binomial distribution;
    rows of a group [n], whose residuals correlate by `alike`, count for as many rows as they are
    worth.

    Source: Wilson, J. Am. Stat. Assoc. 22 (1927); Kish, Survey Sampling (1965), section 5.4.
    """
    n, p = float(len(inside)), float(inside.mean())
    if group is not None:
        n /= _design_effect(inside.astype(float), group, alike)
    middle = (p + SURE**2 / (2 * n)) / (1 + SURE**2 / n)
    half = SURE * np.sqrt(p * (1 - p) / n + SURE**2 / (4 * n**2)) / (1 + SURE**2 / n)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def _design_effect(inside: Floats, group: NDArray[np.int64], alike: float) -> float:
    """Variance of the share with whole groups drawn over that with rows drawn: the larger of what
    these rows show and, since few groups or no miss show little, of what `alike` says."""
    _, place, size = np.unique(group, return_inverse=True, return_counts=True)
    n, p, count = len(inside), float(inside.mean()), len(size)
    known = design_effect(group, alike)
    if count < 2 or p in (0.0, 1.0):
        return known
    off = np.bincount(place.reshape(-1), inside) - p * size
    between = float(np.sum(off**2)) * count / (count - 1) / n**2
    return max(known, between / (p * (1 - p) / n))
