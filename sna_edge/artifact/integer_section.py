"""Section 8 as the writer and the reader of artifacts see it: of a model, of a file, replayed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.interaction import CP
from ..core.record import ModelRecord
from ..errors import ArtifactError, InputError
from . import layout
from .checks import validate
from .golden import make
from .grouping import groups_of, padded_columns, padded_weights
from .integer_path.build import Parts, build, provable
from .integer_path.evaluation import FixedPath
from .integer_path.section import group_slices, parse, write
from .raw_views import Raw


def section(model: ModelRecord, groups: NDArray[Any], ranges: list[tuple[float, float]]) -> bytes:
    """Section 8 of a model in canonical form; empty where it has float tables or its bounds cannot
    be proven."""
    if not provable(model):
        return b""
    try:
        path, places = plan(model, groups, ranges)
    except InputError:
        return b""
    return write(path, places)


def plan(
    model: ModelRecord, groups: NDArray[Any], ranges: list[tuple[float, float]]
) -> tuple[FixedPath, NDArray[np.uint16]]:
    """The integer path and its golden places; InputError says which bound fails."""
    work = model.interaction
    if not isinstance(work, CP):
        raise InputError("a tensor train has no integer path; export to a core with an FPU")
    tables = [
        np.rint(padded_columns(t, d, groups) / layout.FOLD[dtype]).astype(np.int64)
        for d, (t, dtype) in enumerate(zip(work.tables, model.dtypes, strict=True))
    ]
    outputs = [replace(o, range=r) for o, r in zip(model.outputs, ranges, strict=True)]
    parts = Parts(
        tables, padded_weights(model, groups), group_slices(groups.tolist(), len(model.axes))
    )
    return build(model.replace(outputs=outputs), parts)


def of_model(stored: ModelRecord) -> FixedPath:
    """The integer path a file of this model holds. InputError says why it has none."""
    if not isinstance(stored.interaction, CP):
        raise InputError("a tensor train has no integer path; export to a core with an FPU")
    _, scale = make(stored)
    return plan(
        stored,
        groups_of(stored.interaction),
        scale.ranges,
    )[0]


def replay(raw: Raw) -> None:
    """Raises ArtifactError `golden_mismatch` when the integer path misses one of its golden vectors
    by a bit."""
    path, places, expected = parse(raw)
    if not np.array_equal(path.evaluate(places), expected):
        raise ArtifactError(
            "golden_mismatch", "the integer path misses its golden vectors; copy the artifact again"
        )


def of_artifact(data: bytes) -> FixedPath:
    """The integer path of an artifact. InputError when it has none."""
    raw = validate(data)
    if not raw.has_integer_path:
        raise InputError(
            "the artifact has no integer path; quantize the model to int16 or int8 with the integer"
            " path"
        )
    return parse(raw)[0]
