"""Rows that look wrong: measured far from what everything else says of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
AT_ONCE, SCALE_STREAM = 50_000, 31
"""Rows judged at a time; up to so many all say how large residuals are, of more those drawn with
this seed."""


@dataclass(frozen=True, eq=False)
class Deviations:
    """z [N, K]: residuals in robust standard deviations (NaN: not known); expected [N, K] in output
    units."""

    z: Floats
    expected: Floats

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
    z = np.full(measured.shape, np.nan)
    some = _some(trusted)
    for k, output in enumerate(outputs):
        if _outcomes(measured[:, k]):
            continue
        space = _space(output, measured[:, k], expected[:, k], trusted)
        residual, at = _residual(space, measured[some, k], expected[some, k])
        scale = _scale(residual, at)
        for start in range(0, len(z), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            residual, at = _residual(space, measured[part, k], expected[part, k])
            sigma = scale(at)
            with np.errstate(divide="ignore", invalid="ignore"):
                z[part, k] = np.where(sigma > 0, residual / sigma, np.nan)
    z[~np.isfinite(expected)] = np.nan
    return Deviations(z, expected)


def _some(trusted: Bools) -> Ints:
    """The trusted rows that scales are taken from: all, or of many AT_ONCE drawn at random."""
    rows = np.flatnonzero(trusted)
    if len(rows) <= AT_ONCE:
        return rows
    return np.sort(np.random.default_rng(SCALE_STREAM).choice(rows, AT_ONCE, replace=False))


def _space(output: Output, measured: Floats, expected: Floats, trusted: Bools) -> Output | None:
    """The output whose link residuals are taken under, None where a trusted row has none there."""
    for start in range(0, len(trusted), AT_ONCE):
        rows = trusted[start : start + AT_ONCE]
        with np.errstate(all="ignore"):
            for v in (expected, measured):
                if not np.isfinite(output.linear_of(v[start : start + AT_ONCE][rows])).all():
                    return None
    return output


def _residual(space: Output | None, measured: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Measured less expected [n] in the space, infinite where it is not known; and expected."""
    at, truth = expected, measured
    if space is not None:
        with np.errstate(all="ignore"):
            at, truth = space.linear_of(expected), space.linear_of(measured)
    residual = truth - at
    residual[~np.isfinite(residual)] = np.inf
    return residual, at


def _outcomes(measured: Floats) -> bool:
    """Whether half of the rows have one value, or all one of two."""
    low, high, middle = measured.min(), measured.max(), len(measured) // 2
    ordered = np.partition(measured, [max(middle - 1, 0), middle])
    common = (ordered[max(middle - 1, 0)], ordered[middle])
    if any(np.count_nonzero(measured == v) >= COMMON * len(measured) for v in common):
        return True
    return not np.any((measured != low) & (measured != high))


def _scale(residual: Floats, at: Floats) -> Callable[[Floats], Floats]:
    """Sigma [n] of predictions [n], from trusted rows."""
    whole = robust_scale(residual)
    low, high = (float(at.min()), float(at.max())) if len(at) else (0.0, 0.0)
    if len(at) < LOCAL_ROWS or whole <= 0 or high <= low:
        return lambda at: np.full(len(at), whole)
    size = np.minimum(np.abs(residual), CUT * whole)
    local = fitted(at[:, None], size, [coordinate_basis((low, high), at)])

    def shape(at: Floats) -> Floats:
        return np.asarray(np.exp(local(np.clip(at, low, high)[:, None])))

    scale = robust_scale(residual / shape(at))
    return lambda at: shape(at) * scale


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
    spread = samples.x[every].std(axis=0)
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
    samples: Samples, found: Deviations, number: Ints | range, left_out: Bools
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
