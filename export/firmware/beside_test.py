"""The part of the self-test for what format 1.1 added: intervals at a level and familiarity at the
golden inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge import Model
from sna_edge.errors import InputError

Floats = NDArray[Any]
LEVELS = (0.9, 0.5)
"""Tried in this order: the first that the rows of the calibration support."""
SHARE = 2.0**-12
"""Of the width: what an end may be off in float beside the value's own tolerance."""
P_OFF = 2.0**-7
"""What p may be off in float."""
INTERVALS = """        for (unsigned k = 0; k < {outputs}; k++) {{
            sna_real low, high, off_low, off_high;
            sna_status at = sna_interval_at(model, k, x, (sna_real){level!r}, row, y, &low, &high,
                                            work, work_size);
            if (at < 0) return at;
            off_low = low - interval_low[g][k];
            off_high = high - interval_high[g][k];
            if (!(off_low <= interval_off[k] && -off_low <= interval_off[k])) return SNA_CORRUPT;
            if (!(off_high <= interval_off[k] && -off_high <= interval_off[k])) return SNA_CORRUPT;
        }}
"""
FAMILIARITY = """        {{
            sna_real p, off;
            sna_status at = sna_familiarity(model, x, row, y, &p, work, work_size);
            if (at < 0) return at;
            off = p - familiarity_p[g];
            if (!(off <= (sna_real){off!r} && -off <= (sna_real){off!r})) return SNA_CORRUPT;
        }}
"""


@dataclass(frozen=True)
class BesideTest:
    """C: constants of the file, and calls in the loop over its golden inputs."""

    tables: str = ""
    calls: str = ""

    def __add__(self, other: BesideTest) -> BesideTest:
        return BesideTest(self.tables + other.tables, self.calls + other.calls)


def of(model: Model, x: Floats, tolerance: Floats) -> BesideTest:
    """What the model has of it, at inputs x [G, D]; `tolerance` [K] of values in float."""
    return _intervals(model, x, tolerance) + _familiarity(model, x)


def _intervals(model: Model, x: Floats, tolerance: Floats) -> BesideTest:
    if model.calibration is None or not model.calibration.n_residuals:
        return BesideTest()
    for level in LEVELS:
        try:
            found = model.interval_at(x, level, level_index=True)
        except InputError:
            continue
        low, high = np.atleast_2d(found.lower), np.atleast_2d(found.upper)
        if not (np.isfinite(low) & np.isfinite(high)).all():
            return BesideTest()
        off = 4 * np.asarray(tolerance) + SHARE * (high - low).max(axis=0)
        tables = _table("interval_low", low) + _table("interval_high", high)
        tables += f"static const sna_real interval_off[{len(off)}] = {{{_row(off)}}};\n"
        return BesideTest(tables, INTERVALS.format(outputs=len(off), level=level))
    return BesideTest()


def _familiarity(model: Model, x: Floats) -> BesideTest:
    if model.calibration is None or not (model.calibration.n_scores or model.calibration.pairs):
        return BesideTest()
    p = np.asarray(model.familiarity(x, level_index=True).p)
    if not np.isfinite(p).all():
        return BesideTest()
    table = f"static const sna_real familiarity_p[{len(p)}] = {{{_row(p)}}};\n"
    return BesideTest(table, FAMILIARITY.format(off=P_OFF))


def _table(name: str, rows: Floats) -> str:
    body = "\n".join(f"    {{{_row(row)}}}," for row in rows)
    return f"static const sna_real {name}[{len(rows)}][{rows.shape[1]}] = {{\n{body}\n}};\n"


def _row(values: Floats) -> str:
    return ", ".join(f"(sna_real){float(v)!r}" for v in values)
