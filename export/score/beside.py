"""The folders of outputs beside one's own: which model was the one before, and how it differs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sna_edge.errors import InputError

from ..partitions import run
from .differences import compared, pair_of, whole
from .job import Job
from .outputs import columns_of_outputs

NOTE = "score.json"
"""Of the folder of a model: the model, then the summary."""


@dataclass(frozen=True)
class Beside:
    """The `folder` of the model before, None where there is none; `keys` of the outputs that were
    compared, by pairs, and the `differences`, None where no input is the same."""

    folder: str | None = None
    keys: list[list[str]] = field(default_factory=list)
    differences: dict[str, Any] | None = None


def note_in(folder: str) -> dict[str, Any]:
    """What the note of a folder says, {} where there is none."""
    try:
        with open(os.path.join(folder, NOTE), "rb") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def previous_of(job: Job, told: str | None) -> str | None:
    """The folder `told`, or the newest one beside this model's, None where there is none. Raises
    InputError for a folder that holds no outputs."""
    place = told or _newest(job)
    if place is not None and "sha256" not in note_in(place):
        raise InputError(f"{place} holds no outputs of score; name the folder of another model")
    return place


def beside_of(
    job: Job, outputs: Sequence[str], parts: Sequence[Mapping[str, Any]], place: str | None,
    note: Mapping[str, Any], workers: int,
) -> Beside:  # fmt: skip
    """The files `parts`, as `partition` tells of them, beside those of the folder `place`; what the
    `note` says of the same pairs is not compared again."""
    if place is None:
        return Beside()
    new_columns = columns_of_outputs(outputs)
    old_columns = columns_of_outputs(note_in(place).get("outputs", ()))
    both = {n: [new_columns[n], old_columns[n]] for n in outputs if n in old_columns}
    places = [os.path.join(place, os.path.relpath(p["output"], job.place)) for p in parts]
    pairs = [pair_of(new, old, both) for new, old in zip(parts, places, strict=True)]
    tasks = [pair for pair in pairs if pair is not None]
    if not tasks:
        return Beside(place)
    keys = [task["keys"] for task in tasks]
    kept = note.get("differences") or {}
    if kept.get("keys") == keys:
        return Beside(place, keys, kept["found"])
    return Beside(place, keys, whole(run(tasks, compared, None, workers)))


def _newest(job: Job) -> str | None:
    """The folder beside this model's whose note is the newest."""
    if not os.path.isdir(job.folder):
        return None
    own = os.path.abspath(job.place)
    places = [os.path.join(job.folder, name) for name in sorted(os.listdir(job.folder))]
    notes = {p: os.path.join(p, NOTE) for p in places if os.path.abspath(p) != own}
    there = {p: os.stat(n).st_mtime_ns for p, n in notes.items() if os.path.isfile(n)}
    return max(there, key=lambda place: there[place]) if there else None
