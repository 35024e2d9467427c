"""What a sweep has found: moments, quantiles, histograms, probabilities, extremes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .tally import BINS, Scale, Tally

Floats = NDArray[np.float64]
PROBABILITIES = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
FEWEST = 5
"""Samples that tell how far a standard deviation may move, or, beyond a quantile, this one."""
NONE_SEEN = 3.0
"""With n samples without one, the probability is below 3 / n at a confidence of 95 %."""


@dataclass(frozen=True)
class Quantile:
    """The value below which the share `p` of the samples lies, to `resolution` (the bin that it is
    in), and the standard error by which the number of random samples moves it."""

    p: float
    value: float
    resolution: float
    se: float | None


@dataclass(frozen=True)
class Probability:
    """A share of the samples that have a value, and its standard error; where none or every sample
    was seen there is a bound at 95 % in its place, `at_most` or `at_least`. Of a design neither,
    but in replicates the error."""

    p: float
    se: float | None
    at_most: float | None = None
    at_least: float | None = None

    @classmethod
    def of(cls, count: int, n: int, design: str = "random") -> Probability:
        """count of n."""
        p = count / n
        if design != "random":
            return cls(p, None)
        if 0 < count < n:
            return cls(p, (p * (1 - p) / n) ** 0.5)
        bound = min(NONE_SEEN / n, 1.0)
        return cls(p, None, None, 1.0 - bound) if count else cls(p, None, bound)


@dataclass(frozen=True)
class Spec:
    """Limits of one output: the probabilities to be below, above and inside."""

    output: str
    lower: float
    upper: float
    below: Probability
    above: Probability
    inside: Probability


@dataclass(frozen=True)
class Distribution:
    """One output: moments, quantiles, histogram (`counts` [BINS] between `edges` [BINS + 1], of
    which `outside` lie beyond them), and extremes as (value, sample). Standard errors are None of a
    design without replicates, and where samples are too few to say them; moments are NaN where one
    is too large for a number, the standard deviation also of a single random sample.
    """

    name: str
    unit: str
    n: int
    mean: float
    mean_se: float | None
    sd: float
    sd_se: float | None
    skewness: float
    kurtosis: float
    quantiles: tuple[Quantile, ...]
    edges: Floats
    counts: NDArray[np.int64]
    outside: tuple[int, int]
    lowest: tuple[tuple[float, int], ...]
    highest: tuple[tuple[float, int], ...]


@dataclass(frozen=True)
class Sweep:
    """`samples` of a `design` (random, sobol in `replicates`, or grid), of which `answered` have a
    value, by status; a distribution for each output, a probability for each specification and for
    all of them together (`in_spec`); `inputs` of the extremes: sample -> name -> value as written.
    """

    samples: int
    answered: int
    design: str
    replicates: int
    seed: int
    statuses: dict[str, int]
    outputs: tuple[Distribution, ...]
    specs: tuple[Spec, ...]
    in_spec: Probability | None
    inputs: dict[int, dict[str, Any]]
    backend: str


def distribution(
    name: str, unit: str, scale: Scale, n: int, powers: Floats, tally: Tally, k: int,
    probabilities: Sequence[float],
) -> Distribution:  # fmt: skip
    """Of output k from its sums `powers` [4] and counts of n samples, as if they were random; NaN
    where a sample was too large for a number."""
    lowest, highest = (_kept(tally, k, end) for end in (0, 1))
    ends = lowest[0][0], highest[0][0]
    mean, m2, m3, m4 = central(powers, n) if np.isfinite(powers).all() else (float("nan"),) * 4
    if ends[0] == ends[1] and m2 >= 0:  # what is left of its rounding is no deviation
        m2 = m3 = m4 = 0.0
    sd = (m2 * n / (n - 1)) ** 0.5 / scale.rate if n > 1 else float("nan")
    kurtosis = m4 / m2**2 if m2 > 0 else float("nan")
    edges = scale.low + np.arange(BINS + 1) / scale.bins
    moved = sd * (max(kurtosis - 1, 0) / 4 / n) ** 0.5 if m2 > 0 else sd
    return Distribution(
        name, unit, n, scale.centre + mean / scale.rate, sd / n**0.5 if sd >= 0 else None,
        sd, moved if n >= FEWEST and sd >= 0 else None,
        m3 / m2**1.5 if m2 > 0 else float("nan"), kurtosis,
        tuple(quantile(p, edges, tally.counts[k], ends) for p in probabilities),
        edges, tally.counts[k, 1:-1], (int(tally.counts[k, 0]), int(tally.counts[k, -1])),
        lowest, highest,
    )  # fmt: skip


def without_errors(one: Distribution) -> Distribution:
    """The same of points that are no random samples: standard errors are None, and the standard
    deviation is that of the points, by n."""
    quantiles = tuple(replace(q, se=None) for q in one.quantiles)
    sd = one.sd * (1 - 1 / one.n) ** 0.5 if one.n > 1 else 0.0
    return replace(one, mean_se=None, sd=sd, sd_se=None, quantiles=quantiles)


def central(powers: Floats, n: int) -> tuple[float, float, float, float]:
    """Mean and central moments 2, 3 and 4 of t, by n, from sums of its powers."""
    a, b, c, d = (powers / n).tolist()
    m2 = max(b - a * a, 0.0)
    m3 = c - 3 * a * b + 2 * a**3
    m4 = d - 4 * a * c + 6 * a * a * b - 3 * a**4
    return a, m2, m3, m4


def quantile(
    p: float, edges: Floats, counts: NDArray[np.int64], ends: tuple[float, float]
) -> Quantile:
    """Between the edges of the bin where the p-th sample lies, as if samples were even in it."""
    n, before = int(counts.sum()), np.concatenate([[0], np.cumsum(counts)])

    def at(share: float) -> tuple[float, float, float]:
        """The quantile, and the ends of its bin."""
        i = int(np.searchsorted(before[1:], share * n, side="left"))
        low = max(edges[i - 1] if i else ends[0], ends[0])
        high = min(edges[i] if i < len(edges) else ends[1], ends[1])
        part = (share * n - before[i]) / counts[i] if counts[i] else 0.5
        return float(low + part * (high - low)), low, high

    value, low, high = at(p)
    return Quantile(p, value, float(max(high - low, 0.0)), _moved(p, n, lambda q: at(q)[0]))


def _moved(p: float, n: int, at: Callable[[float], float]) -> float | None:
    """Standard error of a quantile: half of how far quantiles lie apart one standard error of the
    share of samples below it to both sides, or a quarter of two (Woodruff, JASA 47 (1952) 635).
    The larger: the first sees a gap at the quantile, the second is steadier. None where fewer than
    FEWEST samples lie on one side."""
    if n * min(p, 1 - p) < FEWEST:
        return None
    s = (p * (1 - p) / n) ** 0.5
    return max((at(p + k * s) - at(p - k * s)) / (2 * k) for k in (1, 2))


def _kept(tally: Tally, k: int, end: int) -> tuple[tuple[float, int], ...]:
    sign = -1.0 if end else 1.0
    pairs = zip(tally.extremes[k, end].tolist(), tally.at[k, end].tolist())
    return tuple((sign * value, sample) for value, sample in pairs if sample >= 0)


def document(found: Sweep) -> Mapping[str, Any]:
    """All of it but the histograms' empty ends, as JSON says it."""
    from dataclasses import asdict

    told = asdict(found)
    for output, mine in zip(told["outputs"], found.outputs):
        output["histogram"] = coarse(mine)
        for key in ("edges", "counts"):
            del output[key]
    return told


def coarse(one: Distribution, bins: int = 64) -> dict[str, Any]:
    """The histogram where samples are, in about `bins` bins: lower edge, width, counts."""
    filled = np.flatnonzero(one.counts)
    if not len(filled):
        return {"low": float(one.edges[0]), "width": 0.0, "counts": []}
    first, last = int(filled[0]), int(filled[-1]) + 1
    step = -(-(last - first) // bins)
    padded = np.append(one.counts[first:last], np.zeros(-(last - first) % step, np.int64))
    width = float(one.edges[1] - one.edges[0]) * step
    counts = padded.reshape(-1, step).sum(axis=1).tolist()
    return {"low": float(one.edges[first]), "width": width, "counts": counts}
