"""One fit: from the arguments of the command line to a model in its file."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...artifact.limits import need_counts
from ...durable import write_whole
from ...errors import InputError
from ...files import from_bytes, load
from ...model import Model
from ...numerics.time_budget import now
from ...uncertainty.interval import left_open
from ...values.fit_told import REFIT
from ..arguments import assignments, checked_seed, writable
from ..options.dialect import HINT, declared
from .interrupt import stopped_by_ctrl_c
from .likelihood import likelihood
from .lines import fit_lines
from .plant import asked
from .shape import shape_of
from .texts import derived_names, interval, names, whole_name
from .written import compared, path_of, repeated, story_of, write_recipe

if TYPE_CHECKING:
    from sna_export.table import Table

LEAST_TIME = 1e-3


@dataclass(frozen=True, eq=False)
class Fitted:
    """The result of a fit, its intervals judged, and the answer as JSON types and in lines."""

    found: Any
    judged: Sequence[Any]
    answer: dict[str, Any]
    lines: list[str]


def fit_one(args: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    """`fitted`: the answer alone."""
    made = fitted(args)
    return made.answer, made.lines


@dataclass(frozen=True, eq=False)
class Asked:
    """What a fit is asked for: the rows, columns by their role, {name: (lower, upper)} and {name:
    unit} as given; how the table differs from that of the recipe, a sentence each."""

    data: Table
    targets: list[str]
    inputs: list[str]
    categorical: list[str]
    domain: dict[str, tuple[float, float]]
    units: dict[str, str]
    differing: list[str]


def asked_of(args: argparse.Namespace) -> Asked:
    """The table read and its columns found. Raises InputError, before any long work."""
    if args.time_limit is not None and not args.time_limit > 0:
        raise InputError(f"--time-limit is {args.time_limit:g}; give a positive number of seconds")
    checked_seed(args.seed)
    need_counts(1, len(args.target))
    domain = dict(interval(text) for text in args.domain)
    units = assignments(args.units)
    from sna_export.table import read

    data = _rows_of(args, read(args.table, **declared(args)))
    derived = derived_names(args.derive or ())
    targets, inputs, categorical = (
        names(texts, data.names, derived) for texts in (args.target, args.inputs, args.categorical)
    )
    domain = {whole_name(name, data.names, derived): ends for name, ends in domain.items()}
    units = {whole_name(name, data.names, derived): unit for name, unit in units.items()}
    differing = compared(args, data, [*targets, *inputs, *categorical])
    known = data.names if args.derive else (*targets, *(inputs or data.names))
    unknown = [name for name in units if name not in known]
    if unknown:
        raise InputError(
            f"--units names {unknown[0]!r}, which is not a column of this fit; its columns are"
            f" {', '.join(data.names)}"
        )
    return Asked(data, targets, inputs, categorical, domain, units, differing)


def fitted(args: argparse.Namespace) -> Fitted:
    """Read the table, fit and write the model."""
    paths = [p for p in (args.output, args.report, path_of(args)) if p]
    for i, path in enumerate(paths):
        writable(path, args.table, args.base, *paths[:i])
    start = now()
    told = asked_of(args)
    found, written = _stored(args, told, _fit(args, told, start))
    from sna_export.report.trust import judged_fit

    judged = judged_fit(found) if _has_intervals(found.model) else ()
    if args.report:
        _write_report(args, found, written, judged)
    answer = {
        "status": "ok", "output": args.output, "bytes": len(written),
        "parameters": found.model.parameters, **found.report,
        "intervals": {one.output.name: one.report() for one in judged},
        "seconds": now() - start,
    }  # fmt: skip
    path, said = write_recipe(args, told.data, found.report["rows"])
    answer |= {"recipe": path, "differences": told.differing}
    lines = [f"recipe: {path}"] if path else [said] if said else []
    lines += [f"not as in the recipe: {line}" for line in told.differing]
    lines += [again] if (again := repeated(args)) else []
    return Fitted(found, judged, answer, [*fit_lines(args, found, judged, answer), *lines])


def _fit(args: argparse.Namespace, told: Asked, start: float) -> Any:
    """The fit that the options ask for, in the time that reading since `start` has left."""
    from sna_export.fit import fit

    with stopped_by_ctrl_c("fit") as stop:
        return fit(
            told.data, told.targets, inputs=told.inputs or None, derive=args.derive,
            units=told.units, base=load(args.base, "numpy") if args.base else None,
            categorical=told.categorical, domain=told.domain,
            missing=args.missing, groups=args.groups, time=args.time, holdout=args.holdout,
            gage=_studies(args, told.targets), robust=args.robust, link=args.link,
            shape=shape_of(args, told.data.names),
            seed=args.seed, effort=args.effort, time_limit=_left(args.time_limit, start),
            stop=stop, plain=args.plain, learning_curve=args.learning_curve, progress=not args.json,
            **asked(args), **likelihood(args),
        )  # fmt: skip


def _stored(args: argparse.Namespace, told: Asked, found: Any) -> tuple[Any, bytes]:
    """The fit in its file, with units and its story; intervals and their floors as they are
    there."""
    from sna_export.table.units import with_units

    if lags := found.report.get("lags"):  # the recipe repeats what was found
        args.lag = [f"{name}={one['rows']}" for name, one in lags.items()]
    data = told.data
    model = with_units(found.model, {**data.units, **told.units})
    hint = data.source.declared if data.source else {}
    story = story_of(args)
    beside = ({HINT: hint} if hint else {}) | ({REFIT: story} if story else {})
    if beside:
        model = model.replace(metadata={**model.metadata, **beside})
    written = model.to_bytes()
    write_whole(args.output, written)
    stored = from_bytes(written, "numpy")
    model = model.replace(outputs=stored.outputs, calibration=stored.calibration)
    return replace(found, model=model), written


def _write_report(
    args: argparse.Namespace, found: Any, written: bytes, judged: Sequence[Any]
) -> None:
    """The page of --report."""
    from sna_export.page.of_fit import write_report

    title = f"{', '.join(found.model.output_names)} from {os.path.basename(args.table)}"
    file = os.path.basename(args.output)
    write_report(args.report, found, title=title, file=file, data=written, judged=judged)


def _rows_of(args: argparse.Namespace, table: Table) -> Table:
    """The rows of one level of --per, without its column."""
    level = getattr(args, "level", None)
    if level is None:
        return table
    from sna_export.table.row_facts import taken, without_column

    rows = [i for i, cell in enumerate(table.written(args.per)) if cell == level]
    return without_column(taken(table, np.array(rows, dtype=np.int64)), args.per)


def _has_intervals(model: Model) -> bool:
    """Whether every output has an interval; probabilities of classes have none."""
    left = left_open(model)
    return all(o.interval is not None or k in left for k, o in enumerate(model.outputs))


def _studies(args: argparse.Namespace, targets: Sequence[str]) -> dict[str, Any]:
    """The tables of gauge studies by target."""
    from sna_export.table import read

    found = {}
    for text in args.gage or []:
        name, equals, path = text.partition("=")
        name = whole_name(name, targets)
        if not equals or name not in targets:
            if len(targets) > 1:
                raise InputError(
                    f"--gage {text!r} does not say which target it is of; write TARGET=FILE with"
                    f" one of {', '.join(targets)}"
                )
            name, path = targets[0], text
        found[name] = read(path, **declared(args))
    return found


def _left(limit: float | None, start: float) -> float | None:
    """Of the limit, what reading has left: it also bounds fitting and writing."""
    return None if limit is None else max(limit - (now() - start), LEAST_TIME)
