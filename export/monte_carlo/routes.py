"""The two ways of samples: numpy, which says what is meant, and the compiled library."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.classes import as_probabilities
from sna_edge.core.domain import DomainBox
from sna_edge.model import Model

from .drawing import samples
from .job import Job
from .native_route import NativeRoute
from .tally import Tally, count

Floats = NDArray[np.float64]


class Route(Protocol):
    """Draws samples, answers them and counts the answers."""

    name: str

    def values(self, first: int, count: int) -> tuple[Floats, NDArray[np.int8]]:
        """y [N, K], NaN where there is none, and status [N] of a run of samples."""

    def count(self, tally: Tally, first: int, count: int) -> Floats:
        """Count a run of samples; returns the sums [K, POWERS] of them."""


def route(model: Model, job: Job) -> Route:
    """The route of a job's backend."""
    return (NativeRoute if job.backend == "native" else NumpyRoute)(model, job)


class NumpyRoute:
    """By numpy alone, in float64 from the same samples; the outputs of several labels are
    their probabilities."""

    def __init__(self, model: Model, job: Job) -> None:
        self._model, self._job, self._box = model, job, DomainBox(model.axes)
        self.name = model.backend.name

    def values(self, first: int, count: int) -> tuple[Floats, NDArray[np.int8]]:
        """y [N, K] and status [N]."""
        job = self._job
        x = samples(job.draws, job.seed, first, count, job.sobol, job.double).astype(float)
        found, model = self._box.check(x), self._model
        y = np.full((count, len(model.outputs)), np.nan)
        good = found.status >= 0
        if good.any():
            y[good] = as_probabilities(model.classes, model.backend.value(found.x[good]))
        return y, found.status

    def count(self, tally: Tally, first: int, n: int) -> Floats:
        """Sums [K, POWERS]."""
        y, status = self.values(first, n)
        return count(tally, y, status, first, self._job.scales, self._job.specs)
