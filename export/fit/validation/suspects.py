"""Rows that look wrong: measured far from what everything else says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.output import Output

from ...calibrate.additive import coordinate_basis, fitted
from ..data.samples import Samples

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
CUT = 5.0
"""Robust standard deviations beyond which a row is suspect."""
SHOULDER = 0.9
"""Quantile of |residuals| that the scale also follows: heavy tails are no errors."""
LOCAL_ROWS = 100
"""Rows from which the scale follows the prediction."""
NEAREST, SAME = 5, 0.5
"""Rows nearest to a suspect, and the share of its deviation from which they agree with it."""
SLIPS = (10.0, 100.0, 1000.0, 0.1, 0.01, 0.001)
COMMON = 0.5
"""Share of the rows with one value, from which an output is made of outcomes."""
MOST_LISTED = 200
MOST_ROWS = 20_000
"""Rows up to which the nearest of a suspect are looked for among all."""


@dataclass(frozen=True, eq=False)
class Deviations:
    """z [N, K]: residuals in robust standard deviations (NaN: not known); expected [N, K] in output
    units; sigma [N, K] about it, in the space of z."""

    z: Floats
    expected: Floats
    sigma: Floats

    @property
    def far(self) -> Bools:
        """[N]: beyond CUT in any output."""
        return self.beyond(CUT)

    def beyond(self, cut: float) -> Bools:
        """[N]: so many standard deviations off in any output."""
        with np.errstate(invalid="ignore"):
            return np.asarray((np.abs(self.z) > cut).any(axis=1))


def robust_scale(residual: Floats) -> float:
    """Standard deviation of normal residuals, unmoved by a tenth of any others: the larger of what
    the median and what the SHOULDER of |residuals| say."""
    size = np.abs(residual)
    return float(max(np.median(size) / 0.6745, np.quantile(size, SHOULDER) / 1.6449))


def deviations(
    outputs: tuple[Output, ...], measured: Floats, expected: Floats, trusted: Bools
) -> Deviations:
    """Of rows measured and expected [N, K]; the scale is that of the `trusted` rows [N], in the
    space of the link, and follows the prediction. Outcomes (pass or fail, counts that are mostly 0)
    are not judged: the rare one is what is looked for."""
    z, sigma = np.full(measured.shape, np.nan), np.full(measured.shape, np.nan)
    for k, output in enumerate(outputs):
        if _outcomes(measured[:, k]):
            continue
        with np.errstate(all="ignore"):
            at, truth = output.linear_of(expected[:, k]), output.linear_of(measured[:, k])
        if not np.isfinite(at[trusted]).all() or not np.isfinite(truth[trusted]).all():
            at, truth = expected[:, k], measured[:, k]
        residual = truth - at
        residual[~np.isfinite(residual)] = np.inf
        sigma[:, k] = _sigma(residual, at, trusted)
        with np.errstate(divide="ignore", invalid="ignore"):
            z[:, k] = np.where(sigma[:, k] > 0, residual / sigma[:, k], np.nan)
    z[~np.isfinite(expected)] = np.nan
    return Deviations(z, expected, sigma)


def _outcomes(measured: Floats) -> bool:
    """Whether half of the rows have one value, or all one of two."""
    _, count = np.unique(measured, return_counts=True)
    return len(count) <= 2 or bool(count.max() >= COMMON * len(measured))


def _sigma(residual: Floats, at: Floats, trusted: Bools) -> Floats:
    """[N], from the trusted rows."""
    some = residual[trusted]
    whole = robust_scale(some)
    if len(some) < LOCAL_ROWS or whole <= 0:
        return np.full(len(residual), whole)
    place = at[trusted]
    low, high = float(place.min()), float(place.max())
    if high <= low:
        return np.full(len(residual), whole)
    size = np.minimum(np.abs(some), CUT * whole)
    basis = coordinate_basis((low, high), place)
    local = fitted(place[:, None], size, [basis])
    shape = np.exp(local(np.clip(at, low, high)[:, None]))
    return np.asarray(shape * robust_scale(some / shape[trusted]))


def alone(samples: Samples, found: Deviations, rows: Ints) -> Bools:
    """Of suspect rows: whether the rows nearest in the inputs are not as far on the same side. A
    peak that the model misses has several rows; a wrong number has one."""
    near, out = nearest(samples, rows), np.ones(len(rows), dtype=bool)
    for i, row in enumerate(rows):
        k = int(np.nanargmax(np.abs(found.z[row])))
        others = found.z[near[i], k] * np.sign(found.z[row, k])
        out[i] = np.sum(others > min(CUT, SAME * abs(found.z[row, k]))) <= len(others) // 3
    return out


def nearest(samples: Samples, rows: Ints) -> Ints:
    """The NEAREST rows [n, NEAREST] of each of some rows, in inputs over their spreads; a different
    level is a spread away."""
    every = np.arange(0, len(samples.x), max(1, -(-len(samples.x) // MOST_ROWS)))
    spread = samples.x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    levelled = samples.n_levels > 0
    out = []
    for row in rows:
        apart = (samples.x[every] - samples.x[row]) / spread
        apart = np.where(levelled, apart != 0, apart)
        distance = np.sum(apart**2, axis=1)
        distance[every == row] = np.inf
        near = np.argpartition(distance, min(NEAREST, len(distance) - 1))[:NEAREST]
        out.append(every[near[np.lexsort((near, distance[near]))]])
    return np.array(out, dtype=np.int64) if out else np.zeros((0, NEAREST), dtype=np.int64)


def listed(
    samples: Samples, found: Deviations, number: Ints, left_out: Bools
) -> list[dict[str, Any]]:
    """The suspects, farthest first, as plain data: row (as `number` [N] counts it), output,
    measured, expected, sigmas, inputs, nearest rows and what they measured, the reason in words."""
    rows = np.flatnonzero(found.far | left_out)
    size = np.nan_to_num(np.abs(found.z[rows]), nan=0.0).max(axis=1)
    rows = rows[np.argsort(-size, kind="stable")][:MOST_LISTED]
    near, single = nearest(samples, rows), alone(samples, found, rows)
    out = []
    for i, row in enumerate(rows):
        k = int(np.nanargmax(np.abs(found.z[row])))
        values = samples.y[near[i], k]
        entry: dict[str, Any] = {
            "row": int(number[row]),
            "output": samples.names[k],
            "measured": float(samples.y[row, k]),
            "expected": float(f"{found.expected[row, k]:.5g}"),
            "sigmas": float(f"{min(abs(found.z[row, k]), 1e6):.3g}"),
            "inputs": _inputs(samples, int(row)),
            "nearest": [
                {"row": int(number[j]), "measured": float(v)}
                for j, v in zip(near[i], values, strict=True)
            ],
            "alone": bool(single[i]),
            "left_out": bool(left_out[row]),
        }
        entry["reason"] = _reason(entry)
        out.append(entry)
    return out


def _inputs(samples: Samples, row: int) -> dict[str, Any]:
    return {
        a.name: a.levels[int(v)] if a.levels else float(v)
        for a, v in zip(samples.axes, samples.x[row], strict=True)
    }


def _reason(entry: Mapping[str, Any]) -> str:
    measured, expected = entry["measured"], entry["expected"]
    near = [n["measured"] for n in entry["nearest"]]
    text = (
        f"{entry['sigmas']:.3g} sigma from what the other rows say; nearest rows"
        f" {', '.join(str(n['row']) for n in entry['nearest'][:3])} measured"
        f" {', '.join(f'{v:.4g}' for v in near[:3])}"
    )
    if not entry["alone"]:
        return f"{text}: they deviate too, perhaps the model is wrong here and not the row"
    slip = _slip(measured, expected)
    return f"{text}{f'; {slip}' if slip else ''}"


def _slip(measured: float, expected: float) -> str:
    """What kind of slip it looks like, in words."""
    if measured == 0.0:
        return "is 0: a missing value?"
    if expected and 0.75 < -measured / expected < 1.3333:
        return "the sign is the other one"
    for factor in SLIPS:
        if expected and 0.75 < measured / expected / factor < 1.3333:
            return f"{factor:g} times what was expected: a decimal slip?"
    return ""
