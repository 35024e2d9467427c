"""The next experiment: rows that tell most, or that most likely reach a target, beside those that
exist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.output import Output
from sna_edge.errors import InputError
from sna_edge.model import Model

from ..formulas.expression import Expression
from .belief import Belief
from .goals import Goal, Learn, Reach
from .metric import stretched
from .space import Space, distinct
from .spread import CANDIDATES, enough, farthest, without
from .starting import Plan

Floats = NDArray[np.float64]
Worth = Callable[[Floats, Floats], Floats]
GLOBAL, REFERENCE = 1024, 256
CLOUD, ROUNDS = 128, 5
NEAR = (0.2, 0.05, 0.01)
"""Of the ranges: clouds around the best row that exists."""
WIDEST, SHRINK = 0.15, 0.4
"""Of the ranges: how far the first cloud reaches around the best setting, and each next one."""


@dataclass(frozen=True, eq=False)
class Cost:
    """Cost of settings: an expression of the inputs, 1 where none is given."""

    formula: Expression | None = None

    def __call__(self, space: Space, x: Floats) -> Floats:
        """[M] of x [M, D]. Raises InputError where a cost is not above 0."""
        if self.formula is None:
            return np.ones(len(x))
        found = np.broadcast_to(np.asarray(self.formula.value(space.columns(x)), float), len(x))
        if not (np.isfinite(found) & (found > 0)).all():
            raise InputError(
                f"the cost {self.formula.text!r} is not above 0 everywhere; add a constant"
            )
        return found


def next_rows(
    space: Space,
    count: int,
    beliefs: Sequence[Belief],
    outputs: Sequence[Output],
    present: Floats,
    *,
    planned: Floats | None = None,
    goals: Sequence[Goal] = (),
    cost: str = "",
    seed: int = 0,
) -> Plan:
    """`count` settings one after the other, each worth most for its cost given those before it.

    beliefs and outputs [K]; `present` [E, D], the rows measured; `planned` [Q, D], rows that will
    be measured anyway. With goals those that most likely reach them, else those that tell most over
    the space. Raises InputError where the rules leave too few settings.
    """
    price = Cost(Expression.amount(cost, space.numeric) if cost else None)
    worth: Worth
    rng = np.random.default_rng(seed)
    everywhere = space.sobol(GLOBAL, seed)
    if goals:  # what is best is often near what was best
        worth = reach = Reach(goals, beliefs, outputs, present)
        near = np.concatenate([cloud(space, reach.best_row, width, rng) for width in NEAR])
        everywhere = distinct(np.concatenate([everywhere, near[space.keeps(near)]]))
        said = "most likely to reach the target"
    else:
        worth = Learn(beliefs, outputs, space.sobol(REFERENCE, seed + 1))
        said = "telling most over the domain"
    batch = np.empty((0, len(space.factors))) if planned is None else planned
    first = len(batch)
    everywhere = without(without(everywhere, present), batch)
    enough(len(everywhere), count)
    for _ in range(count):
        best = _best(space, worth, price, everywhere, present, batch, rng)
        batch = np.concatenate([batch, best[None]])
    return Plan(space, batch[first:], said + (" for their cost" if cost else ""))


def _best(
    space: Space,
    worth: Worth,
    price: Cost,
    everywhere: Floats,
    present: Floats,
    batch: Floats,
    rng: np.random.Generator,
) -> Floats:
    """The setting worth most for its cost: the best of those everywhere, then of ever smaller
    clouds around the best so far."""
    taken = np.concatenate([present, batch])
    x = without(everywhere, batch)
    value = worth(x, batch) / price(space, x)
    at = int(np.argmax(value))
    best, most, width = x[at], float(value[at]), WIDEST
    for _ in range(ROUNDS):
        x = cloud(space, best, width, rng)
        x = without(x[space.keeps(x)], taken)
        if len(x):
            value = worth(x, batch) / price(space, x)
            at = int(np.argmax(value))
            if value[at] > most:
                best, most = x[at], float(value[at])
        width *= SHRINK
    return best


def cloud(space: Space, centre: Floats, width: float, rng: np.random.Generator) -> Floats:
    """Different settings around one [M, D]: every input moved by `width` of its range, or one input
    alone; a level changes now and then."""
    x = np.repeat(centre[None], CLOUD, axis=0)
    alone = rng.integers(len(space.factors), size=CLOUD)
    single = rng.random(CLOUD) < 0.5
    for d, f in enumerate(space.factors):
        moves = ~single | (alone == d)
        if f.levels:
            change = moves & (rng.random(CLOUD) < 0.2)
            x[change, d] = rng.choice(f.positions, size=int(change.sum()))
        else:
            step = max(width * (f.upper - f.lower), f.grain)
            x[moves, d] += step * rng.standard_normal(int(moves.sum()))
    return distinct(space.nearest(x))


def spread_rows(space: Space, count: int, model: Model, present: Floats, seed: int = 0) -> Plan:
    """For a model without measured rows, a solved one for instance: settings as far apart as the
    outputs change between them."""
    candidates = without(space.sobol(CANDIDATES, seed), present)
    enough(len(candidates), count)
    stretch = stretched(model, space, seed)
    columns = space.inputs.columns
    chosen = farthest(columns(candidates) @ stretch, columns(present) @ stretch, count)
    said = "no measured rows: spread by how much the outputs of the model change"
    return Plan(space, candidates[chosen], said)
