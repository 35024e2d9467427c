"""Columns of the table of parts that hold measured outputs, as `--measured COL` names them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from ...errors import InputError
from ...learning.measured import COLUMN
from ...model import Model
from ...values.naming import bracketed, column_of


def columns_asked(args: argparse.Namespace, model: Model) -> list[str]:
    """The outputs that --measured names, empty where it names a table of its own, or nothing.
    Raises InputError for several words that are not all outputs, and for outputs without a table.
    """
    asked = [name.removeprefix(COLUMN) for name in args.measured or []]
    outputs = model.output_names
    if asked and all(name in outputs for name in asked):
        if not args.table:
            raise InputError(
                f"--measured {' '.join(asked)} names outputs, and there is no --table with their"
                ' columns; send {"id": .., "measured": {..}} lines, or give a file LAB.csv'
            )
        return asked
    if len(asked) > 1:
        lost = next(name for name in asked if name not in outputs)
        raise InputError(
            f"--measured {lost}: the model has no such output, it has {', '.join(outputs)}; name"
            " outputs that --table has columns of, or one table of measured values"
        )
    return []


def renamed(
    names: Sequence[str], units: Mapping[str, str], outputs: Sequence[str], table: str
) -> tuple[list[str], dict[str, str]]:
    """Names of columns and units, with `measured.NAME` for the columns of these outputs. Raises
    InputError where one is not there.

    >>> renamed(["power", "width [mm]"], {}, ["width"], "parts.csv")
    (['power', 'measured.width'], {'measured.width': 'mm'})
    """
    known, found = dict(units), list(names)
    for output in outputs:
        column = column_of(output, names, COLUMN)
        if column is None:
            raise InputError(
                f"{table} has no column {output!r} to compare with; its columns are"
                f" {', '.join(names)}"
            )
        own = known.pop(column, "") or (
            "" if column.removeprefix(COLUMN) == output else bracketed(column)
        )
        found[found.index(column)] = COLUMN + output
        if own:
            known[COLUMN + output] = own
    return found, known
