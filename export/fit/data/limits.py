"""Measurements of which only limits are known, as they may have been: drawn about what was
predicted without them, so that residuals are spread as those that were read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_ndtr, ndtr, ndtri

from sna_edge.core.output import Output

Floats = NDArray[np.float64]
STREAM = 611953
"""Of the seed."""
NARROWEST = 1e-4
"""Least standard deviation of residuals, over the spread of what was read."""


def drawn(
    output: Output, measured: Floats, predicted: Floats, low: Floats, high: Floats, seed: int
) -> Floats:
    """measured [n] of one output with draws in place of the rows whose limits differ; predicted
    [n] without them. Errors are normal in the space of the link, where all of it is finite there,
    with the standard deviation of most likelihood."""
    read = low == high
    if read.all():
        return measured
    with np.errstate(all="ignore"):
        f, a, b = (output.linear_of(v) for v in (predicted, low, high))
        known = output.linear_of(measured)
    linked = bool(np.isfinite(f).all() and np.isfinite(known[read]).all())
    if not linked or output.scale < 0:
        f, a, b, known = predicted, low, high, measured
    a = np.where(np.isnan(a), -np.inf, a)
    below = np.isneginf(a)
    end = np.where(below, b, a)[~read]
    s = _scatter(known[read] - f[read], np.where(below[~read], end - f[~read], f[~read] - end))
    z = (end - f[~read]) / s
    u = np.random.default_rng([seed, STREAM]).random(len(z))
    share = np.where(below[~read], u * ndtr(z), u * ndtr(-z))
    step = ndtri(np.maximum(share, 1e-300))
    drawn_there = f[~read] + s * np.where(below[~read], np.minimum(step, z), np.maximum(-step, z))
    out = measured.copy()
    inside = linked and output.scale >= 0
    out[~read] = output.value(drawn_there) if inside else drawn_there
    return out


def _scatter(residual: Floats, ends: Floats) -> float:
    """s of most likelihood: residuals that were read [m], and how far limits lie beyond what was
    predicted [n - m]."""
    spread = max(float(np.sqrt(np.mean(residual**2))), 1e-300)

    def loss(log_s: float) -> float:
        s = np.exp(log_s)
        told = 0.5 * float(np.sum((residual / s) ** 2)) + len(residual) * log_s
        return told - float(log_ndtr(ends / s).sum())

    bounds = np.log(NARROWEST * spread), np.log(10.0 * spread)
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))
