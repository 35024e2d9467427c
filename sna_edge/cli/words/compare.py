"""What changed from one model to the next: predictions over the domain that both have (the
difference of two models is a model: its mean and root mean square are exact, its largest value is
enclosed) and on the reference rows of the old file; inputs, outputs, units and domains; intervals.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import InputError
from ...files import load_trusted
from ...model import Model
from ...signing import configured_keys
from ..arguments import add_json, assignments, output_value, writable
from ..console import ANSWERED, NO_VALUE, emit, table
from ..trusted.options import add_trust

HELP = "what changed from one model, or release, to the next"


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge compare`."""
    parser.add_argument("old", metavar="OLD", help="an .sna file, or the folder of a release")
    parser.add_argument("new", metavar="NEW", help="the same of the new one")
    parser.add_argument("-o", "--output", metavar="FILE.html", help="a page of the comparison")
    for flag, what in (
        ("--max-change", "the largest change anywhere in the shared domain"),
        ("--max-rms-change", "the root mean square of the change over it"),
    ):
        parser.add_argument(
            flag,
            action="append",
            default=[],
            metavar="OUTPUT=AMOUNT",
            help=f"allow at most so much for {what}; exit code 3 where it is more; may be repeated",
        )
    add_trust(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print what changed; returns 0, or 3 where it is more than allowed."""
    from sna_export.release.comparison import CHANGE, RMS, compared
    from sna_export.release.comparison_page import comparison_page

    old, new = (_load(args, path) for path in (args.old, args.new))
    if args.output:
        writable(args.output, args.old, args.new)
    limits = {
        key: _amounts(new, flag, texts)
        for key, flag, texts in (
            (CHANGE, "--max-change", args.max_change),
            (RMS, "--max-rms-change", args.max_rms_change),
        )
    }
    told = compared(old, new, limits)
    if args.output:
        title = f"{os.path.basename(args.old)} and {os.path.basename(args.new)}"
        comparison_page(told, old, new, title).write(args.output)
    broken = bool(told["gate"]["broken"])
    answer = {"status": "too_different" if broken else "ok", "output": args.output, **told}
    emit(args, answer, lines_of(told))
    return NO_VALUE if broken else ANSWERED


def _load(args: argparse.Namespace, path: str) -> Model:
    from sna_export.release import model_of

    place, _ = model_of(path)
    keys = configured_keys(args.keys)
    return load_trusted(place, "numpy", keys, insecure=args.insecure)[0]


def _amounts(model: Model, flag: str, texts: Sequence[str]) -> dict[str, float]:
    """{output: amount in its unit}. Raises InputError."""
    given = assignments(texts, model.output_names)
    found = {name: output_value(model, name, text) for name, text in given.items()}
    for name, amount in found.items():
        if amount < 0:
            raise InputError(f"{flag} {name} is {amount:g}; give an amount of 0 or more")
    return found


def lines_of(told: Mapping[str, Any]) -> list[str]:
    """A comparison as a table and sentences."""
    rows = [
        [one["output"], one["unit"] or "-", f"{one['mean']:+.3g}",
         f"{one['rms']:.3g}{'' if one['exact'] else ' (sampled)'}", f"{one['largest']:.3g}",
         f"{one['bound']:.3g}", _rows(told, one["output"])]
        for one in told["changes"]
    ]  # fmt: skip
    head = ["new - old", "unit", "mean", "RMS", "largest found", "bound", "on old reference rows"]
    return [*(table(head, rows) if rows else []), *told["said"]]


def _rows(told: Mapping[str, Any], output: str) -> str:
    rows = told["reference_rows"]
    largest = rows and rows["outputs"][output]["largest"]
    return "-" if largest is None else f"{largest:.3g}"
