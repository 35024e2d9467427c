"""From what a user has - a model, measured rows, targets - to the next rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.domain import DomainBox
from sna_edge.core.output import Output
from sna_edge.errors import InputError
from sna_edge.model import Model

from .belief import of_model, of_rows
from .goals import Goal
from .next_rows import next_rows, spread_rows
from .rows import Measured
from .space import Space
from .starting import Plan

Floats = NDArray[np.float64]


def next_by_model(
    space: Space,
    count: int,
    model: Model,
    measured: Measured | None = None,
    *,
    targets: Mapping[str, str] | None = None,
    cost: str = "",
    seed: int = 0,
) -> Plan:
    """`count` rows that tell most about a model (its coefficients, as the measured rows know them),
    or most likely reach `targets` {output: 'min', 'max', '40' or '38:42'}.

    `measured`: rows of `measured_rows(table, domain_of(model), model.output_names)`; those without
    a value are planned ones, beside which the new rows are chosen. Without any, the rows are spread
    by how much the outputs change, and there are no targets and no cost. Raises InputError for what
    does not fit the model.
    """
    goals = goals_of(targets or {}, model.output_names)
    if measured is None or not measured.done.any():
        if goals or cost:
            raise InputError(
                "a target or a cost needs the rows that the model was fitted to; give --measured"
                " ROWS.csv"
            )
        planned = np.empty((0, len(space.factors))) if measured is None else measured.x
        return spread_rows(space, count, model, planned, seed)
    inside = DomainBox(model.axes).check(measured.x).status >= 0
    if not inside.any():
        raise InputError(
            "no measured row lies in the domain of the model; give the rows that it was fitted to"
        )
    done = measured.done & inside
    beliefs = of_model(model, measured.x[done], measured.y[done])
    plan = next_rows(
        space, count, beliefs, model.outputs, measured.x[done],
        planned=measured.planned, goals=goals, cost=cost, seed=seed,
    )  # fmt: skip
    return _said_by("the model", plan, done)


def next_by_rows(
    space: Space,
    count: int,
    measured: Measured,
    names: Sequence[str],
    *,
    targets: Mapping[str, str] | None = None,
    cost: str = "",
    seed: int = 0,
) -> Plan:
    """The same without a model: what is believed between the rows of the outputs `names` is a
    Gaussian process. Each output needs three different values."""
    goals = goals_of(targets or {}, names)
    done = measured.done
    beliefs = [of_rows(space, measured.x[done], y, bool(goals)) for y in measured.y[done].T]
    outputs = [Output(name) for name in names]
    plan = next_rows(
        space, count, beliefs, outputs, measured.x[done],
        planned=measured.planned, goals=goals, cost=cost, seed=seed,
    )  # fmt: skip
    return _said_by("a Gaussian process", plan, done)


def _said_by(by: str, plan: Plan, done: NDArray[np.bool_]) -> Plan:
    """The plan with what says so, of how many rows."""
    return replace(plan, said=f"{plan.said}, as {by} of {int(done.sum())} rows says")


def goals_of(targets: Mapping[str, str], names: Sequence[str]) -> list[Goal]:
    """The goals of {output: text}. Raises InputError for no output, and for more than one that is
    no window."""
    found = []
    for name, text in targets.items():
        if name not in names:
            raise InputError(
                f"{name!r} is no output that is measured; those are {', '.join(names)}"
            )
        found.append(Goal.of(list(names).index(name), name, text))
    best = [names[g.k] for g in found if g.kind != "window"]
    if len(best) > 1:
        raise InputError(
            f"{best[0]!r} and {best[1]!r} cannot both be best; give all but one a window LO:HI"
        )
    return found


def domain_of(model: Model) -> Space:
    """The domain of a model as a space. Raises InputError where inputs are computed from others."""
    if model.readings is not None and model.readings.derived:
        name = model.axes[model.readings.derived[0].axis].name
        raise InputError(
            f"input {name!r} is computed from others and cannot be set; plan with --measured and"
            " --input, without --model"
        )
    return Space.of_axes(model.axes)
