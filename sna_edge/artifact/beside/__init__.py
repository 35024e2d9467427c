"""Sections 14 to 16 of FORMAT.md: what stands beside the values, as bytes and as data."""

from __future__ import annotations

from collections.abc import Callable

from ...core.record import ModelRecord

__all__ = ["sections"]


def sections(model: ModelRecord, file: Callable[[ModelRecord], bytes]) -> dict[str, bytes]:
    """The sections of what stands beside the values, empty where nothing does; `file` writes the
    file of a companion. Raises InputError where that cannot be written."""
    if not model.companions and model.calibration is None and model.readings is None:
        return {}
    from .write import calibration, companions, readings  # few models have anything beside

    return {
        "companions": companions(model, file),
        "calibration": b"" if model.calibration is None else calibration(model.calibration),
        "readings": b"" if model.readings is None else readings(model.readings, model.axes),
    }
