"""The numpy backend: the reference evaluation itself, always there."""

from __future__ import annotations

from ..core.record import ModelRecord
from ..numerics.reference import Reference


def create(model: ModelRecord) -> Reference:
    """The backend of any model; float64."""
    return Reference(model)
