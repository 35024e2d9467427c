"""One model of a whole field, at every node of a part and for all parameters, from runs of another
solver. The table has a row a run: its parameters, and in one column its result file (.vtu, .vtk,
.msh, .xdmf, .. whatever meshio reads, or .npy), all on one mesh. Examples: sna-edge fields runs.csv
--field temperature -o part.sna; sna-edge fields runs.csv --field temperature --next 4 --plan
next.csv"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...durable import write_whole
from ...errors import InputError
from ...values.naming import labelled
from ..arguments import add_json, assignments, checked_seed, split_names, writable
from ..console import ANSWERED, STOPPED, emit, table
from ..fitting.interrupt import stopped_by_ctrl_c
from ..fitting.options import EFFORTS
from ..fitting.texts import interval, names
from ..options.dialect import add_dialect, declared
from ..options.stated import choice, repeated, several, state, value

if TYPE_CHECKING:
    from sna_export.fields import FieldsFit, NextRuns, Snapshots

HELP = "make one model of a field on a mesh from runs of another solver"
SHOWN = 8
"""Next runs printed at most; the file has all."""

RUNS = (
    value("table", "TABLE.csv", "a row a run; rows without a result file are planned runs"),
    value("--files", "COL", "the column that names result files, seen from the table (default:"
          " found)"),
    value("--field", "NAME", "which field of the files (default: the only one)"),
    value("--mesh", "FILE", "a file of the mesh (default: that of the first run)"),
    value("--matrix", "FILE.npy", "in place of result files: an array of runs, points (and"
          " components), .npy or .npz"),
)  # fmt: skip
PARAMETERS = (
    repeated("--inputs", "A,B", "parameters (default: all other columns)"),
    repeated("--categorical", "A,B", "parameters that have levels"),
    several("--units", "NAME=UNIT", "of parameters or the field"),
    several("--domain", "NAME=LO:HI", "domain of a parameter (default: its range in the table)"),
    several("--probe", "NAME=X,Y", "a name for the node nearest to a point, by which a model can be"
            " asked"),
)  # fmt: skip
FIT = (
    value("--tolerance", "E", "what the modes may leave out, a share of the fields' deviation from"
          " their mean (default: %(default)g)", type=float, default=1e-3),
    value("--folds", "K", "groups in which runs are left out to judge the model (default:"
          " %(default)s)", type=int, default=5),
    choice("--effort", EFFORTS, "of the fit of each coefficient (default: %(default)s)",
           default="quick"),
)  # fmt: skip
NEXT = (
    value("--next", "N", "the N runs that would help most", type=int),
    value("--plan", "NEXT.csv", "the table that --next writes"),
    value("--feasible", "FILE.csv", "parameters that --next may choose from"),
    repeated("--where", "RULE", "a rule that the next runs keep, such as 'power / speed <= 0.4';"
             " may be repeated", default=[]),
)  # fmt: skip
EFFORT = (
    value("--seed", "N", "random seed (default: 0)", type=int, default=0),
    value("--time-limit", "S", "seconds for the fits, the best so far", type=float),
    value("-o --output", "MODEL", "the .sna file to write"),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge fields`."""
    state(parser, RUNS, PARAMETERS, FIT, NEXT, EFFORT)
    add_dialect(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Read the runs; write the model, the next runs or both; returns the exit code."""
    _need_asked(args)
    runs = _runs(args)
    answer: dict[str, Any] = {"status": "ok", "output": args.output, "plan": args.plan}
    lines: list[str] = []
    stopped = False
    plan = _planned(args, runs) if args.next is not None else None  # before anything is written
    if args.output:
        found, data = _fitted(args, runs)
        stopped = bool(found.report["stopped"])
        answer |= {"bytes": len(data), **found.report}
        lines += _fitted_lines(args, runs, found, len(data))
    if plan is not None:
        write_whole(args.plan, plan.csv_text(runs.table).encode())
        inputs = [a.name for a in plan.axes]
        answer |= {
            "next": [dict(zip(inputs, row, strict=True)) for row in plan.x.tolist()],
            "left": plan.left,
        }
        lines += _next_lines(args, plan)
    emit(args, answer, lines)
    return STOPPED if stopped else ANSWERED


def _need_asked(args: argparse.Namespace) -> None:
    """InputError where nothing is to be written, or not where it can be."""
    if not args.output and args.next is None:
        raise InputError("nothing to make; add -o MODEL, or --next N --plan NEXT.csv")
    if (args.next is None) != (args.plan is None):
        raise InputError("the next runs go to a table; give --next N and --plan NEXT.csv together")
    checked_seed(args.seed)
    read = [args.table, args.mesh, args.matrix, args.feasible]
    paths = [p for p in (args.output, args.plan) if p]
    for i, path in enumerate(paths):
        writable(path, *read, *paths[:i])


def _runs(args: argparse.Namespace) -> Snapshots:
    """The table and its result files."""
    from sna_export.fields import read_snapshots
    from sna_export.table import read

    rows = read(args.table, **declared(args))
    inputs, categorical = (names(t, rows.names) for t in (args.inputs, args.categorical))
    return read_snapshots(
        rows,
        Path(args.table).parent,
        files=args.files,
        mesh=args.mesh,
        field=args.field,
        matrix=args.matrix,
        inputs=inputs or None,
        categorical=categorical,
        domain=dict(interval(text) for text in args.domain),
        probes={name: _point(name, text) for name, text in assignments(args.probe).items()},
    )


def _point(name: str, text: str) -> list[float]:
    try:
        return [float(part) for part in split_names(text)]
    except ValueError:
        raise InputError(f"probe {name}={text} is no point; write {name}=0.1,0.2") from None


def _fitted(args: argparse.Namespace, runs: Snapshots) -> tuple[FieldsFit, bytes]:
    """The model, written."""
    from sna_export.fields import fit_fields

    with stopped_by_ctrl_c("fields") as stop:
        found = fit_fields(
            runs,
            tolerance=args.tolerance,
            folds=args.folds,
            effort=args.effort,
            units=assignments(args.units),
            seed=args.seed,
            time_limit=args.time_limit,
            stop=stop,
            progress=not args.json,
        )
    data = found.model.to_bytes()
    write_whole(args.output, data)
    return found, data


def _planned(args: argparse.Namespace, runs: Snapshots) -> NextRuns:
    from sna_export.fields import next_runs
    from sna_export.table import read

    feasible = read(args.feasible, **declared(args)) if args.feasible else None
    return next_runs(runs, args.next, feasible=feasible, where=args.where, seed=args.seed)


def _fitted_lines(
    args: argparse.Namespace, runs: Snapshots, found: FieldsFit, size: int
) -> list[str]:
    """The model in words: what it is made of and what runs left out say."""
    report, mesh, unit = found.report, runs.part.mesh, found.model.outputs[0].unit
    held, worst = report["held_out"], report["held_out"]["worst_node"]
    place = ", ".join(
        f"{n} = {v:.4g}"
        for n, v in zip(mesh.coordinates, mesh.points[worst["node"]].tolist(), strict=True)
    )
    parts = f", {len(runs.labels)} components" if runs.labels else ""
    return [
        f"{args.output}: {labelled(runs.name, unit)} at {report['nodes']} nodes{parts}, from"
        f" {report['runs']} runs, {size} bytes",
        f"{report['modes']} modes leave out {report['left_out']:.1e} of the fields' deviation from"
        f" their mean; coefficients by {report['coefficients']}, {report['products']} products",
        f"runs left out in {report['folds']} groups: error {held['rmse']:.3g}"
        f"{' ' + unit if unit else ''} (root mean square over the part), that is"
        f" {100 * held['of_spread']:.2g} % of the deviation from the mean,"
        f" {100 * held['of_norm']:.2g} % of the field",
        f"the worst node {worst['node']} ({place}): {worst['rmse']:.3g}; the largest error"
        f" {held['largest']:.3g}",
        f"90 % intervals hold {100 * report['coverage']:.0f} % of what was left out;"
        f" {report['width']}",
        *report["notes"],
        *(["stopped: the coefficients are the best so far"] if report["stopped"] else []),
    ]


def _next_lines(args: argparse.Namespace, plan: NextRuns) -> list[str]:
    """The next runs in words."""
    rows = [
        [a.levels[int(v)] if a.levels else f"{v:.6g}" for a, v in zip(plan.axes, row, strict=True)]
        for row in plan.x[:SHOWN].tolist()
    ]
    more = [f"... {len(plan.x) - SHOWN} more"] if len(plan.x) > SHOWN else []
    outside = (
        [f"{plan.outside} feasible points outside the domain were left out"] if plan.outside else []
    )
    return [
        f"{args.plan}: {len(plan.x)} runs that tell most; expected to leave"
        f" {100 * plan.left:.0f} % of what is not known between the runs",
        *table([a.name for a in plan.axes], rows),
        *more,
        *outside,
    ]
