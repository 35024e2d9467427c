"""Local components along the ridge of a posterior that bends: thin across, as wide as their spacing
along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...numerics.low_discrepancy import points
from ..optimize.ridge import onto_ridge, walled
from ..query.diverse_subset import diverse_subset
from .mixture import Mixture

if TYPE_CHECKING:
    from .posterior import Sampler

Floats = NDArray[np.float64]

CANDIDATES = 512
DEEP = 12.0  # log density below the best: farther down nothing is covered
ALONG = 0.75  # width along the ridge, in units of the spacing of the components


def local_pieces(sampler: Sampler, count: int) -> Mixture:
    """A component on each of `count` diverse points of the ridge, its covariance from the exact
    curvature there."""
    z = np.concatenate([sampler.tempered(CANDIDATES), sampler.modes, _spread(sampler)])
    z, energy, slope, curvature = onto_ridge(sampler.objective, z)
    curvature = walled(z, slope, curvature)
    low = min(float(energy.min()), sampler.draws.low)
    kept = energy < low + DEEP
    z, energy, curvature = z[kept], energy[kept], curvature[kept]
    free, fixed = sampler.free, sampler.fixed
    chosen, fill = diverse_subset(np.column_stack([z[:, free], 100.0 * z[:, fixed]]), count, 1e-3)
    z, energy, h = z[chosen], energy[chosen], curvature[chosen][:, free[:, None], free]
    spacing = _spacing(z[:, free], fill)
    size, vectors = np.linalg.eigh(h)
    along = (ALONG * spacing[:, None]) ** 2
    variance = np.minimum(1.4 / np.maximum(np.abs(size), 1e-12), along)
    covariance = (vectors * variance[:, None]) @ vectors.transpose(0, 2, 1)
    log_share = 0.5 * np.log(variance).sum(axis=1) - (energy - low)
    return Mixture.around(
        z[:, free], covariance, np.exp(np.maximum(log_share - log_share.max(), -6.0)), z[:, fixed]
    )


def _spread(sampler: Sampler) -> Floats:
    """Quasi-random points, so that parts no draw has reached may be found; levels as the modes have
    them."""
    z = points(CANDIDATES, len(sampler.objective.axes))
    if len(sampler.fixed):
        z[:, sampler.fixed] = sampler.modes[np.arange(CANDIDATES) % len(sampler.modes)][
            :, sampler.fixed
        ]
    return z


def _spacing(z: Floats, fill: float) -> Floats:
    """Distance [K] to the nearest neighbours, at least the fill distance."""
    if len(z) < 3:
        return np.full(len(z), max(fill, 0.1))
    distance = np.sqrt(np.maximum(np.square(z[:, None] - z[None]).sum(axis=2), 0.0))
    nearest = np.sort(distance, axis=1)[:, 1 : 2 + z.shape[1]]
    return np.asarray(np.maximum(nearest.mean(axis=1), fill))
