"""Thresholds of alarms from measured rows of a time in which nothing had moved."""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...learning import Learner
from ...model import Model
from ...uncertainty.readings import coordinates_of
from ..columns import Columns
from ..dialect_options import open_for
from ..raw_readings import needed

FEWEST = 100


def refer(args: argparse.Namespace, model: Model, learner: Learner) -> None:
    """Set the thresholds of `learner` by the rows of --reference, in their order. Raises InputError
    where they hold too few measured values."""
    source = open_for(args, args.reference, model)
    outputs = {o.name: o for o in model.outputs if o.name in source.names}
    inputs = needed(model, source.names)
    columns = Columns(source, {**inputs, **outputs})
    found = list[NDArray[np.float64]]()
    for block in source.blocks():
        given = columns.read(block)[1]
        x = coordinates_of(model, {name: given[name] for name in inputs}, level_index=True).x
        answer = model.evaluate(x, level_index=True)
        lost = np.full(len(x), np.nan)
        measured = [given.get(o.name, lost) for o in model.outputs]
        found.append(np.stack([*answer.value.T, *answer.lower.T, *answer.upper.T, *measured]))
    columns.finish()
    whole = np.concatenate(found, axis=1) if found else np.empty((4 * len(model.outputs), 0))
    if not learner.refer(whole.reshape(4, len(model.outputs), -1), FEWEST):
        raise InputError(
            f"{args.reference} has fewer than {FEWEST} measured values of each output; give more"
            f" rows, with columns {', '.join(model.output_names)}"
        )
