"""The answer to forward questions: value, status and interval, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_new, _set = object.__new__, object.__setattr__  # looked up once


@dataclass(frozen=True)
class Evaluation:
    """Answer per row: value, lower, upper [N, K] (NaN where status < 0; no interval where
    extrapolated), status [N], offending axis [N] (-1: none), excess [N] = how far outside that
    axis, in axis units, signed; `moved` [N, D]: readings put on the border within their tolerance
    (None without tolerances); `absent` [N, D]: readings that were missing, answered by what is
    usual beside the others (None where the model needs every reading)."""

    value: Floats
    status: NDArray[np.int8]
    lower: Floats
    upper: Floats
    axis: NDArray[np.int64]
    excess: Floats
    moved: NDArray[np.bool_] | None = None
    absent: NDArray[np.bool_] | None = None

    @classmethod
    def filled(cls, fields: dict[str, Any]) -> Evaluation:
        """The record of these fields, which it keeps: a third of the time that a frozen record
        takes to fill itself."""
        record = _new(cls)
        _set(record, "__dict__", fields)
        return record
