"""The options of `sna-edge plot`, and which pictures each is for."""

from __future__ import annotations

import argparse

from ..arguments import add_json, add_model
from ..options.dialect import add_dialect
from ..options.stated import several, state, value
from ..trusted.options import add_trust

WHAT = (
    "profile", "contour", "residuals", "sensitivity", "familiarity", "inverse", "sweep", "atoms",
    "learning",
)  # fmt: skip
SHOWN = ("value", "width", "probability", "familiarity")
UNKNOWNS, COUNT = 3, 300
"""Of an inverse question that names none."""

PICTURE = (
    value("--what", "NAME", f"what to draw: {', '.join(WHAT)} (default: %(default)s)",
          choices=WHAT, default="profile"),
    value("-o --output", "FILE", "the picture, .svg, .png or .pdf (default: MODEL-WHAT.svg in this"
          " folder)"),
)  # fmt: skip
DRAWN = (
    several("--at", "NAME=VALUE", "the setting; inputs that it leaves out are at a typical place",
            of=("profile", "contour", "familiarity", "inverse", "sweep")),
    several("--inputs", "A,B", "inputs to draw, of contour and familiarity two (default: those that"
            " change most)", of=("contour", "residuals", "familiarity", "atoms")),
    several("--outputs", "A,B", "outputs to draw (default: all)",
            of=("profile", "contour", "residuals", "sensitivity", "sweep", "learning")),
    value("--table", "FILE", "measured rows: for residuals, and as marks in the other pictures",
          of=("profile", "contour", "residuals", "familiarity")),
    several("--limits", "NAME=LO:HI", "limits of outputs, or a limits file",
            of=("profile", "contour", "inverse", "sweep")),
    value("--show", "NAME", f"with contour: {', '.join(SHOWN)} (default: value)", choices=SHOWN,
          of=("contour",)),
    several("--target", "NAME=VALUE", "with inverse: what to reach", of=("inverse",)),
    several("--unknown", "A,B", "with inverse: the inputs to solve for (default: the three that"
            " change most)", of=("inverse",)),
    value("--count", "N", f"with inverse: solutions (default: {COUNT})", type=int, of=("inverse",)),
    several("--scatter", "NAME=S", "with sweep: standard deviations of inputs (default: 1 %% of"
            " their domains)", of=("sweep",)),
    value("--level", "P", "level of the intervals, 95%% or 0.95",
          of=("profile", "contour", "residuals", "inverse")),
)  # fmt: skip
SIZE = (
    value("--size", "WxH", "inches, 8x5 (default: what panels need)"),
    value("--dpi", "N", "dots per inch of PNG, and of images inside the others (default: 150)",
          type=float, default=150.0),
)  # fmt: skip
SEED = (
    value("--seed", "N", "of drawn numbers", type=int, default=0, of=("inverse", "sweep")),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge plot`."""
    add_model(parser)
    add_trust(parser)
    state(parser, PICTURE, DRAWN, SIZE, SEED)
    add_dialect(parser)
    add_json(parser)
