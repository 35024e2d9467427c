"""The options of `sna-edge chart`, and which charts each is for."""

from __future__ import annotations

import argparse

from ...quality.charts import CHARTS, SETS
from ...quality.charts.rules import USUAL
from ..arguments import add_json
from ..options.dialect import add_dialect
from ..options.stated import several, state, value
from .logged import OF

WAYS = {"range": "moving range", "deviation": "standard deviation"}
SINGLE = ("individuals", "ewma", "cusum")
"""Charts of single values."""

VALUES = (
    value("table", "TABLE", "rows in the order of the process", nargs="?"),
    value("--chart", "NAME", f"{', '.join(CHARTS)} (default: %(default)s)", choices=tuple(CHARTS),
          default="individuals"),
    several("--column", "C", "the column; with t2 several; with p that of the bad parts of a"
            " sample"),
    value("--subgroup", "N|C", "rows of a subgroup, or the column that says which one a row is of",
          of=("xbar-r", "xbar-s", "ewma", "cusum", "t2")),
    value("--size", "N|C", "with p: parts of a sample, a number or their column", of=("p",)),
    several("--log", "LOG", "answers of watch in place of a table"),
    value("--output", "NAME", "with --log: which output"),
    value("--of", "WHAT", f"with --log: {', '.join(OF)} (measured less predicted) (default:"
          " %(default)s)", choices=OF, default=OF[0]),
)  # fmt: skip
JUDGED = (
    value("--reference", "N|A:B", "points that limits are made from: the first N, or A to B"
          " (default: all)"),
    value("--rules", "NAMES", f"{', '.join(SETS)}, or keys of rules (default: %(default)s)",
          default=USUAL),
    value("--sigma-by", "WAY", "how single values scatter: range (of neighbours, the default) or"
          " deviation (of all)", choices=tuple(WAYS), of=SINGLE),
    value("--center", "X", "the centre line, in place of that of the reference", type=float,
          of=SINGLE),
    value("--sigma", "X", "the standard deviation of a point, in place of that of the reference",
          type=float, of=SINGLE),
)  # fmt: skip
TUNED = (
    value("--weight", "X", "with ewma: the weight of the newest value (default 0.2)", type=float,
          of=("ewma",)),
    value("--reach", "X", "with ewma and cusum: limits in standard deviations (default 2.962 and"
          " 5)", type=float, of=("ewma", "cusum")),
    value("--slack", "X", "with cusum: half of the shift to be found, in sigma (default 0.5)",
          type=float, of=("cusum",)),
    value("--head", "X", "with cusum: where the sums begin, in sigma (default 0)", type=float,
          of=("cusum",)),
    value("--alpha", "X", "with t2: how often a point signals falsely (default 0.0027)", type=float,
          of=("t2",)),
)  # fmt: skip
"""Keywords of charts."""
PICTURE = (value("--plot", "FILE", "the chart as .svg, .png or .pdf"),)


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge chart`."""
    state(parser, VALUES, JUDGED, TUNED, PICTURE)
    add_dialect(parser)
    add_json(parser)
