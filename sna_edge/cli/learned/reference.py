"""Thresholds of alarms from rows of a time in which nothing had moved."""

from __future__ import annotations

import argparse
import sys

import numpy as np

from ...errors import InputError
from ...learning import Learner
from ...model import Model
from ...uncertainty.readings import coordinates_of
from ..columns import Columns
from ..options.dialect import open_for
from ..raw_readings import needed

FEWEST = 100
OFF = "off"
"""The --learn that learns nothing."""


def refer(args: argparse.Namespace, model: Model, learner: Learner) -> None:
    """Set the thresholds of `learner` by the rows of --reference, in their order. Raises InputError
    where they are too few."""
    source = open_for(args, args.reference, model)
    outputs = {o.name: o for o in model.outputs if o.name in source.names}
    inputs = needed(model, source.names)
    columns = Columns(source, {**inputs, **outputs})
    rows, measured = [np.empty((0, len(model.axes)))], [np.empty((0, len(model.outputs)))]
    for block in source.blocks():
        given = columns.read(block)[1]
        rows.append(coordinates_of(model, {n: given[n] for n in inputs}, level_index=True).x)
        lost = np.full(len(block), np.nan)
        measured.append(np.stack([given.get(o.name, lost) for o in model.outputs], axis=1))
    columns.finish()
    x = np.concatenate(rows)
    found = model.evaluate(x, level_index=True)
    enough, some = learner.refer(x, found, np.concatenate(measured), FEWEST)
    if not enough:
        raise InputError(
            f"{args.reference} has fewer than {FEWEST} rows with all inputs; give more, of a time"
            " in which nothing had moved"
        )
    if not some and args.learn != OFF:
        print(
            f"sna-edge watch: {args.reference} has fewer than {FEWEST} measured values of each"
            " output: alarms of measured parts go by thresholds for parts in any order",
            file=sys.stderr,
        )
