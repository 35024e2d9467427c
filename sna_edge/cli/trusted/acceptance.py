"""Rows of a user's own that a model has to predict before it is taken: measured inputs and outputs,
and how far a prediction may be off."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ...errors import InputError
from ...model import Model
from ...serving import predicts
from ..arguments import assignments, number
from ..options.dialect import add_dialect, open_for


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


def accepted(args: argparse.Namespace, model: Model) -> int:
    """How many rows of --accept-rows the model predicts: all of them. Raises InputError that names
    the first rows which it does not, or where none has an output to compare with."""
    source = open_for(args, args.accept_rows, model)
    return predicts(model, source, args.accept_rows, _tolerances(args.tolerance, model))


def _tolerances(texts: Sequence[str], model: Model) -> dict[str, float]:
    """{output: tolerance} in output units, "" for all. Raises InputError."""
    if len(texts) == 1 and "=" not in texts[0]:
        found = {"": number("--tolerance", texts[0])}
    else:
        given = assignments(texts, model.output_names)
        found = {name: number(f"the tolerance of {name}", text) for name, text in given.items()}
    for name, value in found.items():
        if value < 0:
            of = f" of {name}" if name else ""
            raise InputError(f"the tolerance{of} is {value:g}; give 0 or more")
    return found
