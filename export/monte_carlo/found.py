"""What a sweep has found: moments, quantiles, histograms, probabilities, extremes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .tally import BINS, Scale, Tally

Floats = NDArray[np.float64]
PROBABILITIES = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
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
    """A share of the samples that have a value, and its standard error; `at_most`: bound at 95 %
    where no sample was seen. Of a design neither, but in
    replicates the error."""

    p: float
    se: float | None
    at_most: float | None = None

    @classmethod
    def of(cls, count: int, n: int, design: str = "random") -> Probability:
        """count of n."""
        p = count / n
        if design != "random":
            return cls(p, None)
        return cls(p, (p * (1 - p) / n) ** 0.5, None if count else min(NONE_SEEN / n, 1.0))


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
    """One output: moments with their standard errors (None of a design without replicates),
    quantiles, histogram (`counts` [BINS] between `edges` [BINS + 1], of which `outside` lie beyond
    them), and extremes as (value, sample)."""

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
    """Of output k from its sums `powers` [4] and counts of n samples, as if they were random; one
    alone has no standard errors."""
    mean, m2, m3, m4 = central(powers, n)
    sd, inner = (m2 * n / max(n - 1, 1)) ** 0.5 / scale.rate, tally.counts[k, 1:-1]
    kurtosis = m4 / m2**2 if m2 > 0 else float("nan")
    edges = scale.low + np.arange(BINS + 1) / scale.bins
    lowest, highest = (_kept(tally, k, end) for end in (0, 1))
    ends = lowest[0][0], highest[0][0]
    found = Distribution(
        name, unit, n, scale.centre + mean / scale.rate, sd / n**0.5,
        sd, sd * (max(kurtosis - 1, 0) / 4 / n) ** 0.5 if m2 > 0 else 0.0,
        m3 / m2**1.5 if m2 > 0 else float("nan"), kurtosis,
        tuple(quantile(p, edges, tally.counts[k], ends) for p in probabilities),
        edges, inner, (int(tally.counts[k, 0]), int(tally.counts[k, -1])), lowest, highest,
    )  # fmt: skip
    return found if n > 1 else without_errors(found)


def without_errors(one: Distribution) -> Distribution:
    """The same of samples that are no random ones: standard errors are None."""
    quantiles = tuple(replace(q, se=None) for q in one.quantiles)
    return replace(one, mean_se=None, sd_se=None, quantiles=quantiles)


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
    n, rank = int(counts.sum()), p * int(counts.sum())
    before = np.concatenate([[0], np.cumsum(counts)])
    i = int(np.searchsorted(before[1:], rank, side="left"))
    low = max(edges[i - 1] if i else ends[0], ends[0])
    high = min(edges[i] if i < len(edges) else ends[1], ends[1])
    share = (rank - before[i]) / counts[i] if counts[i] else 0.5
    se = (p * (1 - p) / n) ** 0.5 / _density(i, counts, n) * (edges[1] - edges[0])
    return Quantile(p, float(low + share * (high - low)), float(max(high - low, 0.0)), float(se))


def _density(i: int, counts: NDArray[np.int64], n: int) -> float:
    """Share of the samples in a bin like i, from so many bins around it that 1 % of the samples, or
    1,000 of them, lie there."""
    reach = 1
    while True:
        near = counts[max(i - reach, 0) : i + reach + 1]
        if near.sum() >= min(max(n // 100, 1000), n) or reach > len(counts):
            return max(float(near.sum()) / n / len(near), 1e-300)
        reach *= 2


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
