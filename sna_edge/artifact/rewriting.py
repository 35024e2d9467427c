"""A file as today's writer writes it."""

from __future__ import annotations

import numpy as np

from ..core.record import ModelRecord
from .checks import validate
from .golden import Golden
from .raw_views import Raw, RawCompanion
from .reader import golden_vectors
from .writer import write

SAMPLED = ("range_low", "range_high", "kappa")
WITH_SAMPLES = ("outputs", "golden", "integrity", "companions")
"""Sections with numbers that are sampled: sums, whose last bits differ between machines."""


def rewritten(raw: Raw, data: bytes, model: ModelRecord) -> bytes:
    """The file of `model`, read from `data` with the checked parts `raw`, written anew and without
    a signature; `data` itself where nothing but last bits of sampled numbers would change."""
    new = write(model.replace())
    return data if same(raw, validate(new)) else new


def same(a: Raw, b: Raw) -> bool:
    """Whether two files hold the same but for the last bits of what their writers sampled."""
    return (
        a.header == b.header
        and all(a.sections[n] == b.sections[n] for n in a.sections if n not in WITH_SAMPLES)
        and _same_outputs(a, b)
        and _same_golden(golden_vectors(a), golden_vectors(b))
        and len(a.companions) == len(b.companions)
        and all(_same_companion(c, d) for c, d in zip(a.companions, b.companions, strict=True))
    )


def _same_outputs(a: Raw, b: Raw) -> bool:
    stored = [name for name in a.outputs.dtype.names or () if name not in SAMPLED]
    return (
        all(a.outputs[name].tobytes() == b.outputs[name].tobytes() for name in stored)
        and all(np.allclose(a.outputs[n], b.outputs[n], rtol=1e-6, atol=0) for n in SAMPLED)
        and np.array_equal(a.weights, b.weights)
    )


def _same_golden(a: Golden, b: Golden) -> bool:
    tolerances = ((a.tolerance64, b.tolerance64), (a.tolerance32, b.tolerance32))
    return (
        np.array_equal(a.inputs, b.inputs)
        and bool((np.abs(a.expected - b.expected) <= a.tolerance64).all())
        and all(np.allclose(x, y, rtol=1e-6, atol=0) for x, y in tolerances)
    )


def _same_companion(a: RawCompanion, b: RawCompanion) -> bool:
    return (
        a.record == b.record
        and a.coordinates.tobytes() == b.coordinates.tobytes()
        and all(np.array_equal(v, w) for v, w in zip(a.weights, b.weights, strict=True))
        and same(a.file, b.file)
    )
