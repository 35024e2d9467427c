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
from ..columns import input_rows
from ..console import ANSWERED, NO_VALUE, emit, table
from ..options.dialect import add_dialect
from ..trusted.options import add_trust

LIMITS = {
    "max-change": "the largest change anywhere in the shared domain",
    "max-rms-change": "the root mean square of the change over it",
    "max-change-at-rows": "the largest change at the rows of --data",
    "max-rms-change-at-rows": "the root mean square of the change at these rows",
}
HELP = "what changed from one model, or release, to the next"


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge compare`."""
    parser.add_argument("old", metavar="OLD", help="an .sna file, or the folder of a release")
    parser.add_argument("new", metavar="NEW", help="the same of the new one")
    parser.add_argument("-o", "--output", metavar="FILE.html", help="a page of the comparison")
    parser.add_argument(
        "--data",
        metavar="ROWS.csv",
        help="rows (inputs; other columns are ignored) at which both are asked, too: where inputs"
        " go together as they do in the process",
    )
    for key, what in LIMITS.items():
        parser.add_argument(
            f"--{key}",
            action="append",
            default=[],
            metavar="OUTPUT=AMOUNT",
            help=f"allow at most so much for {what}; exit code 3 where it is more; may be repeated",
        )
    add_dialect(parser)
    add_trust(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print what changed; returns 0, or 3 where it is more than allowed."""
    from sna_export.release.comparison import compared
    from sna_export.release.comparison_page import comparison_page

    old, new = (_load(args, path) for path in (args.old, args.new))
    if args.output:
        writable(args.output, args.old, args.new, args.data)
    limits = {key: _amounts(new, key, getattr(args, key.replace("-", "_"))) for key in LIMITS}
    if not args.data and any(limits[key] for key in LIMITS if key.endswith("rows")):
        raise InputError("a limit at rows needs the rows; give --data ROWS.csv")
    rows = input_rows(args, args.data, new) if args.data else None
    told = compared(old, new, limits, rows)
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


def _amounts(model: Model, key: str, texts: Sequence[str]) -> dict[str, float]:
    """{output: amount in its unit}. Raises InputError."""
    given = assignments(texts, model.output_names)
    found = {name: output_value(model, name, text) for name, text in given.items()}
    for name, amount in found.items():
        if amount < 0:
            raise InputError(f"--{key} {name} is {amount:g}; give an amount of 0 or more")
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
