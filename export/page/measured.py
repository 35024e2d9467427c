"""Measured rows of a table, as the page shows them: inputs that a person gives, outputs where the
table has their columns."""

from __future__ import annotations

import argparse

import numpy as np

from sna_edge.cli.columns import Columns
from sna_edge.cli.options.dialect import open_for
from sna_edge.cli.raw_readings import needed
from sna_edge.errors import InputError
from sna_edge.model import Model

from .content import Rows, asked


def measured(args: argparse.Namespace, model: Model) -> Rows:
    """The rows of --table. Raises InputError where it lacks an input, or has no row with all of
    them."""
    source = open_for(args, args.table, model)
    inputs = needed(model, source.names)
    of_labels = {k for one in model.classes for k in one.outputs}
    outputs = {
        o.name: o
        for k, o in enumerate(model.outputs)
        if o.name in source.names and k not in of_labels
    }
    columns = Columns(source, {**inputs, **outputs})
    x, y = [], []
    for block in source.blocks():
        given = columns.read(block)[1]
        lost = np.full(len(block), np.nan)
        x.append(np.stack([given.get(a.name, lost) for a in asked(model)], axis=1))
        y.append(np.stack([given.get(o.name, lost) for o in model.outputs], axis=1))
    columns.finish()
    rows = np.concatenate(x) if x else np.empty((0, len(asked(model))))
    some = np.isfinite(rows).any(axis=1)
    if not some.any():
        raise InputError(
            f"{args.table} has no row with a number in a column of an input; give the table that"
            " the model was fitted to"
        )
    rows[~np.isfinite(rows)] = np.nan  # levels that the model has not
    return Rows(rows[some], np.concatenate(y)[some], row=np.flatnonzero(some) + 1)
