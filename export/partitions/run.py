"""The front door: what the ledger lacks is worked on; all results in the order of the tasks."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sna_edge.errors import InputError

from .ledger import Ledger
from .processes import by_processes
from .work import Work, named

Progress = Callable[[int, int], None]
"""progress(finished, of): called at the start and after every partition."""


def run(
    tasks: Sequence[Any],
    work: Work,
    folder: str | os.PathLike[str] | None = None,
    workers: int = 1,
    dask: str | None = None,
    progress: Progress | None = None,
) -> list[Any]:
    """[work(task) for task in tasks], by `workers` processes or on the cluster at `dask`.

    Tasks and results are what JSON can say, and a task names all that its result depends on (the
    digest of a model beside its path): `folder` keeps finished partitions by it, None keeps none.
    One worker is this process itself. More of them import the main module: a script of yours needs
    `if __name__ == "__main__":`. What `work` raises ends the job and is raised here; finished
    partitions stay. Raises InputError for the folder of another job, for workers that are ended
    again and again, and for a cluster that cannot be reached or goes away.
    """
    if workers < 1:
        raise InputError(f"{workers} workers; give 1 or more")
    ledger = None if folder is None else Ledger(folder, tasks, named(work))
    results = [None if ledger is None else ledger.get(i) for i in range(len(tasks))]
    left = [i for i, result in enumerate(results) if result is None]
    tell = progress or (lambda done, of: None)
    tell(len(tasks) - len(left), len(tasks))
    for done, (i, result) in enumerate(_worked(tasks, left, work, workers, dask), start=1):
        results[i] = json.loads(json.dumps(result))  # as the ledger would give it
        if ledger is not None:
            ledger.put(i, results[i])
        tell(len(tasks) - len(left) + done, len(tasks))
    return results


def _worked(
    tasks: Sequence[Any], left: list[int], work: Work, workers: int, dask: str | None
) -> Iterator[tuple[int, Any]]:
    """(index, result) of the partitions that are left, as they finish."""
    if not left:
        return iter(())
    if dask is not None:
        from .cluster import by_cluster

        return by_cluster(tasks, left, work, dask)
    if workers == 1 or len(left) == 1:
        return ((i, work(tasks[i])) for i in left)
    return by_processes(tasks, left, work, min(workers, len(left)))
