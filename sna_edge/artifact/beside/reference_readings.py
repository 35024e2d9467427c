"""Readings at which the formulas of a file are replayed, and what they give there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...core.axis import Axis
from ...core.beside import Derived, Readings
from ...core.beside.program import error_of, ran_single
from ...errors import ArtifactError
from ...numerics.low_discrepancy import points

Floats = NDArray[np.float64]
ROWS, TRIED = 4, 256
SINGLE, MARGIN = 2.0**100, 4.0
"""Rows are taken where float32 holds all numbers, and replays them with this much to spare."""
ROUNDINGS = 64.0
"""Of every step, that two ways to compute a formula may differ by: exp and log err by a few."""


def reference_readings(made: Readings, axes: Sequence[Axis]) -> tuple[Floats, Floats]:
    """[G, D + n_raw] readings spread over their ranges at which all formulas have a value, and
    [G, n_derived, 2] these values with their errors in units of one rounding; none where no formula
    is a program, or no such row was found, in double and single precision."""
    ends = [(a.lower, a.upper) for a in axes] + [(r.lower, r.upper) for r in made.raw]
    none = np.empty((0, len(ends))), np.empty((0, len(made.derived), 2))
    if not any(f.formula == "program" for f in made.derived):
        return none
    low, high = np.array(ends).T
    rows = low + (high - low) * points(TRIED, len(ends), seed=None)
    rows[:, [d for d, a in enumerate(axes) if a.kind == "categorical"]] = 0.0
    found = np.stack([_answer(f, rows, len(axes)) for f in made.derived], axis=1)
    good = (np.abs(found) < SINGLE).all(axis=(1, 2))
    with np.errstate(invalid="ignore"):
        for i, f in enumerate(made.derived):
            if f.formula == "program":
                off = np.abs(ran_single(f.program, _of(f, rows, len(axes))) - found[:, i, 0])
                good &= off <= ROUNDINGS / MARGIN * 2.0**-24 * found[:, i, 1]
    return rows[good][:ROWS], found[good][:ROWS]


def replay_readings(made: Readings, golden: Floats, expected: Floats) -> None:
    """ArtifactError where a formula does not give what the file expects."""
    for i, f in enumerate(made.derived):
        value = _answer(f, golden, len(made.tolerance))[:, 0]
        off = np.abs(value - expected[:, i, 0])
        if not (off <= ROUNDINGS * 2.0**-53 * expected[:, i, 1]).all():
            raise ArtifactError(
                "golden_mismatch",
                f"derived input {f.axis} is not what the file expects; export the model again",
            )


def _answer(f: Derived, rows: Floats, n_axes: int) -> Floats:
    """Value and error [N, 2] of a formula at rows [N, D + n_raw]; an error of 0 for products and
    sums that need none beside programs is that of their size."""
    columns = [rows[:, t.index + (n_axes if t.raw else 0)] for t in f.terms]
    value = np.broadcast_to(f.value(columns), len(rows))
    error: Floats | float
    if f.formula == "program":
        error = error_of(f.program, _of(f, rows, n_axes))
    elif f.formula == "sum":
        parts = (np.abs(t.number * v) for t, v in zip(f.terms, columns, strict=True))
        error = 4.0 * (abs(f.constant) + sum(parts))
    else:
        error = np.abs(value) * (2.0 + 64.0 * len(f.terms))
    return np.stack([value, np.broadcast_to(error, len(rows))], axis=1)


def _of(f: Derived, rows: Floats, n_axes: int) -> dict[tuple[str, int], Floats]:
    """Columns of the terms of a formula, as a program takes them."""
    return {
        ("raw" if t.raw else "input", t.index): rows[:, t.index + (n_axes if t.raw else 0)]
        for t in f.terms
    }
