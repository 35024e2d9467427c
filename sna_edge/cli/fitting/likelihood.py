"""Options of `fit` that say what is likely: labels, counts, positive numbers."""

from __future__ import annotations

import argparse
from typing import Any

from ..arguments import share_of, split_names

FAMILIES = ("auto", "gaussian", "bernoulli", "multinomial", "ordinal", "poisson", "gamma")


def add_likelihood(parser: argparse.ArgumentParser) -> None:
    """--family and what it needs."""
    parser.add_argument(
        "--family",
        choices=FAMILIES,
        default="auto",
        help="likelihood of the target: gaussian numbers, bernoulli (two labels), multinomial"
        " (several), ordinal (ordered), poisson counts, gamma (positive, the scatter a share of"
        " the value) (default: auto: labels where the column holds text, else gaussian)",
    )
    parser.add_argument(
        "--positive",
        metavar="LABEL",
        help="of two labels the one whose probability is the answer (default: the last one sorted)",
    )
    parser.add_argument(
        "--threshold",
        metavar="P",
        help="probability from which on the positive label is answered (default: 0.5)",
    )
    parser.add_argument(
        "--order", metavar="A,B,C", help="ordered labels, from low to high (ordinal)"
    )
    parser.add_argument(
        "--exposure",
        metavar="COL",
        help="column of hours, parts or areas that counts are of; the model gives the rate",
    )


def likelihood(args: argparse.Namespace) -> dict[str, Any]:
    """What `fit` is to be called with beside the rest."""
    given = {} if args.threshold is None else {"threshold": share_of("--threshold", args.threshold)}
    order = tuple(split_names(args.order)) if args.order else ()
    return {
        "family": args.family, "positive": args.positive, "order": order,
        "exposure": args.exposure, **given,
    }  # fmt: skip
