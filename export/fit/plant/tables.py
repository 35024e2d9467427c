"""What a table of a plant has beside inputs and outputs, settled around the fit of complete
rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sna_edge.errors import InputError
from sna_edge.numerics.time_budget import TimeBudget

from ...calibrate.familiarity import LEAST_ROWS, with_familiarity
from ...table.gaps import missing_cells, without_missing
from ...table.row_facts import taken
from ..likelihood.front import fit_by_likelihood, need_measured
from ..pipeline.result import FitResult
from ..pipeline.validated import noted
from .beside import apart, errors_of
from .censored import with_expected, with_limits
from .known_groups import fitted as fitted_with_groups
from .lag import Lagged, lagged
from .lag import asked as lags_asked
from .missing import Modelled, modelled
from .resolution import steps_of, with_resolution
from .several import Part, fitted_each, metadata_of, parts_of
from .weighing import weighed

if TYPE_CHECKING:
    from ...table import Table

MISSING = ("refuse", "drop", "model")


def fit(
    columns: Table,
    targets: Sequence[str],
    inputs: Sequence[str] | None = None,
    *,
    missing: str = "refuse",
    lag: Mapping[str, object] | Sequence[str] = (),
    known_groups: bool = False,
    below_detection: bool = False,
    resolution: float | Mapping[str, float] | Sequence[str] = (),
    error: str | Mapping[str, str] | Sequence[str] | None = None,
    time_limit: float | None = None,
    **options: Any,
) -> FitResult:
    """As `fit_table` and `fit_by_likelihood`, whose other `options` it takes, for tables with gaps.

    `missing`: rows with a missing cell refuse the table ("refuse"), or "drop": rows that lack an
    input are left out, and each target is fitted on the rows in which it is measured (`targets` in
    the report: how many); or "model": rows that lack inputs take part, and the model answers where
    such a reading is missing, with the interval of such rows. `lag` {sensor: rows, or "auto"}
    takes sensors from so many rows earlier in the order of `time`; the input is then called
    `flow 3 rows before`. `below_detection` takes cells of targets as `<0.5` or `>100` for what they
    say; `resolution` (of the one target, or {target: step}) is the step that a gauge rounds to.
    `error` (of the one target, or {target: column}) names the standard deviations of measurements:
    each target is then fitted by weights of its own, and all are one model.
    `known_groups`: the column of `groups` becomes an input, with an offset for each of its groups
    and a level `new`.

    >>> from sna_export.fit import fit
    >>> from sna_export.table import Table
    >>> nan = float("nan")
    >>> depth, width = [2.1, 3.9, 6.2, 7.8, 10.1, 12.0, nan, nan], [1, nan, 3, 4, 5, 6, 7, 8]
    >>> table = Table.of({"speed": [1, 2, 3, 4, 5, 6, 7, 8], "depth": depth, "width": width})
    >>> fit(table, ["depth", "width"], missing="drop").report["targets"]
    {'depth': 6, 'width': 7}
    """
    if missing not in MISSING:
        raise InputError(f"missing {missing!r} is none of {', '.join(MISSING)}")
    budget = TimeBudget.for_fit(time_limit)
    dropped: dict[str, Any] = {}
    parts: list[Part] = [(tuple(targets), np.arange(len(columns)))]
    steps = steps_of(resolution, targets)
    errors = errors_of(error, targets)
    options["error"] = errors
    of_gauge = {"resolution": steps, "below_detection": below_detection}
    need_measured(columns, targets, options, of_gauge)
    if known_groups:
        columns = _for_known_groups(columns, options)
    chosen = list(inputs) if inputs else _all_inputs(columns, targets, options)
    numeric = [n for n in (*targets, *chosen) if n not in options.get("categorical", ())]
    columns = with_limits(columns, targets, numeric, below_detection)
    later: Lagged | None = None
    if lag:
        inputs = list(inputs) if inputs else _all_inputs(columns, targets, options)
        levels = options.get("categorical", ())
        order = options.get("time")
        later = lagged(columns, targets, inputs, levels, order, lags_asked(lag))
        columns, inputs = later.table, later.inputs
        parts = [(tuple(targets), np.arange(len(columns)))]
    gaps: Modelled | None = None
    if missing == "model":
        inputs = list(inputs) if inputs else _all_inputs(columns, targets, options)
        gaps = modelled(columns, inputs, options.get("categorical", ()))
        columns, inputs = gaps.table, gaps.inputs
        options["categorical"] = gaps.categorical
    if missing != "refuse":
        columns, parts, dropped = _without_gaps(columns, targets, inputs, options)
    if errors and len(targets) > 1:  # weights of its own for each
        parts = [((name,), rows) for names, rows in parts for name in names]

    limited: dict[str, Any] = {}

    def one(part: Part, share: float) -> FitResult:
        names, rows = part
        table = columns if len(rows) == len(columns) else taken(columns, rows)
        left = None if time_limit is None else max(budget.left * share, 1e-3)
        mine = options if len(parts) == 1 else {**options, "gage": _of(options.get("gage"), names)}
        mine = {**mine, "error": errors.get(names[0])}
        table, said = with_expected(table, names, inputs, {**options, "apart": apart(options)})
        limited.update(said)
        if not known_groups:
            return fit_by_likelihood(table, names, inputs, time_limit=left, **mine)
        half = None if left is None else 0.5 * left

        def of(rows: Table) -> FitResult:
            return fit_by_likelihood(rows, names, inputs, time_limit=half, **mine)

        return fitted_with_groups(table, names, str(options["groups"]), of)

    if len(parts) == 1:
        found = one(parts[0], 1.0)
    else:
        if inputs is None:
            inputs = _all_inputs(columns, targets, options)
        options["domain"] = _domain(columns, inputs, options)
        found = fitted_each(parts, one, targets)
        found = _with_familiarity(found, options)
        metadata = {"fit": metadata_of(found)}
        found = replace(found, model=found.model.replace(metadata=metadata))
    if limited:
        found = noted(found, "limits", limited, limited)
    found = with_resolution(found, steps)
    if gaps is not None and gaps.cells:
        found = replace(found, model=gaps.known_by(found.model))
        found.report["modelled"] = dict(gaps.cells)
    if later is not None:
        lags = {name: said["rows"] for name, said in later.said.items()}
        metadata = {**found.model.metadata, "lags": lags}
        report = {**found.report, "lags": later.said}
        found = replace(found, model=found.model.replace(metadata=metadata), report=report)
    if dropped:
        found = replace(found, report={**found.report, "missing": dropped})
    return found


def _alone(what: str, options: Mapping[str, Any], others: Sequence[str]) -> None:
    """Raises InputError where what cannot be asked for together is."""
    for other in others:
        if options.get(other):
            known = other.replace("_", " ")
            raise InputError(f"{what} and {known} cannot be combined yet; leave one of them out")


def _for_known_groups(columns: Table, options: dict[str, Any]) -> Table:
    """The table without rows of weight 0. Raises InputError without groups, and with what does not
    go together with known ones."""
    if options.get("groups") is None:
        raise InputError("known groups need the column of the groups; name it (--groups)")
    _alone("known groups", options, ("time", "holdout", "exposure", "learning_curve"))
    if options.get("family") not in (None, "auto", "gaussian"):
        raise InputError("known groups need measured targets; leave --family out")
    return weighed(columns, options.get("weights"), None)[1]


def _of(studies: Mapping[str, Table] | None, names: Sequence[str]) -> dict[str, Table]:
    """Studies of gauges of these targets."""
    return {name: study for name, study in (studies or {}).items() if name in names}


def _all_inputs(columns: Table, targets: Sequence[str], options: Mapping[str, Any]) -> list[str]:
    return [n for n in columns.names if n not in (*targets, *apart(options))]


def _without_gaps(
    columns: Table,
    targets: Sequence[str],
    inputs: Sequence[str] | None,
    options: Mapping[str, Any],
) -> tuple[Table, list[Part], dict[str, Any]]:
    """Rows that have all inputs and a target, the targets by the rows they are measured in, and
    what was left out. Raises InputError where nothing is left of a target."""
    categorical = options.get("categorical", ())
    used = list(inputs) if inputs else _all_inputs(columns, targets, options)
    count, gaps = len(columns), missing_cells(columns, targets)
    counts = {name: int(rows.sum()) for name, rows in gaps.items()}
    measured = {n: ~gaps[n] if n in gaps else np.ones(count, dtype=bool) for n in targets}
    for name, column in options["error"].items():
        for gone in missing_cells(columns, [column]).values():
            measured[name], counts[column] = measured[name] & ~gone, int(gone.sum())
    used += [options[key] for key in ("weights", "exposure") if options.get(key)]
    for name in targets:
        columns.index(name)
        if count and not measured[name].any():
            raise InputError(
                f"target {name!r} is missing in every row; fill some in, or leave it out"
            )
    if len(parts_of(measured)) == 1:
        beside = dict.fromkeys([*used, *options["error"].values()])
        kept, dropped = without_missing(columns, [*targets, *beside], categorical)
        said = {"rows": count - len(kept), "cells": dict(dropped)} if dropped else {}
        return kept, [(tuple(targets), np.arange(len(kept)))], said
    some = np.logical_or.reduce(list(measured.values()))
    lacking = missing_cells(columns, used, categorical)
    for name, gone in lacking.items():
        counts[name] = int(gone.sum())
        some = some & ~gone
    rows = np.flatnonzero(some)
    if not all(m[rows].any() for m in measured.values()):
        without_missing(columns, [*targets, *used], categorical)
    parts = parts_of({name: m[rows] for name, m in measured.items()})
    return taken(columns, rows), parts, {"rows": count - len(rows), "cells": counts}


def _domain(
    columns: Table, inputs: Sequence[str], options: Mapping[str, Any]
) -> dict[str, tuple[float, float]]:
    """The ends of every input with a scale over all rows: those of all parts."""
    known = dict(options.get("domain") or {})
    for name in inputs:
        if name in known or name in options.get("categorical", ()):
            continue
        column = columns.column(name)
        if len(column) and np.isfinite(column).all() and column.min() < column.max():
            known[name] = float(column.min()), float(column.max())
    return known


def _with_familiarity(found: FitResult, options: Mapping[str, Any]) -> FitResult:
    if options.get("plain"):
        return found if found.model.calibration is None else _plain(found)
    if len(found.inputs) < LEAST_ROWS:
        return found
    seed = options.get("seed", 0)
    model = with_familiarity(found.model, found.inputs, group=found.group, seed=seed)
    return replace(found, model=model)


def _plain(found: FitResult) -> FitResult:
    """Values and one width alone."""
    return replace(found, model=found.model.replace(calibration=None, companions=()))
