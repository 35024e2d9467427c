"""An archive scored: checked before anything is written, worked on file by file, summed up."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sna_edge.durable import write_whole
from sna_edge.errors import InputError

from ..partitions import run
from ..sealed.folder import digest_of
from .archive import files_of
from .batches import need_alike, rows_of
from .beside import NOTE, Beside, beside_of, note_in, previous_of
from .counts import added
from .job import Job
from .partition import loaded, partition, task_of

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Scores:
    """`folder` of the outputs, `files` of which `made` now; `counts` of all rows, `reasons` of rows
    without a value, `differences` from the model `previous` (a folder), None without one."""

    folder: str
    files: int
    made: int
    counts: dict[str, Any]
    reasons: list[dict[str, Any]]
    previous: str | None
    differences: dict[str, Any] | None


def score(
    job: Job, archive: Sequence[str], *, workers: int = 1, dask: str | None = None,
    previous: str | None = None, progress: Progress | None = None,
) -> Scores:  # fmt: skip
    """Score the files, folders and patterns of `archive` by `workers` processes, or on the cluster
    at `dask`, whose machines have the files under the same paths. `previous`: the folder of another
    model's outputs; None for the newest one beside this one's.

    Raises InputError before anything is written for a table that cannot be read, lacks a column, or
    has text in place of numbers; outputs of other files are not begun then.
    """
    files = files_of(archive)
    limits = digest_of(job.limits) if job.limits else ""
    model, _ = loaded(job.model, job.sha256, job.limits, limits, job.backend)
    need_alike({path: rows_of(path, model, job).chosen for path in files.values()})
    asked, inputs = (job, files) if dask is None else _anywhere(job, files)
    tasks = [task_of(asked, limits, path, below) for below, path in inputs.items()]
    _need_apart(tasks)
    place = previous_of(job, previous)
    note = _claimed(job)
    parts = _worked(tasks, workers, dask, progress)
    beside = beside_of(job, list(model.output_names), parts, place, note, workers)
    found = Scores(
        job.place, len(files), sum(part["made"] for part in parts),
        added([part["counts"] for part in parts]), _reasons(files, parts),
        beside.folder, beside.differences,
    )  # fmt: skip
    _note(job, list(model.output_names), found, beside, note)
    return found


def _anywhere(job: Job, files: Mapping[str, str]) -> tuple[Job, dict[str, str]]:
    """With paths that do not depend on the folder a machine of a cluster works in."""
    model, folder = os.path.abspath(job.model), os.path.abspath(job.folder)
    limits = os.path.abspath(job.limits) if job.limits else ""
    inputs = {below: os.path.abspath(path) for below, path in files.items()}
    return replace(job, model=model, folder=folder, limits=limits), inputs


def _worked(
    tasks: list[dict[str, Any]], workers: int, dask: str | None, progress: Progress | None
) -> list[dict[str, Any]]:
    """What `partition` tells of each file. Raises InputError for a cluster whose machines have
    other files than this one."""
    try:
        parts = run(tasks, partition, None, workers, dask, progress)
    except FileNotFoundError as error:
        if dask is None:
            raise
        raise InputError(f"{error.filename} is not there{_of_cluster(dask)}") from None
    for part in parts if dask is not None else ():
        if not os.path.isfile(part["output"]):
            raise InputError(f"{part['output']} was written, but not here{_of_cluster(str(dask))}")
    return parts


def _of_cluster(address: str) -> str:
    return (
        f"; the machines of the Dask cluster at {address} need model, limits, archive and outputs"
        " under the same paths as this one"
    )


def _need_apart(tasks: Sequence[dict[str, Any]]) -> None:
    places: dict[str, str] = {}
    for task in tasks:
        other = places.setdefault(task["output"], task["input"])
        if other != task["input"]:
            raise InputError(
                f"{other} and {task['input']} would be written to one file; score them with"
                " different folders behind -o"
            )


def _claimed(job: Job) -> dict[str, Any]:
    """What the note of the model's folder says, which is made where there is none. Raises
    InputError for a folder of another hand."""
    path = os.path.join(job.place, NOTE)
    if os.path.isdir(job.place) and os.listdir(job.place) and not os.path.isfile(path):
        raise InputError(
            f"{job.place} holds files of another hand; name another folder with -o, or empty it"
        )
    os.makedirs(job.place, exist_ok=True)
    found = note_in(job.place)
    if found.get("sha256") != job.sha256:
        found = {"model": os.path.basename(job.model), "sha256": job.sha256}
        write_whole(path, json.dumps(found).encode())
    return found


def _reasons(files: dict[str, str], parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"file": path, **one}
        for path, part in zip(files.values(), parts, strict=True)
        for one in part["counts"]["reasons"]
    ]


def _note(
    job: Job, outputs: list[str], found: Scores, beside: Beside, before: dict[str, Any]
) -> None:
    """Write the summary into the note of the folder, where it is another than before."""
    told: dict[str, Any] = {
        "model": os.path.basename(job.model), "sha256": job.sha256, "outputs": outputs,
        "files": found.files, "counts": found.counts,
    }  # fmt: skip
    if beside.differences is not None:
        told["differences"] = {"keys": beside.keys, "found": beside.differences}
    if told != before:
        write_whole(os.path.join(job.place, NOTE), json.dumps(told).encode())
