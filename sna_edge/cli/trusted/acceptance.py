"""Rows of a user's own that a model has to predict before it is taken: measured inputs and outputs,
and how far a prediction may be off."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from ...errors import InputError
from ...model import Model
from ...status import Status
from ...uncertainty.readings import coordinates_of
from ..arguments import assignments, number
from ..columns import Columns
from ..dialect_options import add_dialect, open_for
from ..raw_readings import needed

SHOWN = 3  # rows that are named


def add_acceptance(parser: argparse.ArgumentParser) -> None:
    """The options --accept-rows and --tolerance, and how the table is written."""
    parser.add_argument(
        "--accept-rows",
        metavar="ROWS.csv",
        help="measured rows, inputs and outputs, that the model has to predict before it is taken",
    )
    parser.add_argument(
        "--tolerance",
        nargs="+",
        action="extend",
        default=[],
        metavar="T",
        help="how far predictions of these rows may be off: one number for all outputs, or NAME=T"
        " for each",
    )
    add_dialect(parser)


def tolerances(texts: Sequence[str], model: Model, names: Sequence[str]) -> dict[str, float]:
    """{output: tolerance} in output units, for the outputs `names`. Raises InputError."""
    if len(texts) == 1 and "=" not in texts[0]:
        found = dict.fromkeys(names, number("--tolerance", texts[0]))
    else:
        given = assignments(texts, model.output_names)
        found = {name: number(f"the tolerance of {name}", text) for name, text in given.items()}
    for name, value in found.items():
        if name not in names:
            raise InputError(
                f"--tolerance names {name!r}; outputs in these rows are {', '.join(names)}"
            )
        if value < 0:
            raise InputError(f"the tolerance of {name} is {value:g}; give 0 or more")
    if missing := [name for name in names if name not in found]:
        raise InputError(
            f"--accept-rows needs a tolerance of {', '.join(missing)}; give --tolerance"
            f" {missing[0]}=T, in the unit of the output"
        )
    return found


def accepted(args: argparse.Namespace, model: Model) -> int:
    """How many rows of --accept-rows the model predicts: all of them. Raises InputError that names
    the first rows which it does not, or where none has an output to compare with."""
    source = open_for(args, args.accept_rows, model)
    outputs = {o.name: o for o in model.outputs if o.name in source.names}
    if not outputs:
        raise InputError(
            f"{args.accept_rows} has no column of an output; give rows with measured"
            f" {', '.join(model.output_names)}"
        )
    allowed = tolerances(args.tolerance, model, list(outputs))
    inputs = needed(model, source.names)
    columns = Columns(source, {**inputs, **outputs})
    count, wrong = 0, list[str]()
    for block in source.blocks():
        given = columns.read(block)[1]
        found = coordinates_of(model, {name: given[name] for name in inputs}, level_index=True)
        answers = model.evaluate(found.x, level_index=True)
        status = np.where(found.status < 0, found.status, answers.status)
        for row, line in enumerate(block.lines):
            count += 1
            if row in block.wrong:
                wrong.append(f"line {line}: {block.wrong[row]}")
            elif status[row] < 0:
                wrong.append(f"line {line}: {Status(int(status[row])).label}")
            else:
                values = dict(zip(model.output_names, answers.value[row], strict=True))
                wrong += [
                    f"line {line}: {name} is {values[name]:.6g}, measured {given[name][row]:.6g},"
                    f" tolerance {limit:g}"
                    for name, limit in allowed.items()
                    if not abs(values[name] - given[name][row]) <= limit  # an empty cell, too
                ]
    columns.finish()
    if not count:
        raise InputError(f"{args.accept_rows} has no rows below its header; give a table with rows")
    if wrong:
        more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise InputError(
            f"the model does not predict the acceptance rows ({'; '.join(wrong[:SHOWN])}{more}); it"
            " is not installed"
        )
    return count
