"""The first plan: rows before anything, or little, was measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError

from .d_optimal import d_optimal
from .space import Space
from .spread import LARGE, enough, filled, maximin

Floats = NDArray[np.float64]
METHODS = ("sobol", "lhs", "d-optimal")


@dataclass(frozen=True, eq=False)
class Plan:
    """Settings x [N, D] in the order in which they are to be run; `said`: how they were chosen."""

    space: Space
    x: Floats
    said: str


def starting_plan(
    space: Space,
    count: int,
    *,
    method: str = "lhs",
    terms: str = "quadratic",
    present: Floats | None = None,
    centre: int = 0,
    replicates: int = 1,
    seed: int = 0,
) -> Plan:
    """`count` different settings, each `replicates` times, and `centre` rows in the middle, in
    random order.

    `present` [E, D]: rows that exist; the new ones fill the gaps between them (d-optimal: add most
    to them). Raises InputError for what cannot be planned.

    >>> from sna_export.design import Factor, Space, starting_plan
    >>> space = Space((Factor("power", 100, 300, step=10), Factor("gas", levels=("Ar", "N2"))))
    >>> plan = starting_plan(space, 8, method="sobol", centre=1, seed=3)
    >>> plan.x.shape, bool((plan.x[:, 0] % 10 == 0).all())
    ((9, 2), True)
    """
    _checked(method, count, replicates, centre)
    known = np.empty((0, len(space.factors))) if present is None else present
    if method == "d-optimal":
        x = d_optimal(space, count, terms, seed, known)
        said = f"d-optimal for a {terms} model"
    elif len(known):
        x = filled(space, known, count, seed)
        said = f"in the gaps between {len(known)} rows"
    elif method == "sobol":
        x = space.sobol(count, seed)
        enough(len(x), count)
        said = "scrambled Sobol sequence"
    else:
        x = maximin(space, count, seed)
        said = "Latin hypercube" if count > LARGE else "maximin Latin hypercube"
    x = np.concatenate([np.repeat(x, replicates, axis=0), middle(space, centre)])
    return Plan(
        space, x[np.random.default_rng(seed).permutation(len(x))], f"{said}, in random order"
    )


def middle(space: Space, count: int) -> Floats:
    """`count` rows in the middle of all ranges, levels in turn. Raises InputError where the middle
    breaks a rule."""
    rows = np.empty((count, len(space.factors)))
    for d, f in enumerate(space.factors):
        if f.levels:
            rows[:, d] = f.positions[np.arange(count) % f.count]
        else:
            rows[:, d] = f.nearest(np.array([(f.lower + f.upper) / 2.0]))[0]
    if not space.keeps(rows).all():
        raise InputError("the middle of the ranges breaks a rule; leave --centre out")
    return rows


def _checked(method: str, count: int, replicates: int, centre: int) -> None:
    if method not in METHODS:
        raise InputError(f"method {method!r} is unknown; use one of {', '.join(METHODS)}")
    if count < 1 or replicates < 1 or centre < 0:
        raise InputError(
            f"{count} rows, {replicates} times each, {centre} in the middle: give whole numbers"
            " from 1 on (the middle: from 0)"
        )
