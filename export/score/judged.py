"""Rows of an archive judged as a line judges parts, without what it learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.tolerance import to_border
from sna_edge.model import Evaluation, Model
from sna_edge.quality import ACCEPT, REJECT, LineLimits
from sna_edge.quality.accepting.acceptance import Acceptance
from sna_edge.quality.computed import computed
from sna_edge.quality.verdict import Rule
from sna_edge.status import Status
from sna_edge.uncertainty.familiarity import shares, told
from sna_edge.uncertainty.readings import bordered

from .columns import all_finite

Floats = NDArray[np.float64]
AT_ONCE = 4096
"""Rows that are put beside each other in the processor's cache."""


@dataclass(frozen=True)
class Judgement:
    """`found` of N rows; `familiarity` [N] and `p_in_spec` [N], None where the model or the limits
    say nothing of them; `verdict` [N]: places in `WORDS` of sna_edge.quality.verdict, None without
    limits."""

    found: Evaluation
    familiarity: Floats | None
    verdict: NDArray[np.int8] | None
    p_in_spec: Floats | None


class Judge:
    """Of one model, and limits where there are any."""

    def __init__(self, model: Model, limits: LineLimits | None, level: float | None) -> None:
        self.model, self.limits, self._level = model, limits, level
        readings = model.readings
        self._names = [*model.input_names, *(r.name for r in (readings.raw if readings else ()))]
        self._computes = bool(readings and (readings.raw or readings.derived))
        self._may_lack = model.gaps.may_lack if model.gaps else frozenset[str]()
        self._told = told(model)
        self._rule = self._acceptance = None
        if limits is not None:
            self._rule = Rule(model, limits)
            self._acceptance = Acceptance(model, limits) if limits.by_probability else None

    def __call__(self, given: Mapping[str, Floats], wrong: NDArray[np.bool_]) -> Judgement:
        """`given` {input or raw reading: coordinates [N]}, NaN where a cell is empty or no number;
        rows that are `wrong` [N] are bad input whatever they hold."""
        x, bad, unread = self._coordinates(given, wrong)
        found = self.model.evaluate(x, level_index=True, level=self._level)
        found = _without(found, bad)
        status = found.status
        p = self._familiarity(x, found) if self._told else None
        least = self.limits.least_p if self.limits else None
        if p is not None and least is not None:
            inside = (status == Status.OK) | (status == Status.EDGE)
            status[inside & (p <= least)] = Status.UNFAMILIAR
        return Judgement(found, p, *self._verdicts(x, found, unread))

    def _coordinates(
        self, given: Mapping[str, Floats], wrong: NDArray[np.bool_]
    ) -> tuple[Floats, NDArray[np.int8], list[int]]:
        """x [N, D] on the border where a reading is within its tolerance, the status [N] of rows
        without inputs (0: they have them), and rows with too few readings for a verdict."""
        rows = self._rows(given, len(wrong))
        lacks = wrong if all_finite(rows) else self._lacking(given, wrong)
        rows[lacks] = np.nan
        bad = np.where(lacks, np.int8(Status.BAD_INPUT), np.int8(0))
        x, unread = rows[:, : len(self.model.axes)], list[int]()
        tolerance = self.limits.tolerance if self.limits else {}
        if self._computes:
            x, refused = computed(self.model, rows, tolerance)
            bad[list(refused)] = [int(state) for state, _ in refused.values()]
        if self.model.gaps is not None:
            x, absent = self.model.gaps.filled(self.model.axes, x)
            unread = list(self.model.gaps.unread(self.model.axes, absent))
        if tolerance:
            x, _ = to_border(self.model.axes, x, tolerance)
        return bordered(self.model, self.model.axes, x, None)[0], bad, unread

    def _rows(self, given: Mapping[str, Floats], n: int) -> Floats:
        """[N, inputs and raw readings], NaN for what is not given."""
        rows = np.empty((n, len(self._names)))
        none = np.full(n, np.nan)
        columns = [given.get(name, none) for name in self._names]
        for first in range(0, n, AT_ONCE):
            some = slice(first, first + AT_ONCE)
            for i, column in enumerate(columns):
                rows[some, i] = column[some]
        return rows

    def _lacking(self, given: Mapping[str, Floats], wrong: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """[N] rows that are `wrong`, or without a number that the model needs."""
        needed = [np.isnan(c) for name, c in given.items() if name not in self._may_lack]
        return np.logical_or.reduce([wrong, *needed])

    def _familiarity(self, x: Floats, found: Evaluation) -> Floats:
        """p [N], NaN where there is no value."""
        good = np.asarray(found.status >= 0)
        if good.all():
            return shares(self.model, x, found.value)
        p = np.full(len(x), np.nan)
        p[good] = shares(self.model, x[good], found.value[good])
        return p

    def _verdicts(
        self, x: Floats, found: Evaluation, unread: list[int]
    ) -> tuple[NDArray[np.int8] | None, Floats | None]:
        if self._rule is None:
            return None, None
        if self._acceptance is None:
            verdict, joint = self._rule.places(found), None
        else:
            sure, judged = self._acceptance.sure(x, None, None), self._rule(found)
            words = self._acceptance.verdicts(judged, sure)
            verdict = ((words == ACCEPT) + 2 * (words == REJECT)).astype(np.int8)
            joint = np.where(found.status >= 0, sure.joint, np.nan)
        verdict[unread] = 0
        return verdict, joint


def _without(found: Evaluation, bad: NDArray[np.int8]) -> Evaluation:
    """The answers with no values in the rows whose status `bad` [N] is negative, which they have; a
    model that bears missing readings gives one for a row without any."""
    rows = bad < 0
    if not rows.any():
        return replace(found, status=found.status.copy())
    ends = [a.copy() for a in (found.value, found.lower, found.upper)]
    for a in ends:
        a[rows] = np.nan
    status = np.where(rows, bad, found.status)
    return replace(found, value=ends[0], status=status, lower=ends[1], upper=ends[2])
