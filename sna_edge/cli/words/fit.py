"""Fit a model to a measured table. Order, rank, smoothness and link are chosen by
cross-validation."""

from __future__ import annotations

import argparse

from ..console import ANSWERED, STOPPED, emit
from ..fitting.one_fit import fit_one
from ..fitting.options import configure

HELP = "fit a model to a measured table"

__all__ = ["HELP", "configure", "run"]


def run(args: argparse.Namespace) -> int:
    """Read the table, fit, write the model and say how it was chosen; returns the exit code."""
    answer, lines = fit_one(args)
    emit(args, answer, lines)
    return STOPPED if answer["stopped"] else ANSWERED
