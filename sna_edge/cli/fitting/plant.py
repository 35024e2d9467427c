"""Options of `fit` for tables of a plant, one line of a table each: command line, `fit` and help
read it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Option:
    """flag of the command line, keyword of `sna_export.fit.fit`, what its value is called, help;
    many: it may be given several times, for a list; alone: it has no value."""

    flag: str
    keyword: str
    metavar: str
    help: str
    many: bool = False
    alone: bool = False


OPTIONS = (
    Option(
        "--weights",
        "weights",
        "COL",
        "column of how much each row counts (only ratios matter; 0: not at all)",
    ),
    Option(
        "--error",
        "error",
        "[COL=]COL",
        "column of the standard deviation of each measurement of the target, in its unit"
        " (TARGET=COL with several targets)",
        many=True,
    ),
    Option(
        "--known-groups",
        "known_groups",
        "",
        "make the groups of --groups an input: known ones have their offset, a new one is 'new'",
        alone=True,
    ),
    Option(
        "--lag",
        "lag",
        "SENSOR[=ROWS]",
        "take a sensor so many rows earlier in the order of --time; without a number the lag is"
        " estimated",
        many=True,
    ),
    Option(
        "--below-detection",
        "below_detection",
        "",
        "take cells of targets as <0.5 or >100 for what they say: limits of what the gauge reads",
        alone=True,
    ),
    Option(
        "--resolution",
        "resolution",
        "[COL=]STEP",
        "the step that the gauge of a target rounds to, in its unit: no interval is narrower",
        many=True,
    ),
)


def add_plant(parser: argparse.ArgumentParser) -> None:
    """The options of the table."""
    for option in OPTIONS:
        given: dict[str, Any] = {"metavar": option.metavar}
        if option.many:
            given |= {"action": "append", "default": []}
        if option.alone:
            given = {"action": "store_true"}
        parser.add_argument(option.flag, help=option.help, **given)


def asked(args: argparse.Namespace) -> dict[str, Any]:
    """What `fit` is to be called with beside the rest."""
    return {option.keyword: getattr(args, option.flag[2:].replace("-", "_")) for option in OPTIONS}
