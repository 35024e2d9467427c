"""Where another run helps most: one point after the other, the one that takes away most of what is
not known of the field over all parameters.

    sum_k sum_g C_k(g, x)^2 / (C_k(x, x) + noise_k)

C_k is the covariance of coefficient k, a Gaussian process given the runs that exist. The modes are
orthonormal, so the sum over k is the variance of the field, in its units. Source: Cohn, Neural
network exploration using optimal experiment design (1996), as `sna-edge design --add` uses it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError

from ..design import Space
from ..design.belief import Belief, given
from ..design.space import distinct
from ..design.spread import enough, without
from ..fit.data.samples import AxisSpec
from ..table import Table
from .modes import modes_of
from .processes import beliefs_of, space_of
from .snapshots import Snapshots, settings_at

Floats = NDArray[np.float64]
CANDIDATES, REFERENCE = 1024, 256
TOLERANCE = 1e-3
TINY = 1e-300


@dataclass(frozen=True, eq=False)
class NextRuns:
    """Settings x [N, D] in the order of their worth, on `axes`; `left`: the root mean square of
    what is then not known of the field, a share of what is not known now, as the processes believe;
    `outside`: how many candidates lay outside the domain."""

    x: Floats
    axes: tuple[AxisSpec, ...]
    left: float
    outside: int = 0

    def csv_text(self, table: Table) -> str:
        """The points as rows of a table with the columns of another one: parameters filled in, the
        others empty."""
        file = StringIO()
        written = csv.writer(file, lineterminator="\n")
        written.writerow(table.names)
        if table.units:
            units = [table.units.get(name, "") for name in table.names]
            written.writerow([f"[{unit}]" if unit else "" for unit in units])
        place = {a.name: d for d, a in enumerate(self.axes)}
        for row in self.x:
            cells = []
            for name in table.names:
                d = place.get(name)
                levels = self.axes[d].levels if d is not None else ()
                if d is None:
                    cells.append(_constant(table, name))
                else:
                    cells.append(levels[int(row[d])] if levels else f"{row[d]:.12g}")
            written.writerow(cells)
        return file.getvalue()


def _constant(table: Table, name: str) -> str:
    """The one number of a column that never changes, else nothing."""
    column = table.column(name)
    one = len(column) > 0 and bool(np.isfinite(column).all()) and np.ptp(column) == 0
    return f"{column[0]:.12g}" if one else ""


def next_runs(
    runs: Snapshots,
    count: int,
    *,
    feasible: Table | None = None,
    where: Sequence[str] = (),
    seed: int = 0,
) -> NextRuns:
    """`count` settings where runs help most, given those that exist and those planned already.

    Candidates fill the domain and keep the rules `where` ('power / speed <= 0.4'); `feasible`: a
    table of candidates in their place. Raises InputError where fewer than `count` are left.
    """
    if count < 1:
        raise InputError(f"{count} next runs are none; give a number from 1 on")
    space = space_of(runs, where)
    everywhere, outside = _candidates(space, runs, feasible, seed)
    candidates = without(without(everywhere, runs.x), runs.planned)
    enough(len(candidates), count)
    weight = np.repeat(runs.part.share, runs.fields.shape[2])
    modes = modes_of(runs.fields.reshape(len(runs), -1), weight, TOLERANCE)
    beliefs = beliefs_of(space, runs.x, modes.coefficients)
    reference = space.sobol(REFERENCE, seed + 1) if feasible is None else everywhere
    now = _unknown(beliefs, reference, runs.planned)
    batch = runs.planned
    for _ in range(count):
        worth = _worth(beliefs, reference, candidates, batch)
        best = int(np.argmax(worth))
        batch = np.concatenate([batch, candidates[best : best + 1]])
        candidates = np.delete(candidates, best, axis=0)
    left = float(np.sqrt(_unknown(beliefs, reference, batch) / max(now, TINY)))
    return NextRuns(batch[len(runs.planned) :], runs.axes, left, outside)


def _candidates(
    space: Space, runs: Snapshots, feasible: Table | None, seed: int
) -> tuple[Floats, int]:
    """Different settings in the domain, and how many of the table lay outside."""
    if feasible is None:
        return space.sobol(CANDIDATES, seed), 0
    x = settings_at(feasible, runs.axes)
    inside = space.keeps(x)
    for d, factor in enumerate(space.factors):
        if not factor.levels:
            inside &= (x[:, d] >= factor.lower) & (x[:, d] <= factor.upper)
    if not inside.any():
        raise InputError(
            f"none of the {len(x)} feasible points lies in the domain of the runs; widen it with"
            " --domain, or give other points"
        )
    return distinct(x[inside]), int((~inside).sum())


def _worth(beliefs: Sequence[Belief], reference: Floats, x: Floats, batch: Floats) -> Floats:
    """The formula above at x [M, D] beside a batch [Q, D]."""
    worth = np.zeros(len(x))
    for belief in beliefs:
        now = given(belief, batch)
        across = now.covariance(reference, x)
        worth += np.square(across).sum(axis=0) / (now.variance(x) + now.noise(x) + TINY)
    return worth


def _unknown(beliefs: Sequence[Belief], reference: Floats, batch: Floats) -> float:
    """The variance of the field over the reference, runs of the batch known."""
    return float(sum(given(b, batch).variance(reference).sum() for b in beliefs))
