"""Standard errors from replicates: how far estimates by independent shifts lie apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from .found import Distribution, Probability, Spec, Sweep
from .job import Job
from .tally import POWERS

Floats = NDArray[np.float64]


def with_errors(found: Sweep, job: Job, sums: Sequence[Floats]) -> Sweep:
    """What was found, with the standard errors of means, standard deviations and probabilities;
    sums: of each replicate (partition.py). Without them where one has no value at all."""
    rows, split = np.array(sums), POWERS * len(job.scales)
    shares = rows[:, split:]
    if not shares[:, 0].all():
        return found
    outputs = _moments(found, job, rows[:, :split], shares[:, 0])
    answered, least = shares[:, :1], 0.5 / float(shares[:, 0].mean()) / len(rows) ** 0.5
    beyond = (shares[:, 1:-1] / answered).reshape(len(rows), -1, 2)
    specs = tuple(_spec(spec, beyond[:, s], least) for s, spec in enumerate(found.specs))
    whole = found.in_spec and _share(found.in_spec, shares[:, -1] / shares[:, 0], least)
    return replace(found, outputs=outputs, specs=specs, in_spec=whole)


def _moments(found: Sweep, job: Job, powers: Floats, n: Floats) -> tuple[Distribution, ...]:
    """Outputs with the errors of mean and standard deviation, None of replicates of one sample;
    powers [R, K POWERS], n [R]."""
    moments = powers.reshape(len(n), -1, POWERS) / n[:, None, None]
    mean = moments[:, :, 0]
    sd = np.sqrt(np.maximum(moments[:, :, 1] - mean**2, 0.0))
    rates = np.array([scale.rate for scale in job.scales])
    lone = n.min() < 2
    return tuple(
        replace(one, mean_se=float(m), sd_se=None if lone else float(s))
        for one, m, s in zip(found.outputs, _error(mean) / rates, _error(sd) / rates, strict=True)
    )


def _error(estimates: Floats) -> Floats:
    """Of the mean of R estimates [R, ..] that are independent: s / sqrt(R)."""
    return np.asarray(estimates.std(axis=0, ddof=1) / len(estimates) ** 0.5)


def _spec(spec: Spec, beyond: Floats, least: float) -> Spec:
    below, above = beyond.T
    return replace(
        spec,
        below=_share(spec.below, below, least) if isfinite(spec.lower) else spec.below,
        above=_share(spec.above, above, least) if isfinite(spec.upper) else spec.above,
        inside=_share(spec.inside, 1.0 - below - above, least),
    )


def _share(one: Probability, estimates: Floats, least: float) -> Probability:
    """`least`: that of shares which err by half a sample; so few replicates may all agree."""
    return replace(one, se=max(float(_error(estimates)), least))
