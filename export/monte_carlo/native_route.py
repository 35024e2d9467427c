"""The way of samples by the compiled library: drawn, answered and counted in C."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import BackendError
from sna_edge.model import Model

from .job import Job
from .tally import POWERS, Tally

Floats = NDArray[np.float64]


def serves(model: Model) -> bool:
    """Whether the library is there and counts samples of this model: of several labels it would
    count what their probabilities are shares of."""
    if _library() is None or any(one.kind == "several" for one in model.classes):
        return False
    try:
        backend: Any = model.with_backend("native").backend
    except BackendError:
        return False
    return str(getattr(backend, "isa", "double")) != "double"


def _library() -> Any:
    """The class of sweeps; None where the library is not installed or older than they are."""
    try:
        import sna_edge_native
    except ImportError:
        return None
    return getattr(sna_edge_native, "Sweep", None)


class NativeRoute:
    """By the library: values in float32 sums from the same float32 samples."""

    def __init__(self, model: Model, job: Job) -> None:
        backend: Any = model.backend
        self._model, self._outputs, self._axes = backend._model, len(model.outputs), len(job.draws)
        self.name = f"native {backend.isa}"
        draws = job.draws
        scales = [(s.centre, s.rate, s.low, s.bins) for s in job.scales]
        self._sweep = _library()(
            self._model,
            np.array([d.kind for d in draws], np.int32),
            np.array([d.word for d in draws], np.uint32),
            np.array([d.numbers for d in draws], np.float64),
            *_joined([d.cuts for d in draws], np.uint32),
            *_joined([d.values for d in draws], np.float32),
            np.array(scales or np.ones((self._outputs, 4)), np.float64),
            np.array(job.specs, np.float64).reshape(-1, 3),
            job.seed, _directions(job), job.points if job.directions else 1,
        )  # fmt: skip

    def draw(self, first: int, count: int) -> NDArray[np.float32]:
        """x float32 [N, D]."""
        x = np.empty((count, self._axes), np.float32)
        self._sweep.draw(first, x)
        return x

    def values(self, first: int, count: int) -> tuple[Floats, NDArray[np.int8]]:
        """y [N, K] and status [N]."""
        x = self.draw(first, count)
        y, status = np.empty((count, self._outputs), np.float32), np.empty(count, np.int8)
        self._model.value(x, y, status)
        return y.astype(float), status

    def count(self, tally: Tally, first: int, count: int) -> Floats:
        """Sums [K, POWERS]."""
        sums = np.empty((self._outputs, POWERS))
        self._sweep.count(
            first, count, tally.counts, tally.statuses, tally.beyond, tally.inside,
            tally.extremes, tally.at, sums,
        )  # fmt: skip
        return sums


def _directions(job: Job) -> NDArray[np.uint32]:
    """[D, 32], or [0, 32] of random words."""
    found = np.zeros((len(job.directions), 32), np.uint32)
    for row, directions in zip(found, job.directions):
        row[: len(directions)] = directions
    return found


def _joined(parts: list[tuple[Any, ...]], dtype: type) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """All of them one behind the other, and where each ends."""
    ends = np.array([0, *accumulate(map(len, parts))], np.int64)
    return np.array([x for part in parts for x in part], dtype), ends
