"""One file of an archive scored: what a worker does."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from functools import lru_cache
from hashlib import sha256
from typing import Any

import numpy as np

from sna_edge.cli.answered_table import free_name
from sna_edge.cli.labels import as_probabilities
from sna_edge.durable import sweep
from sna_edge.errors import InputError
from sna_edge.files import from_bytes
from sna_edge.model import Model
from sna_edge.quality import LineLimits
from sna_edge.quality.limits import limits_in
from sna_edge.quality.verdict import WORDS
from sna_edge.status import Status

from ..sealed.folder import digest_of
from .batches import is_parquet, rows_of
from .columns import Batch
from .counts import Counts
from .job import Job, key_of
from .judged import Judge, Judgement
from .outputs import OWN, columns_of_outputs, out_at, place_of, written_as

STATUSES = sorted(Status)
LABELS = [status.label for status in STATUSES]
PLACES = np.zeros(256, dtype=np.int8)
"""In LABELS, by the bits of a status: -1 is 255."""
PLACES[[int(status) for status in STATUSES]] = range(len(STATUSES))


def task_of(job: Job, limits: str, path: str, below: str) -> dict[str, Any]:
    """What a worker is told, for JSON: `limits` is the SHA-256 of the limits file, "" for none."""
    kind = job.kind or ("parquet" if is_parquet(path) else "csv")
    output = place_of(job.place, below, kind)
    return {"job": asdict(job), "limits": limits, "input": path, "output": output}


def partition(task: dict[str, Any]) -> dict[str, Any]:
    """Score a file: what its output says of itself, and whether it was `made` now. One that is
    there already of the same model, limits, options and bytes stays as it is. Raises InputError."""
    given = task["job"]
    job = Job(**{**given, "keep": tuple(given["keep"]), "measured": tuple(given["measured"])})
    with ThreadPoolExecutor(1) as beside:  # a new output waits for the digest at its end alone
        digest = beside.submit(digest_of, task["input"])
        before = written_as(task["output"])
        if before is not None and before.get("key") == _meta(job, task, digest.result())["key"]:
            return {**before, "made": False, "output": task["output"]}
        model, limits = loaded(job.model, job.sha256, job.limits, task["limits"], job.backend)
        meta = _written(job, task, model, limits, digest)
    return {**meta, "made": True, "output": task["output"]}


def _meta(job: Job, task: dict[str, Any], digest: str) -> dict[str, Any]:
    """What an output of an input with that SHA-256 is made of, and its key."""
    made_of = {
        "model": {"name": os.path.basename(job.model), "sha256": job.sha256},
        "input": {"name": os.path.basename(task["input"]), "sha256": digest},
        "limits": task["limits"],
        "options": job.options(),
    }
    return {"key": key_of(made_of), **made_of}


@lru_cache(maxsize=2)
def loaded(
    path: str, digest: str, limits: str, limits_digest: str, backend: str
) -> tuple[Model, LineLimits | None]:
    """Model and limits, whose bytes are those that the job began with. Raises InputError."""
    model = from_bytes(_bytes(path, digest), backend, path=path)
    return model, limits_in(_bytes(limits, limits_digest), limits, model) if limits else None


def _bytes(path: str, digest: str) -> bytes:
    with open(path, "rb") as file:
        data = file.read()
    if sha256(data).hexdigest() != digest:
        raise InputError(f"{path} has changed since the score began; start it again")
    return data


def _written(
    job: Job, task: dict[str, Any], model: Model, limits: LineLimits | None, digest: Future[str]
) -> dict[str, Any]:
    """Write the output; what it says of itself."""
    output = task["output"]
    rows = rows_of(task["input"], model, job)
    judge, counts = Judge(model, limits, job.level), Counts(model, limits)
    os.makedirs(os.path.dirname(output), exist_ok=True)
    sweep(os.path.dirname(output))
    with out_at(output) as out:
        for batch in rows.batches():
            wrong = np.zeros(len(batch), dtype=bool)
            wrong[list(batch.wrong)] = True
            judged = judge(batch.given, wrong)
            counts.add(batch, judged)
            out.write(*_columns(model, batch, judged))
        meta = {**_meta(job, task, digest.result()), "counts": counts.told()}
        out.finish(meta)
    return meta


def _columns(
    model: Model, batch: Batch, judged: Judgement
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Columns of an output, kept ones first, and the words of those that are places."""
    found, words = judged.found, {"status": LABELS}
    value = as_probabilities(model, found.value)
    told: dict[str, Any] = {}
    places = columns_of_outputs(model.output_names)
    for k, (name, place) in enumerate(places.items()):
        told[place] = value[:, k]
        for end, bound in (("lower", found.lower), ("upper", found.upper)):
            told[free_name(f"{name}_{end}", "_", [*places.values(), *told])] = bound[:, k]
    for one in model.classes:
        name = free_name(one.target, "_", [*OWN, *told])
        told[name] = np.asarray(one.places(found.value), dtype=np.int8)
        words[name] = [*one.labels, ""]
    if judged.familiarity is not None:
        told["familiarity"] = judged.familiarity
    told["status"] = PLACES.take(found.status.view(np.uint8))
    if judged.verdict is not None:
        told["verdict"] = judged.verdict
        words["verdict"] = [str(word) for word in WORDS]
    if judged.p_in_spec is not None:
        told["p_in_spec"] = judged.p_in_spec
    kept: dict[str, Any] = {}
    for name, cells in batch.kept.items():
        kept[free_name(f"{name}_in" if name in told else name, "_", [*told, *kept])] = cells
    return kept | told, words
