"""The table of a gauge study: part, operator and measurement."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError

from .row_keys import labels
from .table import Table

PARTS = ("part", "parts", "sample", "specimen")
OPERATORS = ("operator", "appraiser", "inspector", "device", "gauge", "gage")
VALUES = ("measurement", "value", "measured", "reading", "result")
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def study_columns(table: Table, target: str) -> tuple[Ints, Ints, Floats]:
    """part, operator (0 without such a column) and measurement [n] of a study.

    Columns are known by their names (in any case; the measurement may be called as the `target`),
    else by their order: part, operator, measurement, or part and measurement. Raises InputError
    where neither tells, and for missing cells.
    """
    part = _named(table, PARTS)
    value = _named(table, (target.lower(), *VALUES))
    operator = _named(table, OPERATORS)
    if part is None or value is None:
        if len(table.names) not in (2, 3):
            raise InputError(
                f"the study of the gauge has the columns {', '.join(table.names)}; name them part,"
                " operator and measurement"
            )
        part, value = table.names[0], table.names[-1]
        operator = table.names[1] if len(table.names) == 3 else None
    measured = table.column(value)
    bad = np.flatnonzero(~np.isfinite(measured))
    if len(bad):
        raise InputError(
            f"row {bad[0] + 1}, column {value!r} of the study of the gauge is no number; fill it in"
            " or leave the part out"
        )
    who = np.zeros(len(table), dtype=np.int64) if operator is None else labels(table, operator)[1]
    return labels(table, part)[1], who, measured


def _named(table: Table, words: tuple[str, ...]) -> str | None:
    return next((name for name in table.names if name.lower() in words), None)
