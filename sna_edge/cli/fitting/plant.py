"""Options of `fit` for tables of a plant, each a keyword of `sna_export.fit.fit` of the same
name."""

from __future__ import annotations

import argparse
from typing import Any

from ..options.stated import repeated, switch, value

PLANT = (
    value("--weights", "COL", "column of how much each row counts (only ratios matter; 0: not at"
          " all)"),
    repeated("--error", "[COL=]COL", "column of the standard deviation of each measurement of the"
             " target, in its unit (TARGET=COL with several targets)", default=[]),
    switch("--known-groups", "make the groups of --groups an input: known ones have their offset, a"
           " new one is 'new'"),
    repeated("--lag", "SENSOR[=ROWS]", "take a sensor so many rows earlier in the order of --time;"
             " without a number the lag is estimated", default=[]),
    switch("--below-detection", "take cells of targets as <0.5 or >100 for what they say: limits of"
           " what the gauge reads"),
    repeated("--resolution", "[COL=]STEP", "the step that the gauge of a target rounds to, in its"
             " unit: no interval is narrower", default=[]),
)  # fmt: skip


def asked(args: argparse.Namespace) -> dict[str, Any]:
    """What `fit` is to be called with beside the rest."""
    return {option.name: getattr(args, option.name) for option in PLANT}
