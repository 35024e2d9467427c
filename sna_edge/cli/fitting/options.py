"""The options of `sna-edge fit`: the one place where they are named. Command line and recipe read
this parser; what `fit` in Python is called with is made of it in `one_fit`."""

from __future__ import annotations

import argparse

from ..arguments import add_json
from ..options.dialect import add_dialect
from ..options.stated import choice, repeated, several, state, switch, value
from .likelihood import LIKELIHOOD
from .plant import PLANT
from .shape import SHAPE

EFFORTS = ("quick", "normal", "thorough")
LINKS = ("auto", "identity", "exp", "logistic")

COLUMNS = (
    value("table", "TABLE.csv", "one row per measurement, column names in the header; CSV in any"
          " dialect, .xlsx or .parquet", nargs="?"),
    repeated("--target", "COL", "the column to predict; may be repeated", default=[]),
    repeated("--inputs", "A,B", "columns to predict from (default: all others)"),
    repeated("--derive", "'NAME = FORMULA'", "an input computed from columns, on the device from"
             " raw readings: + - * / **, sqrt, exp, log, abs, min, max;"
             " 'energy [J/mm2] = power / (speed * hatch)'; may be repeated", default=[]),
    value("--base", "OTHER.sna", "what is known of the targets, physics or an older model: the rows"
          " say what differs from it, and the sum is one model"),
    repeated("--categorical", "A,B", "inputs that are categorical: levels instead of a scale"),
    several("--units", "NAME=UNIT", "units of columns (default: from the header or a row of"
            " units)"),
    choice("--link", LINKS, "exp for positive outputs, logistic for shares of 0 to 1"
           " (default: auto)", default="auto"),
    several("--domain", "NAME=LO:HI", "domain of an input (default: its range in the table)"),
)  # fmt: skip
"""What is predicted from what, and what is known of each."""
ROWS = (
    value("--groups", "COL", "column of batches, parts or machines: rows of one are held out"
          " together"),
    value("--time", "COL", "column of times (numbers or dates): rows are predicted from earlier"
          " ones alone"),
    choice("--missing", ("refuse", "drop", "model"), "rows with a missing cell, such as those of a"
           " plan not measured yet: refuse the table (default), drop: leave them out and say how"
           " many, model: rows that lack an input take part, and the model answers without that"
           " reading", default="refuse"),
    value("--holdout", "20%|groups|last", "rows kept out of the whole fit; what its model says to"
          " them is printed"),
    repeated("--gage", "[COL=]FILE", "gauge study of a target: a table of part, operator,"
             " measurement"),
    switch("--robust", "leave out rows that look wrong; they are listed with and without it"),
)  # fmt: skip
"""Which rows count, and which belong together."""
EFFORT = (
    value("--seed", "N", "random seed; same seed and table, same model (default: 0)", type=int,
          default=0),
    choice("--effort", EFFORTS, "quick: a first model in about a tenth of the time; thorough:"
           " several times as long; what a level leaves out is printed", default="normal"),
    value("--time-limit", "S", "seconds for reading, fitting and writing; what was cut short is"
          " listed", type=float),
)  # fmt: skip
WRITTEN = (
    switch("--plain", "values and one interval width alone: a file of format 1.0, for older"
           " readers"),
    switch("--learning-curve", "error on held-out rows by the number of rows, and whether more"
           " would help: fifteen quick fits, about as long as the fit itself"),
    value("--report", "FILE.html", "also write an HTML report with plots"),
    value("-o --output", "MODEL", "the .sna file to write"),
    value("--per", "COL", "a model for each level of this column; {} in -o is the level (default:"
          " before .sna)"),
)  # fmt: skip
RECIPE = (
    value("--config", "FILE.toml", "options from a recipe, of one fit or of many ([[product]]);"
          " options given here count instead of the recipe's, and differences of the table are"
          " listed"),
    value("--recipe", "FILE.toml", "where to write the recipe of this fit (default: beside the"
          " model, as MODEL.fit.toml; none: nowhere)"),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge fit`."""
    state(parser, COLUMNS, ROWS, SHAPE, PLANT, LIKELIHOOD)
    add_dialect(parser)
    state(parser, EFFORT, WRITTEN, RECIPE)
    add_json(parser)
