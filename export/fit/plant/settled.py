"""A table of a plant on its way to complete rows: sensors of earlier rows, gaps modelled or left
out, each target with the rows in which it is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError

from ...table.gaps import missing_cells, without_missing
from ...table.row_facts import taken
from ..pipeline.result import FitResult
from .beside import apart
from .censored import with_limits
from .lag import Lagged, lagged
from .missing import Modelled, modelled
from .several import Part, parts_of
from .weighing import weighed

if TYPE_CHECKING:
    from ...table import Table

Bools = NDArray[np.bool_]


@dataclass
class Settled:
    """columns: the table; inputs: None for all columns beside the targets; options: of the fits,
    `error` {target: column} among them; each step changes what the next one reads. later, gaps:
    sensors of earlier rows, and missing cells that are modelled; dropped: rows and cells left
    out, for the report."""

    columns: Table
    targets: Sequence[str]
    inputs: Sequence[str] | None
    options: dict[str, Any]
    parts: list[Part] = field(init=False)
    later: Lagged | None = None
    gaps: Modelled | None = None
    dropped: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._part_together()

    def _part_together(self) -> None:
        """All rows for all targets."""
        self._part_into([(tuple(self.targets), np.arange(len(self.columns)))])

    @property
    def levels(self) -> Sequence[str]:
        """Inputs that are categorical."""
        return self.options.get("categorical", ())

    @property
    def errors(self) -> Mapping[str, str]:
        """{target: column of the standard deviations of its measurements}."""
        return dict(self.options["error"])

    def all_inputs(self) -> list[str]:
        """Those that are named, else all columns that are nothing else."""
        beside = (*self.targets, *apart(self.options))
        return list(self.inputs or [n for n in self.columns.names if n not in beside])

    def taken(self, part: Part) -> Table:
        """The rows of a part."""
        rows = part[1]
        return self.columns if len(rows) == len(self.columns) else taken(self.columns, rows)

    def limit(self, below_detection: bool) -> None:
        """Cells as <0.5 of targets are limits where that is asked for, and else refused."""
        numeric = [n for n in (*self.targets, *self.all_inputs()) if n not in self.levels]
        self.columns = with_limits(self.columns, self.targets, numeric, below_detection)

    def lag(self, lags: Mapping[str, int | str]) -> None:
        """Sensors are taken so many rows earlier; the first rows, which have none, go."""
        order = self.options.get("time")
        self.later = lagged(self.columns, self.targets, self.all_inputs(), self.levels, order, lags)
        self.columns, self.inputs = self.later.table, self.later.inputs
        self._part_together()

    def model_gaps(self) -> None:
        """Rows that lack inputs take part, with what is usual there and a flag."""
        self.gaps = modelled(self.columns, self.all_inputs(), self.levels)
        self.columns, self.inputs = self.gaps.table, self.gaps.inputs
        self.options["categorical"] = self.gaps.categorical

    def drop_gaps(self) -> None:
        """Rows without all inputs and a target go; targets part by the rows they are measured in.
        Raises InputError where nothing is left of a target."""
        measured, counts = self._measured()
        used = self.all_inputs()
        used += [self.options[key] for key in ("weights", "exposure") if self.options.get(key)]
        if len(parts_of(measured)) == 1:
            self._drop_together(used)
        else:
            self._drop_apart(used, measured, counts)

    def _measured(self) -> tuple[dict[str, Bools], dict[str, int]]:
        """Where each target [N] and its error are known, and how many cells of a column are not.
        Raises InputError for a target that is so nowhere."""
        count, gaps = len(self.columns), missing_cells(self.columns, self.targets)
        counts = {name: int(rows.sum()) for name, rows in gaps.items()}
        everywhere = np.ones(count, dtype=bool)
        measured = {n: ~gaps[n] if n in gaps else everywhere for n in self.targets}
        for name, column in self.errors.items():
            for gone in missing_cells(self.columns, [column]).values():
                measured[name], counts[column] = measured[name] & ~gone, int(gone.sum())
        for name in self.targets:
            self.columns.index(name)
            if count and not measured[name].any():
                raise InputError(
                    f"target {name!r} is missing in every row; fill some in, or leave it out"
                )
        return measured, counts

    def _drop_together(self, used: list[str]) -> None:
        """All targets are measured in the same rows."""
        beside = dict.fromkeys([*used, *self.errors.values()])
        before = len(self.columns)
        kept, cells = without_missing(self.columns, [*self.targets, *beside], self.levels)
        self.dropped = {"rows": before - len(kept), "cells": dict(cells)} if cells else {}
        self.columns = kept
        self._part_together()

    def _drop_apart(
        self, used: list[str], measured: Mapping[str, Bools], counts: dict[str, int]
    ) -> None:
        """Each target keeps the rows [N] that it is `measured` in."""
        some = np.logical_or.reduce(list(measured.values()))
        for name, gone in missing_cells(self.columns, used, self.levels).items():
            counts[name] = int(gone.sum())
            some = some & ~gone
        rows = np.flatnonzero(some)
        if not all(m[rows].any() for m in measured.values()):
            without_missing(self.columns, [*self.targets, *used], self.levels)
        self.dropped = {"rows": len(self.columns) - len(rows), "cells": counts}
        self.columns = taken(self.columns, rows)
        self._part_into(parts_of({name: m[rows] for name, m in measured.items()}))

    def _part_into(self, parts: list[Part]) -> None:
        """Targets with errors of their own are fitted one by one."""
        apart = self.errors and len(self.targets) > 1
        self.parts = [((n,), rows) for names, rows in parts for n in names] if apart else parts

    def told(self, found: FitResult) -> FitResult:
        """The fit with what was done to its table in its report and with its model."""
        if self.gaps is not None and self.gaps.cells:
            found = replace(found, model=self.gaps.known_by(found.model))
            found.report["modelled"] = dict(self.gaps.cells)
        if self.later is not None:
            lags = {name: said["rows"] for name, said in self.later.said.items()}
            metadata = {**found.model.metadata, "lags": lags}
            report = {**found.report, "lags": self.later.said}
            found = replace(found, model=found.model.replace(metadata=metadata), report=report)
        if self.dropped:
            found = replace(found, report={**found.report, "missing": self.dropped})
        return found


def _alone(what: str, options: Mapping[str, Any], others: Sequence[str]) -> None:
    """Raises InputError where what cannot be asked for together is."""
    for other in others:
        if options.get(other):
            known = other.replace("_", " ")
            raise InputError(f"{what} and {known} cannot be combined yet; leave one of them out")


def without_weightless(columns: Table, options: dict[str, Any]) -> Table:
    """The table for groups that are known, without rows of weight 0. Raises InputError without
    groups, and with what does not go together with known ones."""
    if options.get("groups") is None:
        raise InputError("known groups need the column of the groups; name it (--groups)")
    _alone("known groups", options, ("time", "holdout", "exposure", "learning_curve"))
    if options.get("family") not in (None, "auto", "gaussian"):
        raise InputError("known groups need measured targets; leave --family out")
    return weighed(columns, options.get("weights"), None)[1]
