"""Which inputs matter, of the outputs themselves: Sobol indices and the size of main effects.

first_d = Var(E[y|x_d]) / Var(y),   total_d = 1 - Var(E[y|x_~d]) / Var(y)
pairs_de = Var(E[y|x_d,x_e]) / Var(y) - first_d - first_e       independent uniform inputs
effect_d = max E[y|x_d] - min E[y|x_d]                          in units of the output
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.calculus.moments import pair_shares
from sna_edge.errors import SnaError
from sna_edge.model import Model
from sna_edge.numerics.domain_points import domain_points

Floats = NDArray[np.float64]
PAIRED, LEAST, WORK = 4096, 512, 200_000  # points of a pair, and values of all pairs
EFFECT, ALONG = 256, 33


def importance(model: Model) -> dict[str, Any]:
    """`sobol` and `effects` as lists for JSON; empty where a variance cannot be taken."""
    try:
        found = model.sobol(sampled=True)
    except SnaError:
        return {}
    sobol = {
        "names": list(found.names),
        "first": _told(found.first),
        "total": _told(found.total),
        "error": _told(found.error),
        "pairs": _told(pairs(model, found.first)),
    }
    return {"sobol": sobol, "effects": _told(effects(model))}


def pairs(model: Model, first: Floats) -> Floats:
    """[K, D, D] shares of the interaction of two inputs alone, symmetric, zero on the diagonal.

    Exact where every link is the identity, else sampled.
    """
    if all(output.link == "identity" for output in model.outputs):
        return np.maximum(pair_shares(model), 0.0)
    return sampled_pairs(model, first)


def sampled_pairs(model: Model, first: Floats) -> Floats:
    """`pairs` from V_de = Cov(y(x_d, x_e, z), y(x_d, x_e, z')), two samples that share x_d and
    x_e; what is below twice its noise is 0."""
    count, outputs = len(model.axes), len(model.outputs)
    rng = np.random.default_rng(0)
    points = min(PAIRED, max(LEAST, WORK // max(count * (count - 1) // 2, 1)))
    a, b = (_drawn(model, points, rng) for _ in range(2))
    y = model.backend.value(a)
    mean, variance = y.mean(axis=0), y.var(axis=0)
    share = np.zeros((outputs, count, count))
    with np.errstate(invalid="ignore", divide="ignore"):
        for d, e in combinations(range(count), 2):
            mixed = b.copy()
            mixed[:, [d, e]] = a[:, [d, e]]
            other = model.backend.value(mixed)
            product = (y - mean) * (other - other.mean(axis=0)) / variance
            found = product.mean(axis=0) - first[d] - first[e]
            noise = product.std(axis=0) / np.sqrt(points)
            share[:, d, e] = share[:, e, d] = np.where(found > 2.0 * noise, found, 0.0)
    return share


def _drawn(model: Model, count: int, rng: np.random.Generator) -> Floats:
    """[N, D] independent uniform points of the domain."""
    columns = [
        rng.integers(0, a.basis.n_spans, count).astype(float)
        if a.kind == "categorical"
        else a.lower + rng.random(count) * a.width
        for a in model.axes
    ]
    return np.stack(columns, axis=1)


def effects(model: Model) -> Floats:
    """[D, K]."""
    z = domain_points(model.axes, EFFECT)
    found = np.empty((len(model.axes), len(model.outputs)))
    for d, axis in enumerate(model.axes):
        places = (
            np.arange(axis.basis.n_spans, dtype=float)
            if axis.kind == "categorical"
            else np.linspace(axis.lower, axis.upper, ALONG)
        )
        rows = np.repeat(z[None], len(places), axis=0)
        rows[:, :, d] = places[:, None]
        mean = model.backend.value(rows.reshape(-1, len(model.axes)))
        found[d] = np.ptp(mean.reshape(len(places), len(z), -1).mean(axis=1), axis=0)
    return found


def _told(values: Floats) -> Any:
    """Nested lists of five digits, null where a number is not finite."""
    if values.ndim:
        return [_told(part) for part in values]
    return float(f"{values:.5g}") if np.isfinite(values) else None
