"""The options of `sna-edge fit`: the one place where they are named. Command line and recipe read
this parser; what `fit` in Python is called with is made of it in `one_fit`."""

from __future__ import annotations

import argparse

from ..arguments import add_json
from ..dialect_options import add_dialect
from .likelihood import add_likelihood
from .plant import add_plant
from .shape import add_shape

EFFORTS = ("quick", "normal", "thorough")
LINKS = ("auto", "identity", "exp", "logistic")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge fit`."""
    text = (
        "one row per measurement, column names in the header; CSV in any dialect, .xlsx or .parquet"
    )
    parser.add_argument("table", nargs="?", metavar="TABLE.csv", help=text)
    parser.add_argument(
        "--target",
        action="append",
        default=[],
        metavar="COL",
        help="the column to predict; may be repeated",
    )
    parser.add_argument(
        "--inputs",
        action="append",
        metavar="A,B",
        help="columns to predict from (default: all others)",
    )
    parser.add_argument(
        "--derive",
        action="append",
        default=[],
        metavar="'NAME = FORMULA'",
        help="an input computed from columns, on the device from raw readings: + - * / **, sqrt,"
        " exp, log, abs, min, max; 'energy [J/mm2] = power / (speed * hatch)'; may be repeated",
    )
    parser.add_argument(
        "--base",
        metavar="OTHER.sna",
        help="what is known of the targets, physics or an older model: the rows say what differs"
        " from it, and the sum is one model",
    )
    parser.add_argument(
        "--categorical",
        action="append",
        metavar="A,B",
        help="inputs that are categorical: levels instead of a scale",
    )
    parser.add_argument(
        "--units",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=UNIT",
        help="units of columns (default: from the header or a row of units)",
    )
    parser.add_argument(
        "--link",
        choices=LINKS,
        default="auto",
        help="exp for positive outputs, logistic for shares of 0 to 1 (default: auto)",
    )
    parser.add_argument(
        "--domain",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=LO:HI",
        help="domain of an input (default: its range in the table)",
    )
    parser.add_argument(
        "--groups",
        metavar="COL",
        help="column of batches, parts or machines: rows of one are held out together",
    )
    parser.add_argument(
        "--time",
        metavar="COL",
        help="column of times (numbers or dates): rows are predicted from earlier ones alone",
    )
    parser.add_argument(
        "--missing",
        choices=("refuse", "drop", "model"),
        default="refuse",
        help="rows with a missing cell, such as those of a plan not measured yet: refuse the table"
        " (default), drop: leave them out and say how many, model: rows that lack an input take"
        " part, and the model answers without that reading",
    )
    parser.add_argument(
        "--holdout",
        metavar="20%|groups|last",
        help="rows kept out of the whole fit; what its model says to them is printed",
    )
    parser.add_argument(
        "--gage",
        action="append",
        metavar="[COL=]FILE",
        help="gauge study of a target: a table of part, operator, measurement",
    )
    parser.add_argument(
        "--robust",
        action="store_true",
        help="leave out rows that look wrong; they are listed with and without it",
    )
    add_shape(parser)
    add_plant(parser)
    add_likelihood(parser)
    add_dialect(parser)
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="random seed; same seed and table, same model (default: 0)",
    )
    parser.add_argument(
        "--effort",
        choices=EFFORTS,
        default="normal",
        help="quick: a first model in about a tenth of the time; thorough: several times as long;"
        " what a level leaves out is printed",
    )
    parser.add_argument(
        "--time-limit",
        type=float,
        metavar="S",
        help="seconds for reading, fitting and writing; what was cut short is listed",
    )
    parser.add_argument(
        "--plain",
        action="store_true",
        help="values and one interval width alone: a file of format 1.0, for older readers",
    )
    parser.add_argument(
        "--learning-curve",
        action="store_true",
        help="error on held-out rows by the number of rows, and whether more would help: fifteen"
        " quick fits, about as long as the fit itself",
    )
    parser.add_argument(
        "--report", metavar="FILE.html", help="also write an HTML report with plots"
    )
    parser.add_argument("-o", "--output", metavar="MODEL", help="the .sna file to write")
    parser.add_argument(
        "--per",
        metavar="COL",
        help="a model for each level of this column; {} in -o is the level (default: before .sna)",
    )
    parser.add_argument(
        "--config",
        metavar="FILE.toml",
        help="options from a recipe, of one fit or of many ([[product]]); options given here count"
        " instead of the recipe's, and differences of the table are listed",
    )
    parser.add_argument(
        "--recipe",
        metavar="FILE.toml",
        help="where to write the recipe of this fit (default: beside the model, as MODEL.fit.toml;"
        " none: nowhere)",
    )
    add_json(parser)
