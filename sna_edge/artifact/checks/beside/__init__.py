"""Rules of what stands beside the values: `bad_companion`, `bad_calibration`, `bad_readings`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...raw_views import Raw
from .calibration import calibration
from .companions import companions
from .readings import readings

__all__ = ["with_beside"]


def with_beside(raw: Raw, checked: Callable[[bytes, bool], Raw]) -> Raw:
    """`raw` with its sections 14 to 16, checked in their order; `checked` checks a file inside
    it."""
    found = companions(raw, checked)
    roles = [int(c.record["role"]) for c in found]
    return replace(
        raw, companions=found, calibration=calibration(raw, roles), readings=readings(raw)
    )
