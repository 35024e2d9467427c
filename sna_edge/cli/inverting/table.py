"""`inverse --table`: every row has its own measured outputs and known inputs; the unknowns of all
rows are sought at once."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.axis import Axis
from ...core.output import Output
from ...errors import InputError
from ...inverse import invert_batch
from ...model import Model
from ...numerics.time_budget import TimeBudget
from ...status import Status
from ..answered_table import Floats, answer_table, summary
from ..arguments import input_values, writable
from ..options.dialect import open_for


def inverted(
    args: argparse.Namespace, model: Model, unknowns: list[str]
) -> tuple[dict[str, Any], list[str], int]:
    """Answer --table into -o: status, the unknowns and how far the outputs miss their targets, per
    row. With the exit code."""
    for name in unknowns:
        model.axis_index(name)
    writable(args.output, args.table, args.model)
    source = open_for(args, args.table, model)
    targets = [name for name in model.output_names if name in source.names]
    if not targets:
        raise InputError(
            f"{args.table} has no measured output; it needs a column named"
            f" {' or '.join(model.output_names)}"
        )
    fixed = {
        name: model.axes[model.axis_index(name)].coordinate(value)
        for name, value in input_values(model, args.at).items()
    }
    known = [a for a in model.axes if a.name not in unknowns and a.name not in fixed]
    measured = {o.name: o for o in model.outputs if o.name in targets}
    needed: dict[str, Axis | Output] = {**{a.name: a for a in known}, **measured}
    budget = TimeBudget.for_query(args.deadline_ms)

    def answer(columns: dict[str, Floats]) -> tuple[NDArray[np.int8], Floats]:
        if budget.passed:
            count = len(columns[targets[0]])
            return np.full(count, Status.DEADLINE, np.int8), np.full(
                (count, len(unknowns) + 1), np.nan
            )
        found = invert_batch(
            model, {k: columns[k] for k in targets}, unknowns,
            {**fixed, **{a.name: columns[a.name] for a in known}},
            deadline_ms=None if budget.endless else 1000.0 * budget.left, level_index=True,
        )  # fmt: skip
        return found.status, np.column_stack([found.x, found.miss])

    found = answer_table(source, args.output, needed, [*unknowns, "miss"], answer)
    return *summary(found, args.output), found.code()
