"""What a worker does: the samples of a partition, counted and summed up."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from sna_edge.files import from_bytes

from .job import Job
from .routes import Route, route
from .tally import Sums, Tally


@lru_cache(maxsize=1)
def opened(text: str) -> tuple[Job, Route]:
    """A job and the route of its samples."""
    job = Job.of(text)
    model = from_bytes(job.artifact, job.backend)
    return job, route(model, job)


def partition(text: str, task: Mapping[str, Any]) -> dict[str, Any]:
    """Counts and sums of the samples of a task's blocks, as JSON says them."""
    job, samples = opened(text)
    tally, sums = Tally.empty(len(job.scales), len(job.specs)), Sums(job.top)
    for block in range(*task["blocks"]):
        first, before = block * job.block, tally.shares()
        powers = samples.count(tally, first, min(job.block, job.samples - first))
        sums.add(0, block, np.concatenate([powers.ravel(), tally.shares() - before]))
    return {"tally": tally.document(), "sums": sums.document(), "by": samples.name}
