"""Plan which rows to measure: a starting plan (--rows), or the next experiment (--add): the rows
that tell most about a model, or most likely reach a target. The table has an empty column for each
target and comes back to `sna-edge fit` as it is. Examples: sna-edge design --input power=100:400
speed=500:2000 --levels gas=Ar,N2 --rows 24 --target depth -o plan.csv; sna-edge design --model
depth.sna --measured plan.csv --add 8 -o more.csv; sna-edge design --model depth.sna --measured
plan.csv --add 4 --target depth=38:42 -o try.csv"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...model import Model
from ..arguments import (
    add_json,
    assignment,
    assignments,
    checked_seed,
    number,
    split_names,
    writable,
)
from ..console import emit, table
from ..fitting.texts import interval
from ..options.dialect import add_dialect, declared
from ..options.stated import repeated, several, state, value
from ..trusted.options import add_trust, load_model

if TYPE_CHECKING:
    from sna_export.design import Measured, Plan, Space
    from sna_export.design.stated import Stated

HELP = "plan which rows to measure, first and next"
SHOWN = 8
"""Rows printed at most; the file has all."""
DEFAULTS: dict[str, Any] = {
    "rows": None,
    "targets": [],
    "method": "lhs",
    "terms": "quadratic",
    "centre": 0,
    "replicates": 1,
    "seed": 0,
}

INPUTS = (
    value("plan", "PLAN.toml", "a file with the same entries as these options, which overrule it",
          nargs="?"),
    several("--input", "NAME=LO:HI", "an input that is set, and its range"),
    several("--levels", "NAME=A,B", "a categorical input and its levels"),
    several("--step", "NAME=S", "settings are multiples of S (default: a decimal below a thousandth"
            " of the range)"),
    several("--at", "NAME=VALUE", "an input that stays at one value"),
    several("--units", "NAME=UNIT", "units of inputs"),
    repeated("--where", "RULE", "a rule that all rows keep, such as 'power / speed <= 0.4'; may be"
             " repeated", default=[]),
)  # fmt: skip
ROWS = (
    repeated("--target", "COL[=GOAL]", "a column that is measured: empty in the plan; with --add"
             " and a goal (min, max, 40 or 38:42) the rows are those that most likely reach it",
             default=[]),
    value("--rows", "N", "how many different rows to plan", type=int),
    value("--measured", "ROWS.csv", "rows that exist: --rows fills the gaps between them, --add"
          " learns from them; rows without a value are planned already"),
    value("--add", "N", "N rows that tell most, or most likely reach a goal", type=int),
    value("--model", "MODEL", "the .sna file that --add learns about (default: a Gaussian process"
          " of --measured)"),
    value("--cost", "FORMULA", "cost of a row, such as '1 + 0.01 * speed': rows are those worth"
          " most for it"),
)  # fmt: skip
CHOSEN = (
    value("--method", "NAME", "lhs (maximin Latin hypercube, the default), sobol (scrambled"
          " sequence) or d-optimal"),
    value("--terms", "NAME", "of the model for d-optimal: linear, interactions or quadratic"
          " (default)"),
    value("--centre", "N", "N more rows in the middle of all ranges", type=int),
    value("--replicates", "N", "measure every row N times (default: 1)", type=int),
    value("--seed", "N", "random seed; same seed, same plan (default: 0)", type=int),
)  # fmt: skip
WRITTEN = (
    value("--report", "FILE.html", "also write a page with a picture of every pair"),
    value("-o --output", "OUT.csv", "the table to write"),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge design`."""
    state(parser, INPUTS, ROWS, CHOSEN, WRITTEN)
    add_dialect(parser)
    add_trust(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Plan, write the table and say how it was chosen; returns the exit code."""
    if not args.output:
        raise InputError("a plan is written to a table; add -o OUT.csv")
    for path in filter(None, (args.output, args.report)):
        writable(path, args.plan, args.measured, args.model)
    from sna_export.design import write_csv

    stated = _stated(args)
    entry = {**DEFAULTS, **stated.other}
    if (entry["rows"] is None) == (args.add is None):
        raise InputError(
            "how many rows is not said, or twice; give --rows N for a plan or --add N for the next"
            " rows"
        )
    ask = _next if args.add is not None else _start
    checked_seed(entry["seed"])
    plan, targets, present = ask(args, stated, entry)
    _two_columns(plan.space.names, targets)
    write_csv(args.output, plan.space, plan.x, targets)
    if args.report:
        _report(args.report, plan, present)
    emit(args, _answer(args, plan, targets), _lines(args, plan))
    return 0


def _two_columns(inputs: list[str], targets: list[str]) -> None:
    """InputError for a target that is an input or stands twice: the table has one column of it."""
    for i, name in enumerate(targets):
        if name in inputs:
            raise InputError(f"target {name!r} is an input of the plan; name what is measured")
        if name in targets[:i]:
            raise InputError(f"target {name!r} is stated twice; state it once")


Found = tuple["Plan", list[str], "Measured | None"]
"""A plan, its columns to measure, and the rows that exist."""


def _start(args: argparse.Namespace, stated: Stated, entry: dict[str, Any]) -> Found:
    """A plan from ranges alone, beside the rows that exist."""
    from sna_export.design import starting_plan

    unused = [name for name in ("model", "cost") if getattr(args, name)]
    targets = split_names(entry["targets"])
    goals = [text for text in targets if "=" in text]
    if unused or goals:
        said = f"--{unused[0]}" if unused else f"--target {goals[0]}"
        raise InputError(f"{said} is for the next rows, not for a starting plan; give --add N")
    space = stated.space()
    present = _measured(args, space, [])
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
    return plan, targets, present


def _next(args: argparse.Namespace, stated: Stated, entry: dict[str, Any]) -> Found:
    """Rows by a model and its measured rows, or by these alone."""
    from sna_export.design import next_by_rows

    if args.add < 1:
        raise InputError(f"--add is {args.add}; give a number of rows from 1 on")
    targets = [text.partition("=") for text in entry["targets"]]
    wanted: dict[str, Any] = {
        "targets": {name.strip(): goal.strip() for name, equals, goal in targets if equals},
        "cost": entry.get("cost") or "",
        "seed": entry["seed"],
    }
    if args.model:
        model = load_model(args, "numpy")
        return _next_by_model(args, stated, model, wanted)
    names, space = [name.strip() for name, _, _ in targets], stated.space()
    if not args.measured or not names:
        raise InputError(
            "the next rows need a model, or rows and what was measured; give --model MODEL, or"
            " --measured ROWS.csv and --target COL"
        )
    present = _measured(args, space, names)
    assert present is not None
    return next_by_rows(space, args.add, present, names, **wanted), names, present


def _next_by_model(
    args: argparse.Namespace, stated: Stated, model: Model, wanted: dict[str, Any]
) -> Found:
    """Rows that tell most about a model; of labels only where its probabilities change."""
    from sna_export.design import domain_of, next_by_model
    from sna_export.design.gaps import read_all, rows_of, without_flags
    from sna_export.table import read

    if model.classes and args.measured:
        raise InputError(
            f"{args.model} answers labels, of which measured rows say no variance; leave --measured"
            " out, and rows are spread by how much the probabilities change"
        )
    domain, names = domain_of(model), list(model.output_names)
    space = read_all(stated, model).space(domain)
    present = None
    if args.measured:
        present = rows_of(read(args.measured, **declared(args)), domain, names, model)
    plan = next_by_model(space, args.add, model, present, **wanted)
    if model.classes:
        names = [found.target for found in model.classes]
    plan, present = without_flags(plan, present, model)
    return plan, names, present


def _stated(args: argparse.Namespace) -> Stated:
    """What the options say, over what the file says."""
    from sna_export.design.stated import Stated, read_stated

    named = ("rows", "method", "terms", "seed", "centre", "replicates", "cost")
    options = Stated(
        ranges=dict(interval(text, "--input") for text in args.input),
        steps={n: number(f"the step of {n}", t) for n, t in assignments(args.step).items()},
        levels={n: tuple(split_names(t)) for n, t in map(assignment, args.levels)},
        units=assignments(args.units),
        at=assignments(args.at),
        where=tuple(args.where),
        other={**{k: getattr(args, k) for k in named}, "targets": args.target},
    )
    return options.over(read_stated(args.plan) if args.plan else Stated())


def _measured(args: argparse.Namespace, space: Space, targets: list[str]) -> Measured | None:
    """The rows of --measured, at the inputs of the plan."""
    if not args.measured:
        return None
    from sna_export.design import measured_rows
    from sna_export.table import read

    return measured_rows(read(args.measured, **declared(args)), space, targets)


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
        f"{args.output}: {len(plan.x)} rows, {plan.said}",
        *table(space.names, shown),
        *more,
        *([f"wrote {args.report}"] if args.report else []),
    ]
