"""Rows with missing readings take part in a fit: a level of its own for a categorical input; for
one with a scale its usual value given the others, and a flag that says so.

Mean and covariance of the inputs come from all rows, whatever they lack, as those of a normal
distribution by expectation and maximisation (Little and Rubin, Statistical Analysis with Missing
Data, 2002, section 11.2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.missing import FLAGS, LEVEL, Gaps
from sna_edge.errors import InputError
from sna_edge.model import Model

from ...table.gaps import missing_cells
from ...table.table import Table

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
STEPS, SETTLED = 50, 1e-4
"""Of expectation and maximisation, and the change of the correlations at which they end."""
LEAST_KNOWN = 5
"""Cells of a column from which something can be said of the others."""


@dataclass(frozen=True, eq=False)
class Modelled:
    """The table without gaps in its inputs, these with the flags behind them, which of them are
    categorical, what is to be known on the device, and how many cells of a column were missing."""

    table: Table
    inputs: list[str]
    categorical: list[str]
    gaps: Gaps | None
    cells: Mapping[str, int]

    def known_by(self, model: Model) -> Model:
        """The model with what it takes in place of a missing reading."""
        if self.gaps is None:
            return model
        names = model.input_names
        kept = [i for i, name in enumerate(self.gaps.names) if name in names]
        flags = {
            name: flag if flag in names else ""
            for name, flag in self.gaps.flags.items()
            if name in names
        }
        gaps = Gaps(
            tuple(self.gaps.names[i] for i in kept),
            self.gaps.mean[kept],
            self.gaps.covariance[np.ix_(kept, kept)],
            flags,
            tuple(name for name in self.gaps.levels if name in names),
            self.gaps.most,
        )
        return model.replace(metadata={**model.metadata, "missing": gaps.metadata()})


def modelled(table: Table, inputs: Sequence[str], categorical: Sequence[str]) -> Modelled:
    """Raises InputError for an input that is missing nearly everywhere, and for a flag whose name a
    column has."""
    lacking = missing_cells(table, inputs, categorical)
    cells = {name: int(rows.sum()) for name, rows in lacking.items()}
    for name, count in cells.items():
        if len(table) - count < LEAST_KNOWN:
            raise InputError(
                f"input {name!r} is missing in {count} of {len(table)} rows; leave it out"
            )
    if not lacking:
        return Modelled(table, list(inputs), list(categorical), None, {})
    scaled = [n for n in inputs if n not in categorical]
    levels = tuple(n for n in lacking if n in categorical)
    flags = {n: f"{n} missing" for n in lacking if n in scaled}
    taken = [flag for flag in flags.values() if flag in table.names]
    if taken:
        raise InputError(
            f"the table has a column {taken[0]!r}, as the flag of missing readings would be called;"
            " rename it"
        )
    for name in lacking:
        if name in scaled and not np.isfinite(table.column(name)).any():
            raise InputError(
                f"input {name!r} holds text; declare it categorical (--categorical), or leave it"
                " out"
            )
    table = table.settled(scaled)
    columns = np.stack([table.column(n) for n in scaled], axis=1) if scaled else np.empty((0, 0))
    gone = np.zeros(columns.shape, dtype=bool)
    for name in flags:
        gone[:, scaled.index(name)] = lacking[name]
    usable = np.isfinite(columns) | gone  # other text is refused with its row by the fit
    mean, covariance = normal_of(np.where(usable, columns, 0.0), gone)
    most = int(np.sum(list(lacking.values()), axis=0).max())
    gaps = Gaps(tuple(scaled), mean, covariance, flags, levels, most)
    filled = _filled(table, gaps, columns, gone, lacking)
    return Modelled(
        filled, [*inputs, *flags.values()], [*categorical, *flags.values()], gaps, cells
    )


def normal_of(x: Floats, missing: Bools) -> tuple[Floats, Floats]:
    """Mean [M] and covariance [M, M] of x [N, M] whose cells `missing` are not known, with six
    digits, as they are stored."""
    known = np.where(missing, np.nan, x)
    centre = np.nanmean(known, axis=0) if x.size else np.zeros(x.shape[1])
    spread = np.nanstd(known, axis=0) if x.size else np.ones(x.shape[1])
    spread = np.where(spread > 0, spread, 1.0)
    z = np.where(missing, 0.0, (x - centre) / spread)
    mean, c = np.zeros(x.shape[1]), np.eye(x.shape[1])
    patterns = np.unique(missing, axis=0)
    for _ in range(STEPS):
        full, extra = z.copy(), np.zeros_like(c)
        for gone in patterns[patterns.any(axis=1)]:
            rows = np.flatnonzero((missing == gone).all(axis=1))
            seen = ~gone
            gain = np.linalg.solve(
                c[np.ix_(seen, seen)] + 1e-9 * np.eye(int(seen.sum())), c[np.ix_(seen, gone)]
            )
            full[np.ix_(rows, np.flatnonzero(gone))] = (
                mean[gone] + (z[np.ix_(rows, np.flatnonzero(seen))] - mean[seen]) @ gain
            )
            left = c[np.ix_(gone, gone)] - c[np.ix_(gone, seen)] @ gain
            extra[np.ix_(gone, gone)] += len(rows) * left
        mean = full.mean(axis=0)
        before, away = c, full - mean
        c = (away.T @ away + extra) / len(z)
        if np.abs(c - before).max() < SETTLED:
            break
    short = np.vectorize(lambda v: float(f"{v:.6g}"), otypes=[float])
    return short(centre + spread * mean), short(c * np.outer(spread, spread))


def _filled(
    table: Table, gaps: Gaps, columns: Floats, gone: Bools, lacking: Mapping[str, Bools]
) -> Table:
    """The table with usual values, levels `missing` and the flags."""
    numbers, cells = np.array(table.numbers, order="F"), dict(table.cells)
    for pattern in np.unique(gone, axis=0):
        rows = np.flatnonzero((gone == pattern).all(axis=1))
        for d, value in zip(
            np.flatnonzero(pattern), gaps.usual(columns[rows], pattern).T, strict=True
        ):
            ends = np.nanmin(columns[~gone[:, d], d]), np.nanmax(columns[~gone[:, d], d])
            name = gaps.names[d]
            numbers[rows, table.index(name)] = np.clip(value, *ends)
            if name in cells:
                cells[name] = _with(cells[name], rows.tolist(), numbers[rows, table.index(name)])
    for name in gaps.levels:
        some = np.flatnonzero(lacking[name]).tolist()
        cells[name] = _with(table.written(name), some, [LEVEL] * len(some))
    extra = np.full((len(table), len(gaps.flags)), np.nan)
    for name, flag in gaps.flags.items():
        cells[flag] = [FLAGS[int(missing)] for missing in lacking[name]]
    return replace(
        table,
        names=(*table.names, *gaps.flags.values()),
        numbers=np.asfortranarray(np.concatenate([numbers, extra], axis=1)),
        cells=cells,
    )


def _with(cells: Sequence[object], rows: Sequence[int], values: Sequence[object]) -> list[object]:
    out = list(cells)
    for row, value in zip(rows, values, strict=True):
        out[row] = value if isinstance(value, str) else repr(float(value))  # type: ignore[arg-type]
    return out
