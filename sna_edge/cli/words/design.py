"""Plan which rows to measure: a starting plan, or the rows that fill the gaps between measured
ones. The table has an empty column for each target and comes back to `sna-edge fit` as it is.
Example: sna-edge design --input power=100:400 speed=500:2000 --levels gas=Ar,N2 --step power=5
--where 'power / speed <= 0.4' --rows 24 --target depth -o plan.csv"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ..arguments import add_json, assignment, assignments, number, split_names, writable
from ..console import emit, table
from ..dialect_options import add_dialect, declared
from .fit import interval

if TYPE_CHECKING:
    from sna_export.design import Measured, Plan, Space
    from sna_export.design.stated import Stated

HELP = "plan which rows to measure"
SHOWN = 8
"""Rows printed at most; the file has all."""
DEFAULTS = {"method": "lhs", "terms": "quadratic", "centre": 0, "replicates": 1, "seed": 0}


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge design`."""
    many: dict[str, Any] = {"nargs": "+", "action": "extend", "default": []}
    parser.add_argument(
        "plan",
        nargs="?",
        metavar="PLAN.toml",
        help="a file with the same entries as these options, which overrule it",
    )
    parser.add_argument(
        "--input", **many, metavar="NAME=LO:HI", help="an input that is set, and its range"
    )
    parser.add_argument(
        "--levels", **many, metavar="NAME=A,B", help="a categorical input and its levels"
    )
    parser.add_argument(
        "--step",
        **many,
        metavar="NAME=S",
        help="settings are multiples of S (default: a decimal below a thousandth of the range)",
    )
    parser.add_argument(
        "--at", **many, metavar="NAME=VALUE", help="an input that stays at one value"
    )
    parser.add_argument("--units", **many, metavar="NAME=UNIT", help="units of inputs")
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="RULE",
        help="a rule that all rows keep, such as 'power / speed <= 0.4'; may be repeated",
    )
    parser.add_argument(
        "--target",
        action="append",
        default=[],
        metavar="COL",
        help="a column that is measured: empty in the plan",
    )
    parser.add_argument("--rows", type=int, metavar="N", help="how many different rows to plan")
    parser.add_argument(
        "--measured",
        metavar="ROWS.csv",
        help="rows that exist: the new ones fill the gaps between them",
    )
    parser.add_argument(
        "--method",
        metavar="NAME",
        help="lhs (maximin Latin hypercube, the default), sobol (scrambled sequence) or d-optimal",
    )
    parser.add_argument(
        "--terms",
        metavar="NAME",
        help="of the model for d-optimal: linear, interactions or quadratic (default)",
    )
    parser.add_argument(
        "--centre", type=int, metavar="N", help="N more rows in the middle of all ranges"
    )
    parser.add_argument(
        "--replicates", type=int, metavar="N", help="measure every row N times (default: 1)"
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="random seed; same seed, same plan (default: 0)"
    )
    parser.add_argument(
        "--report", metavar="FILE.html", help="also write a page with a picture of every pair"
    )
    parser.add_argument("-o", "--output", metavar="OUT.csv", help="the table to write")
    add_dialect(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Plan, write the table and say how it was chosen; returns the exit code."""
    if not args.output:
        raise InputError("a plan is written to a table; add -o OUT.csv")
    for path in filter(None, (args.output, args.report)):
        writable(path, args.plan, args.measured)
    from sna_export.design import starting_plan, write_csv

    stated = _stated(args)
    space = stated.space()
    entry = {**DEFAULTS, **stated.other}
    targets = split_names(entry.get("targets", []))
    present = _measured(args, space)
    if entry.get("rows") is None:
        raise InputError("how many rows to plan is not said; give --rows N")
    plan = starting_plan(
        space,
        entry["rows"],
        method=entry["method"],
        terms=entry["terms"],
        present=None if present is None else present.x,
        centre=entry["centre"],
        replicates=entry["replicates"],
        seed=entry["seed"],
    )
    write_csv(args.output, space, plan.x, targets)
    if args.report:
        _report(args.report, plan, present)
    emit(args, _answer(args, plan, targets), _lines(args, plan))
    return 0


def _stated(args: argparse.Namespace) -> Stated:
    """What the options say, over what the file says."""
    from sna_export.design.stated import Stated, read_stated

    named = ("rows", "method", "terms", "seed", "centre", "replicates")
    options = Stated(
        ranges=dict(interval(text, "--input") for text in args.input),
        steps={n: number(f"the step of {n}", t) for n, t in assignments(args.step).items()},
        levels={n: tuple(split_names(t)) for n, t in map(assignment, args.levels)},
        units=assignments(args.units),
        at=assignments(args.at),
        where=tuple(args.where),
        other={**{k: getattr(args, k) for k in named}, "targets": split_names(args.target)},
    )
    return options.over(read_stated(args.plan) if args.plan else Stated())


def _measured(args: argparse.Namespace, space: Space) -> Measured | None:
    """The rows of --measured, at the inputs of the plan."""
    if not args.measured:
        return None
    from sna_export.design import measured_rows
    from sna_export.table import read

    return measured_rows(read(args.measured, **declared(args)), space)


def _report(path: str, plan: Plan, present: Measured | None) -> None:
    from sna_export.design.picture import plan_page

    plan_page(plan, None if present is None else present.x).write(path)


def _answer(args: argparse.Namespace, plan: Plan, targets: list[str]) -> dict[str, Any]:
    rows = [
        {f.name: f.levels[int(v)] if f.levels else v for f, v in zip(plan.space.factors, row)}
        for row in plan.x.tolist()
    ]
    return {
        "status": "ok",
        "output": args.output,
        "rows": rows,
        "chosen": plan.said,
        "targets": targets,
    }


def _lines(args: argparse.Namespace, plan: Plan) -> list[str]:
    space = plan.space
    shown = [[f.written(v) for f, v in zip(space.factors, row)] for row in plan.x[:SHOWN].tolist()]
    more = [f"... {len(plan.x) - SHOWN} more"] if len(plan.x) > SHOWN else []
    return [
        f"{args.output}: {len(plan.x)} rows, {plan.said}, in random order",
        *table(space.names, shown),
        *more,
        *([f"wrote {args.report}"] if args.report else []),
    ]
