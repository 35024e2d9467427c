"""What a table of a plant has beside inputs and outputs, settled around the fit of complete
rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sna_edge.errors import InputError
from sna_edge.numerics.time_budget import TimeBudget

from ...calibrate.familiarity import LEAST_ROWS, with_familiarity
from ..likelihood.front import fit_by_likelihood, need_measured
from ..pipeline.result import FitResult
from ..pipeline.validated import noted
from .beside import apart, errors_of
from .censored import with_expected
from .known_groups import fitted as with_groups
from .lag import asked as lags_asked
from .resolution import steps_of, with_resolution
from .settled import Settled, without_weightless
from .several import Part, fitted_each, metadata_of

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
    steps = steps_of(resolution, targets)
    options["error"] = errors_of(error, targets)
    of_gauge = {"resolution": steps, "below_detection": below_detection}
    need_measured(columns, targets, options, of_gauge)
    if known_groups:
        columns = without_weightless(columns, options)
    rows = Settled(columns, targets, inputs, options)
    rows.limit(below_detection)
    if lag:
        rows.lag(lags_asked(lag))
    if missing == "model":
        rows.model_gaps()
    if missing != "refuse":
        rows.drop_gaps()
    fits = PartFits(rows, budget if time_limit is not None else None, known_groups)
    found = _as_one(rows, fits)
    if fits.limited:
        found = noted(found, "limits", fits.limited, fits.limited)
    return rows.told(with_resolution(found, steps))


@dataclass
class PartFits:
    """Fits of the targets that are measured in the same rows, each in its share of the time left
    (`budget`, None: any time); limited: what was said of cells that are limits."""

    rows: Settled
    budget: TimeBudget | None
    known_groups: bool
    limited: dict[str, Any] = field(default_factory=dict)

    def __call__(self, part: Part, share: float) -> FitResult:
        """The fit of one part."""
        names, options = part[0], self.rows.options
        left = None if self.budget is None else max(self.budget.left * share, 1e-3)
        mine = {**options, "error": options["error"].get(names[0])}
        if len(self.rows.parts) > 1:
            mine["gage"] = _of(options.get("gage"), names)
        said = {**options, "apart": apart(options)}
        table, limited = with_expected(self.rows.taken(part), names, self.rows.inputs, said)
        self.limited.update(limited)

        def of(table: Table, time_limit: float | None) -> FitResult:
            return fit_by_likelihood(table, names, self.rows.inputs, time_limit=time_limit, **mine)

        if not self.known_groups:
            return of(table, left)
        half = None if left is None else 0.5 * left
        return with_groups(table, names, str(options["groups"]), lambda rows: of(rows, half))


def _as_one(rows: Settled, fits: PartFits) -> FitResult:
    """The fits of all parts as one model, over the domain of all rows."""
    if len(rows.parts) == 1:
        return fits(rows.parts[0], 1.0)
    if rows.inputs is None:
        rows.inputs = rows.all_inputs()
    rows.options["domain"] = _domain(rows)
    found = _with_familiarity(fitted_each(rows.parts, fits, rows.targets), rows.options)
    metadata = {"fit": metadata_of(found)}
    return replace(found, model=found.model.replace(metadata=metadata))


def _of(studies: Mapping[str, Table] | None, names: Sequence[str]) -> dict[str, Table]:
    """Studies of gauges of these targets."""
    return {name: study for name, study in (studies or {}).items() if name in names}


def _domain(rows: Settled) -> dict[str, tuple[float, float]]:
    """The ends of every input with a scale over all rows: those of all parts."""
    known = dict(rows.options.get("domain") or {})
    for name in rows.all_inputs():
        if name in known or name in rows.levels:
            continue
        column = rows.columns.column(name)
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
