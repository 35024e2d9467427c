"""The options of `sna-edge refit`."""

from __future__ import annotations

import argparse

from ..arguments import add_json
from ..fitting.options import EFFORTS
from ..options.stated import choice, state, switch, value
from ..trusted.options import add_trust
from ..words.keygen import add_passphrase

HOLDOUT = "20%"

READ = (
    value("model", "MODEL", "the .sna file that has judged the parts, or its release"),
    value("log", "LOG", "answers of watch (--log), lines of JSON with parts and measured values, or"
          " tables of measured rows; what was rotated away from LOG is read, too; - reads stdin",
          nargs="+"),
    value("-o --output", "NEW.sna", "the .sna file to write"),
    value("--recipe", "FILE.toml", "the recipe that the fit of MODEL has written (default:"
          " MODEL.fit.toml)"),
    value("--table", "TABLE.csv", "the training table (default: the recipe's)"),
)  # fmt: skip
ROWS = (
    value("--since", "TIME", "only parts from this time on, a date such as 2012-07-01 or a number:"
          " what came as time or timestamp with the part"),
    value("--holdout", "20%|none", "share of the measured parts, the newest, that take no part in"
          f" the fit and say which model is better (default: {HOLDOUT}%)", default=HOLDOUT),
    value("--weight-new", "W", "each new part counts as much as W rows of the training table"
          " (default: as at the last refit, 1 at first)", type=float),
    value("--most-rows", "N", "rows of the fit at most; the first ones of the training table leave",
          type=int),
    value("--keep-table", "MERGED.csv", "where the table of the new fit goes, with the ids of parts"
          " (default: NEW.table.csv)"),
)  # fmt: skip
"""Which parts join which rows of the training table."""
DECIDED = (
    switch("--dry-run", "count what would be fitted, and write nothing"),
    switch("--accept", "write the new model also where it errs more on the newest parts"),
    choice("--effort", EFFORTS, "of the fit (default: that of the recipe)"),
    value("--time-limit", "S", "seconds for the fit (default: the recipe's)", type=float),
    value("--report", "FILE.html", "also write the HTML report of the new fit"),
    value("--sign", "NAME.key", "sign the new model with this private key, as the version of MODEL"
          " plus 1"),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge refit`."""
    state(parser, READ, ROWS, DECIDED)
    add_passphrase(parser)
    add_trust(parser)
    add_json(parser)
