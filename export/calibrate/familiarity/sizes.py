"""How many modes and knots both mixtures may have: bytes of tables, operations and rows."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

MOST_BYTES, MOST_OPERATIONS = 4096, 1000
MOST_MODES, MOST_KNOTS, LEAST_KNOTS = 32, 32, 12
STEP = 4
"""Modes are stored in fours."""
SHAPE = 0.45
"""Modes over knots: few modes on fine hats tell more than many on coarse ones."""
ROWS_A_MODE = 15


@dataclass(frozen=True)
class Sizes:
    """`features` linear features; `modes` of each mixture; `knots` of every axis without levels."""

    features: int
    modes: int
    knots: int


def sizes(continuous: int, levels: list[int], rows: int) -> Sizes:
    """For so many inputs without levels, the numbers of levels of the others, and rows to learn.

    Features leave room for the smallest mixtures of both; knots fill what modes leave. Very many
    levels alone may need more bytes.
    """
    columns, leveled = continuous + sum(levels), 2 * len(levels)
    left = MOST_OPERATIONS - STEP * (3 * continuous + leveled)
    features = min(continuous, max(left // (columns + 3 * STEP), 0))
    splines, fixed = max(continuous + features, 1), 2 * sum(levels)
    most = (
        (MOST_OPERATIONS - features * columns) // (3 * splines + leveled),
        MOST_BYTES // (fixed + splines * LEAST_KNOTS),
        int(sqrt(SHAPE * MOST_BYTES / splines)) + STEP // 2,
        rows // ROWS_A_MODE,
        MOST_MODES,
    )
    modes = max(min(most) // STEP * STEP, STEP)
    knots = int((MOST_BYTES / modes - fixed) // splines)
    return Sizes(features, modes, min(max(knots, LEAST_KNOTS), MOST_KNOTS))
