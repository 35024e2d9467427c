"""The learning curve: error on held-out rows against the number of rows fitted to.

    e_s = exp(mean over repeats r of ln RMSE_rs),   s = 1/4, 1/2, 1 of the other rows

Every repeat holds out a fold and fits nested parts of the other rows; the same held-out rows judge
all of them, those that lie inside the range of the smallest part: no fit is asked beyond its rows.
What a doubling changed is taken repeat by repeat, in which the held-out rows cancel.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from sna_edge.numerics.time_budget import TimeBudget, now

from ..data.folds import Folds
from ..data.held_together import folds_of, last_share, when
from ..data.samples import Samples
from ..data.weights import mean
from .arrangement import LEAST_GROUPS, LEAST_TIMES, Arrangement

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Fit = Callable[[Samples, Arrangement, TimeBudget], Any]
"""The fit of some rows: has `model`."""
SHARES = (0.25, 0.5, 1.0)
REPEATS, LEAST_REPEATS = 5, 3
LEAST_ROWS, LEAST_JUDGED = 20, 5
"""Rows of the smallest part, and held-out rows inside its range, a repeat."""
CURVE_STREAM = 49979687
"""Added to the seed: folds and parts of the curve are no others of the fit."""
SURE = 0.9
"""Level of the range of what a doubling changed."""
LEAST_ERROR = 1e-9
"""Of the spread of an output: what is below is met, and no longer told apart."""
BEYOND = (
    "hardly a held-out row lies inside the range of the rows that were fitted to: there are too few"
    " rows for so many inputs, or times follow a drift"
)
TOO_FEW = (
    "{rows} are too few to halve them and to hold some out; a learning curve needs"
    f" {round(2.5 * LEAST_ROWS)} rows or more, and {3 * LEAST_GROUPS} groups where rows have them"
)
SAME = (
    "in a part of the rows no {what} changes, so nothing can be fitted to it; a learning curve"
    " needs rows in which it does"
)
FEW_TIMES = (
    f"a part of the rows has fewer than {LEAST_TIMES} different times; a learning curve needs rows"
    " of more times"
)
LEFT_OUT, SOME_LEFT_OUT = "the learning curve", "repeats of the learning curve"


def learning_curve(
    samples: Samples, how: Arrangement, fit: Fit, seed: int, budget: TimeBudget
) -> dict[str, dict[str, Any]]:
    """{output: {rows [S], rmse [S], se [S], lowered, range, repeats, judged}}; {output: {why}}
    where the rows are too few. rows: fitted to, mean over the repeats; se: standard error of each
    rmse; lowered: by which share the last doubling lowered the error, range: its 90 % range. Empty
    where time ends before LEAST_REPEATS repeats, which the budget then says."""
    folds = folds_of(samples, REPEATS, seed + CURVE_STREAM)
    nested = [_parts(samples, folds, number, seed) for number in folds.judged]
    lacking = [[_lacking(samples, p[s]) for p in nested] for s in range(len(SHARES))]
    shares = [s for s, each in enumerate(lacking) if not any(each)]
    if len(shares) < 2 or len(nested) < LEAST_REPEATS:
        why = next((one for each in reversed(lacking) for one in each if one), TOO_FEW)
        return {name: {"why": _told(why, samples)} for name in samples.names}
    found: list[tuple[list[int], Floats, int]] = []
    longest = 0.0
    for number, parts in zip(folds.judged, nested, strict=True):
        begin = now()
        if budget.passed or not budget.fits(longest):
            budget.stop()
            break
        chosen = [parts[s] for s in shares]
        errors, judged = _errors(samples, how, chosen, folds.held(number), fit, budget)
        if errors is None:
            break
        if judged >= LEAST_JUDGED:
            found.append(([len(p) for p in chosen], errors, judged))
        longest = max(longest, now() - begin)
    if budget.stopped and len(found) < len(nested):
        budget.leave_out(LEFT_OUT if len(found) < LEAST_REPEATS else SOME_LEFT_OUT)
    elif len(found) < LEAST_REPEATS:
        return {name: {"why": BEYOND} for name in samples.names}
    return _curves(samples, found) if len(found) >= LEAST_REPEATS else {}


def _told(why: str, samples: Samples) -> str:
    """The sentence of `why`, with the rows and groups that there are."""
    groups = "" if samples.group is None else f" in {len(np.unique(samples.group))} groups"
    return why.format(rows=f"{len(samples.x)} rows{groups}")


def _parts(samples: Samples, folds: Folds, number: int, seed: int) -> list[Ints]:
    """Nested parts of the rows that a fold does not hold out: at random, whole groups, or the
    latest."""
    seen = np.flatnonzero(~folds.unseen(number))
    rng = np.random.default_rng([seed, CURVE_STREAM, number])
    if samples.time is not None:
        order = when(samples)[seen]
        return [seen[last_share(order, share)] for share in SHARES]
    if samples.group is not None:
        groups = rng.permutation(np.unique(samples.group[seen]))
        counts = [round(share * len(groups)) for share in SHARES]
        return [seen[np.isin(samples.group[seen], groups[:n])] for n in counts]
    order = rng.permutation(seen)
    return [np.sort(order[: round(share * len(order))]) for share in SHARES]


def _lacking(samples: Samples, rows: Ints) -> str:
    """Why a fit of these rows cannot be made; "" where it can."""
    few_groups = samples.group is not None and len(np.unique(samples.group[rows])) < LEAST_GROUPS
    if len(rows) < LEAST_ROWS or few_groups:
        return TOO_FEW
    if (np.ptp(samples.y[rows], axis=0) == 0).any():
        return SAME.format(what="output")
    if (samples.x[rows] == samples.x[rows[0]]).all():
        return SAME.format(what="input")
    if samples.time is not None and len(np.unique(samples.time[rows])) < LEAST_TIMES:
        return FEW_TIMES
    return ""


def _errors(
    samples: Samples, how: Arrangement, parts: Sequence[Ints], held: Ints, fit: Fit,
    budget: TimeBudget,
) -> tuple[Floats | None, int]:  # fmt: skip
    """RMSE [S, K] of the fits of the parts on the held-out rows, and how many judged; None where
    time has cut a fit: it is not like the others."""
    rows = held[_inside(samples, parts[0], samples.x[held])]
    errors = np.full((len(parts), len(samples.names)), np.nan)
    if len(rows) < LEAST_JUDGED:
        return errors, len(rows)
    for s, part in enumerate(parts):
        said = len(budget.cut)
        of = samples.take(part)
        mine = budget.part(1.0)
        found = fit(of, how.of(of), mine)
        if mine.stopped:
            del budget.cut[said:]
            return None, 0
        errors[s] = _rmse(samples, found.model, rows)
    return errors, len(rows)


def _inside(samples: Samples, part: Ints, x: Floats) -> NDArray[np.bool_]:
    """[n]: rows x [n, D] in the range of the part, at levels that it has."""
    inside = np.ones(len(x), dtype=bool)
    for d, axis in enumerate(samples.axes):
        seen = samples.x[part, d]
        if axis.levels:
            inside &= np.isin(x[:, d], seen)
        else:
            inside &= (seen.min() <= x[:, d]) & (x[:, d] <= seen.max())
    return inside


def _rmse(samples: Samples, model: Any, rows: Ints) -> Floats:
    """[K] on these rows; values that were not read to a number do not count."""
    place = {a.name: d for d, a in enumerate(samples.axes)}
    x = samples.x[rows][:, [place[name] for name in model.input_names]]
    squared = (model.evaluate(x, level_index=True, extrapolate=True).value - samples.y[rows]) ** 2
    weight = samples.weight_of(rows)
    if samples.limits is None:
        return np.asarray(np.sqrt(mean(squared, weight)))
    low, high = (end[rows] for end in samples.limits)
    count = np.where(low == high, 1.0 if weight is None else weight[:, None], 0.0)
    return np.asarray(np.sqrt((squared * count).sum(axis=0) / count.sum(axis=0)))


def _curves(
    samples: Samples, found: Sequence[tuple[list[int], Floats, int]]
) -> dict[str, dict[str, Any]]:
    rows = np.mean([sizes for sizes, _, _ in found], axis=0)
    judged = sum(count for _, _, count in found)
    errors = np.stack([e for _, e, _ in found])  # [R, S, K]
    least = LEAST_ERROR * samples.y.std(axis=0)
    logs = np.log(np.maximum(errors, np.maximum(least, np.finfo(float).tiny)))
    share = judged / len(found) / rows[-1]
    return {
        name: _curve(rows, logs[:, :, k], share) | {"repeats": len(found), "judged": judged}
        for k, name in enumerate(samples.names)
    }


def _curve(rows: Floats, logs: Floats, share: float) -> dict[str, Any]:
    """Of ln RMSE [R, S]. Repeats share rows, so that their scatter is too small for the range of a
    doubling: its variance counts 1 / R + (held out / fitted), `share` the last.

    Source: Nadeau and Bengio, Machine Learning 52 (2003).
    """
    repeats = len(logs)
    middle = logs.mean(axis=0)
    se = logs.std(axis=0, ddof=1) / np.sqrt(repeats)
    step = logs[:, -1] - logs[:, -2]
    half = float(stdtrit(repeats - 1, (1.0 + SURE) / 2.0)) * step.std(ddof=1)
    half *= np.sqrt(1.0 / repeats + share)
    ends = (step.mean() + half, step.mean() - half)
    return {
        "rows": [round(n) for n in rows.tolist()],
        "rmse": [_short(e) for e in np.exp(middle)],
        "se": [_short(e) for e in np.exp(middle) * se],
        "lowered": _short(-np.expm1(step.mean())),
        "range": [_short(-np.expm1(end)) for end in ends],
    }


def _short(value: float) -> float:
    return float(f"{value:.5g}")
