"""The options of `sna-edge refit`."""

from __future__ import annotations

import argparse

from ..arguments import add_json
from ..fitting.options import EFFORTS
from ..trusted.options import add_trust
from ..words.keygen import add_passphrase

HOLDOUT = "20%"


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge refit`."""
    parser.add_argument(
        "model", metavar="MODEL", help="the .sna file that has judged the parts, or its release"
    )
    parser.add_argument(
        "log",
        metavar="LOG",
        nargs="+",
        help="answers of watch (--log), lines of JSON with parts and measured values, or tables of"
        " measured rows; what was rotated away from LOG is read, too; - reads stdin",
    )
    parser.add_argument("-o", "--output", metavar="NEW.sna", help="the .sna file to write")
    parser.add_argument(
        "--recipe",
        metavar="FILE.toml",
        help="the recipe that the fit of MODEL has written (default: MODEL.fit.toml)",
    )
    parser.add_argument(
        "--table", metavar="TABLE.csv", help="the training table (default: the recipe's)"
    )
    parser.add_argument(
        "--since",
        metavar="TIME",
        help="only parts from this time on, a date such as 2012-07-01 or a number: what came as"
        " time or timestamp with the part",
    )
    parser.add_argument(
        "--holdout",
        default=HOLDOUT,
        metavar="20%|none",
        help="share of the measured parts, the newest, that take no part in the fit and say which"
        f" model is better (default: {HOLDOUT})".replace("%", "%%"),
    )
    parser.add_argument(
        "--weight-new",
        type=float,
        metavar="W",
        help="each new part counts as much as W rows of the training table (default: as at the last"
        " refit, 1 at first)",
    )
    parser.add_argument(
        "--most-rows",
        type=int,
        metavar="N",
        help="rows of the fit at most; the first ones of the training table leave",
    )
    parser.add_argument(
        "--keep-table",
        metavar="MERGED.csv",
        help="where the table of the new fit goes, with the ids of parts (default: NEW.table.csv)",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="count what would be fitted, and write nothing"
    )
    parser.add_argument(
        "--accept",
        action="store_true",
        help="write the new model also where it errs more on the newest parts",
    )
    parser.add_argument(
        "--effort", choices=EFFORTS, help="of the fit (default: that of the recipe)"
    )
    parser.add_argument(
        "--time-limit", type=float, metavar="S", help="seconds for the fit (default: the recipe's)"
    )
    parser.add_argument(
        "--report", metavar="FILE.html", help="also write the HTML report of the new fit"
    )
    parser.add_argument(
        "--sign",
        metavar="NAME.key",
        help="sign the new model with this private key, as the version of MODEL plus 1",
    )
    add_passphrase(parser)
    add_trust(parser)
    add_json(parser)
