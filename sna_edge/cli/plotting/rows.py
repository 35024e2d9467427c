"""The rows of --table as a picture draws them: coordinates, and the outputs that the table has."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from ...core.output import Output
from ...model import Model
from ...uncertainty.readings import coordinates_of
from ..columns import Columns
from ..options.dialect import open_for
from ..raw_readings import needed as needed_of


def measured(args: argparse.Namespace, model: Model) -> Any:
    """`Measured` rows of --table inside the domain; None without --table. Raises InputError where
    the table lacks inputs or has no row inside."""
    if not args.table:
        return None
    from sna_export.plot.asked import Measured

    source = open_for(args, args.table, model)
    there: dict[str, Any] = {o.name: o for o in model.outputs if o.name in source.names}
    columns = Columns(source, {**needed_of(model, source.names), **there})
    x, y = [], []
    for block in source.blocks():
        given = columns.read(block)[1]
        right = np.array([row not in block.wrong for row in range(len(block))], dtype=bool)
        y.append(_outputs(model.outputs, given, len(block))[right])
        inputs = {n: v for n, v in given.items() if n not in there}
        if model.gaps is not None:
            full, _, _ = model.gaps.completed(model.axes, inputs, True)
            inputs = {a.name: full[:, d] for d, a in enumerate(model.axes)}
        x.append(coordinates_of(model, inputs, level_index=True).x[right])
    columns.finish()
    none_x, none_y = np.empty((0, len(model.axes))), np.empty((0, len(model.outputs)))
    return Measured.inside(model, np.concatenate([none_x, *x]), np.concatenate([none_y, *y]))


def _outputs(outputs: tuple[Output, ...], given: dict[str, Any], rows: int) -> Any:
    """[rows, K], NaN where the table has no number."""
    return np.stack([given.get(o.name, np.full(rows, np.nan)) for o in outputs], axis=1)
