"""Fit a model to a measured table. Order, rank, smoothness and link are chosen by
cross-validation."""

from __future__ import annotations

import argparse

from ..console import ANSWERED, STOPPED, USAGE, emit
from ..fitting.one_fit import fit_one
from ..fitting.options import configure
from ..fitting.products import fit_each, fits_of

HELP = "fit a model to a measured table"

__all__ = ["HELP", "configure", "run"]


def run(args: argparse.Namespace) -> int:
    """Read the table, fit, write the model and say how it was chosen; returns the exit code."""
    fits = fits_of(args, args.argv)
    if len(fits) > 1:
        answer, lines = fit_each(fits)
        emit(args, answer, lines)
        if answer["stopped"]:
            return STOPPED
        return ANSWERED if answer["status"] == "ok" else USAGE
    answer, lines = fit_one(fits[0])
    emit(args, answer, lines)
    return STOPPED if answer["stopped"] else ANSWERED
