"""`inverse --plot`: the answer as a picture."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from ...errors import InputError
from ...inverse.query.answer import Answer, Roots
from ...model import Model
from ..arguments import writable


def checked(args: argparse.Namespace) -> None:
    """Before long work: raises InputError where --plot cannot be written, or the answer will be
    none that is drawn."""
    if not args.plot:
        return
    from sna_export.plot.canvas import format_of

    format_of(args.plot)
    writable(args.plot, args.model, args.observations)
    if args.observations and args.posterior is None:
        raise InputError(
            "--plot draws solutions and samples, not single estimates; add --posterior N"
        )
    if any(text.partition("=")[2].strip() in ("min", "max") for text in args.target):
        raise InputError("--plot draws solutions; leave it out with min and max")


def plotted(
    args: argparse.Namespace,
    found: Answer,
    model: Model | None = None,
    target: Mapping[str, float] | None = None,
    at: Mapping[str, object] | None = None,
) -> list[str]:
    """Write the picture of an answer where --plot asks for it; what to say of it."""
    if not args.plot:
        return []
    from sna_export import plot

    some: Any = found.intervals if isinstance(found, Roots) else ()
    if not len(found.x) and not len(some):
        return ["no picture: there is no solution to draw"]
    plot.save(plot.inverse(found, model, target, at), args.plot)
    return [f"wrote {args.plot}"]
