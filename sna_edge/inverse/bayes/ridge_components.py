"""Components of a mixture along the ridge of a posterior that bends: thin across, as wide as their
spacing along."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...numerics.low_discrepancy import points
from ..optimize.ridge import onto_ridge, walled
from ..query.diverse_subset import diverse_subset
from .density.objective import Objective
from .mixture import Mixture
from .weighted_samples import WeightedSamples, joined

Floats = NDArray[np.float64]

CANDIDATES = 512
"""Points moved onto the ridge from the samples, and as many from the whole box."""
DEEP = 12.0
"""Log density below the best: farther down nothing is covered."""
ALONG = 0.75
"""Width along the ridge, in units of the spacing of the components."""
ACROSS = 1.4
"""Times the variance across the ridge that the curvature gives."""
LEVELS_APART = 100.0
"""Times the box: levels are never neighbours."""
SEPARATION = 1e-3
"""Of the box: closer points get one component."""
LEAST_SHARE = 6.0
"""Natural log below the largest: the least share of a component."""


def ridge_components(
    objective: Objective,
    samples: WeightedSamples,
    optima: Floats,
    count: int,
    rng: np.random.Generator,
) -> Mixture:
    """A component on each of `count` diverse points of the ridge, its covariance from the exact
    curvature there; optima [m, U]."""
    movable = objective.movable
    pick = samples.tempered(CANDIDATES, rng)
    seen = joined(movable, samples.z[pick], samples.level[pick])
    z = np.concatenate([seen, optima, _spread(movable, optima)])
    z, energy, slope, curvature = onto_ridge(objective, z)
    curvature = walled(z, slope, curvature)
    low = min(float(energy.min()), samples.low)
    kept = energy < low + DEEP
    z, energy, curvature = z[kept], energy[kept], curvature[kept]
    apart = np.column_stack([z[:, movable], LEVELS_APART * z[:, ~movable]])
    chosen, fill = diverse_subset(apart, count, SEPARATION)
    z, energy, h = z[chosen], energy[chosen], curvature[chosen][:, movable][:, :, movable]
    size, vectors = np.linalg.eigh(h)
    along = (ALONG * _spacing(z[:, movable], fill)[:, None]) ** 2
    variance = np.minimum(ACROSS / np.maximum(np.abs(size), 1e-12), along)
    covariance = (vectors * variance[:, None]) @ vectors.transpose(0, 2, 1)
    log_share = 0.5 * np.log(variance).sum(axis=1) - (energy - low)
    share = np.exp(np.maximum(log_share - log_share.max(), -LEAST_SHARE))
    return Mixture.around(z[:, movable], covariance, share, z[:, ~movable])


def _spread(movable: NDArray[np.bool_], optima: Floats) -> Floats:
    """Low-discrepancy points [CANDIDATES, U], so that parts no sample has reached may be found;
    levels as the optima have them."""
    z = points(CANDIDATES, len(movable))
    if not movable.all():
        z[:, ~movable] = optima[np.arange(CANDIDATES) % len(optima)][:, ~movable]
    return z


def _spacing(z: Floats, fill: float) -> Floats:
    """Distance [K] to the nearest neighbours, at least the fill distance."""
    if len(z) < 3:
        return np.full(len(z), max(fill, 0.1))
    distance = np.sqrt(np.maximum(np.square(z[:, None] - z[None]).sum(axis=2), 0.0))
    nearest = np.sort(distance, axis=1)[:, 1 : 2 + z.shape[1]]
    return np.asarray(np.maximum(nearest.mean(axis=1), fill))
