"""Options of `fit` that say what is likely: labels, counts, positive numbers."""

from __future__ import annotations

import argparse
from typing import Any

from ..arguments import share_of, split_names
from ..options.stated import choice, value

FAMILIES = ("auto", "gaussian", "bernoulli", "multinomial", "ordinal", "poisson", "gamma")
LIKELIHOOD = (
    choice("--family", FAMILIES, "likelihood of the target: gaussian numbers, bernoulli (two"
           " labels), multinomial (several), ordinal (ordered), poisson counts, gamma (positive,"
           " the scatter a share of the value) (default: auto: labels where the column holds text,"
           " else gaussian)", default="auto"),
    value("--positive", "LABEL", "of two labels the one whose probability is the answer (default:"
          " the last one sorted)"),
    value("--threshold", "P", "probability from which on the positive label is answered (default:"
          " 0.5)"),
    value("--order", "A,B,C", "ordered labels, from low to high (ordinal)"),
    value("--exposure", "COL", "column of hours, parts or areas that counts are of; the model gives"
          " the rate"),
)  # fmt: skip


def likelihood(args: argparse.Namespace) -> dict[str, Any]:
    """What `fit` is to be called with beside the rest."""
    given = {} if args.threshold is None else {"threshold": share_of("--threshold", args.threshold)}
    order = tuple(split_names(args.order)) if args.order else ()
    return {
        "family": args.family, "positive": args.positive, "order": order,
        "exposure": args.exposure, **given,
    }  # fmt: skip
