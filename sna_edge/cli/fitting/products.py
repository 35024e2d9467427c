"""Fits of a recipe: one, many products, or one for each level of a column."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from typing import Any

from ...errors import InputError, SnaError
from ..arguments import split_names
from ..console import table as lined
from ..options.dialect import declared
from .one_fit import fit_one
from .options import configure
from .recipe import called

PLACE = "{}"
"""What -o holds where the name of a level goes."""


def fits_of(args: argparse.Namespace, argv: Sequence[str]) -> list[argparse.Namespace]:
    """The fits that a call asks for. Raises InputError for a recipe that is none."""
    found = [args] if not args.config else [parsed(a) for a in called(args.config, argv)]
    for one in found:
        if not (one.table and one.target and one.output):
            lacks = "TABLE" if not one.table else "--target COL" if not one.target else "-o MODEL"
            raise InputError(
                f"a fit needs {lacks}; add it, or a recipe that says it (--config FILE)"
            )
    found = [level for one in found for level in _per(one)]
    outputs = [os.path.realpath(one.output) for one in found]
    twice = next((o for i, o in enumerate(outputs) if o in outputs[:i]), None)
    if twice:
        raise InputError(
            f"two fits would be written to {twice}; give every one an output of its own"
        )
    return found


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Arguments of `fit` read as on its command line."""
    from ..arguments import Parser

    parser = Parser(prog="sna-edge fit", allow_abbrev=False)
    configure(parser)
    return parser.parse_args(list(arguments))


def _per(args: argparse.Namespace) -> list[argparse.Namespace]:
    """One fit for every level of the column --per."""
    if not args.per:
        return [args]
    from sna_export.table import read

    cells = [cell for cell in read(args.table, **declared(args)).written(args.per) if cell]
    levels = sorted(set(cells))
    if not levels:
        raise InputError(f"column {args.per!r} of --per is empty; name one that tells rows apart")
    if 2 * len(levels) > max(len(cells), 2):
        raise InputError(
            f"column {args.per!r} of --per has {len(levels)} values in {len(cells)} rows, too few"
            " rows for a model of each; name a column of products, materials or machines"
        )
    named = [flag for flag in ("inputs", "target", "categorical", "groups") if args.per in
             split_names(getattr(args, flag))]  # fmt: skip
    if named:
        raise InputError(
            f"column {args.per!r} of --per is the same in all rows of a model; leave it out of"
            f" --{named[0]}"
        )
    return [
        argparse.Namespace(**{**vars(args), "output": _place(args.output, level), "level": level,
                              "report": args.report and _place(args.report, level)})
        for level in levels
    ]  # fmt: skip


def _place(path: str, level: str) -> str:
    """'m.sna' or 'm_{}.sna' of level 'A 1' -> 'm_A_1.sna'."""
    word = re.sub(r"[^\w.-]+", "_", level)
    if PLACE in path:
        return path.replace(PLACE, word)
    stem, end = os.path.splitext(path)
    return f"{stem}_{word}{end}"


def fit_each(fits: Sequence[argparse.Namespace]) -> tuple[dict[str, Any], list[str]]:
    """All fits, one after another; one that fails is named and does not end the others. Ctrl-C
    keeps the best of the one it meets, and the others are not begun."""
    answers: list[dict[str, Any]] = []
    rows: list[list[str]] = []
    lines: list[str] = []
    for one in fits:
        try:
            answer, _ = fit_one(one)
        except (SnaError, OSError) as error:
            answer = {"status": "bad_input", "output": one.output, "error": str(error)}
            lines.append(f"{one.output}: {error}")
        answers.append(answer)
        rows += _rows(one, answer)
        if answer.get("stopped"):
            left = len(fits) - len(answers)
            lines += [f"stopped: {left} more not begun"] if left else []
            break
    failed = sum(a["status"] != "ok" for a in answers)
    stopped = bool(answers) and bool(answers[-1].get("stopped"))
    status = "ok" if not failed else "bad_input"
    head = ["model", "rows", "output", "R2", "RMSE", "bytes"]
    said = f"{len(answers) - failed} of {len(fits)} models fitted"
    return {"status": status, "stopped": stopped, "products": answers}, [
        said,
        *lined(head, rows),
        *lines,
    ]


def _rows(one: argparse.Namespace, answer: dict[str, Any]) -> list[list[str]]:
    if answer["status"] != "ok":
        return [[one.output, "-", "-", "-", "-", "-"]]
    return [
        [one.output, str(answer.get("rows", "-")), name,
         *(f"{score[k]:.4g}" if k in score else "-" for k in ("r2", "rmse")), str(answer["bytes"])]
        for name, score in answer.get("outputs", {}).items()
    ]  # fmt: skip
