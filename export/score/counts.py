"""What is counted of a score: sums only, so that partitions add up in the order of the files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.model import Model
from sna_edge.quality import LineLimits
from sna_edge.quality.verdict import WORDS
from sna_edge.status import MEANING, Status

from .columns import Batch
from .judged import Judgement

Floats = NDArray[np.float64]
SHOWN = 5
"""Rows of a file whose reasons are kept."""
TRUTHS = ("not measured", "good", "bad")


class Counts:
    """Of one file: rows by status and verdict, verdicts against measured values, and per output how
    measured values lie to its values and intervals."""

    def __init__(self, model: Model, limits: LineLimits | None) -> None:
        self._model, self._limits = model, limits
        self.rows = 0
        self._statuses: dict[int, int] = {}
        self._table = np.zeros((len(WORDS), len(TRUTHS)), dtype=np.int64)
        self._sums = {name: np.zeros(5) for name in model.output_names}
        self._reasons: list[dict[str, Any]] = []

    def add(self, batch: Batch, judged: Judgement) -> None:
        """The rows of a batch."""
        status = judged.found.status
        self.rows += len(status)
        counts = np.bincount(status.view(np.uint8), minlength=256)  # -1 is 255
        for place in np.flatnonzero(counts).tolist():
            state = place if place < 128 else place - 256
            self._statuses[state] = self._statuses.get(state, 0) + int(counts[place])
        for name, measured in batch.measured.items():
            self._measured(name, measured, judged)
        if judged.verdict is not None:
            places = judged.verdict * np.int8(len(TRUTHS)) + self._truth(batch)
            found = np.bincount(places, minlength=self._table.size)
            self._table += found.reshape(self._table.shape)
        left = SHOWN - len(self._reasons)
        for row in np.flatnonzero(status < 0)[:left].tolist() if left else ():
            number = int(batch.lines[row])
            said = {
                "row": number,
                "place": f"{batch.counted} {number}",
                "status": Status(int(status[row])).label,
            }
            self._reasons.append({**said, "reason": self._why(batch, judged, row)})

    def _measured(self, name: str, measured: Floats, judged: Judgement) -> None:
        """Number, sum and sum of squares of measured less value; how many in an interval, of how
        many that have one."""
        k = self._model.output_names.index(name)
        found = judged.found
        with np.errstate(over="ignore", invalid="ignore"):
            error = measured - found.value[:, k]
            both = np.isfinite(error)
            told = both & np.isfinite(found.upper[:, k] - found.lower[:, k])
        inside = (measured >= found.lower[:, k]) & (measured <= found.upper[:, k]) & told
        n = np.count_nonzero(both)
        error = error if n == len(error) else error[both]
        squares = np.square(error).sum()
        self._sums[name] += [n, error.sum(), squares, *map(np.count_nonzero, (inside, told))]

    def _truth(self, batch: Batch) -> NDArray[np.int8]:
        """Places in TRUTHS [N]: bad with one measured value outside, good where all are inside."""
        seen = np.zeros(len(batch), dtype=bool)
        bad = seen.copy()
        for limit in self._limits.outputs if self._limits else ():
            y = batch.measured.get(limit.name)
            if y is not None:
                seen |= np.isfinite(y)
                bad |= (y < limit.lsl) | (y > limit.usl)
        return np.maximum(seen.view(np.int8), 2 * bad.view(np.int8))

    def _why(self, batch: Batch, judged: Judgement, row: int) -> str:
        """Why a row has no value, in words."""
        if row in batch.wrong:
            return batch.wrong[row]
        lacking = [name for name, column in batch.given.items() if np.isnan(column[row])]
        state = Status(int(judged.found.status[row]))
        if state == Status.BAD_INPUT and lacking:
            return "; ".join(_lacking(name, batch.cell(name, row)) for name in lacking)
        d = int(judged.found.axis[row])
        if d < 0 or self._model.axes[d].name not in batch.given:
            return MEANING[state]
        axis = self._model.axes[d]
        if axis.kind == "categorical":
            cell = batch.cell(axis.name, row)
            return f"{axis.name!r} has a level that was not in the training data: {cell!r}"
        x = float(batch.given[axis.name][row])
        return f"{axis.name} = {x:.15g} is outside its domain, {axis.describe()}"

    def told(self) -> dict[str, Any]:
        """For JSON."""
        found: dict[str, Any] = {
            "rows": self.rows,
            "statuses": {Status(s).label: n for s, n in sorted(self._statuses.items())},
            "measured": {n: s.tolist() for n, s in self._sums.items() if s[0]},
            "reasons": self._reasons,
        }
        if self._limits is not None:
            found["verdicts"] = {
                str(word): dict(zip(TRUTHS, row, strict=True))
                for word, row in zip(WORDS, self._table.tolist(), strict=True)
            }
        return found


def _lacking(name: str, cell: str) -> str:
    return f"{name!r} is no number: {cell!r}" if cell.strip() else f"{name!r} is empty"


def added(parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The counts of all files together, in their order."""
    whole: dict[str, Any] = {}
    for part in parts:
        _add(whole, {k: v for k, v in part.items() if k != "reasons"})
    return whole


def _add(whole: dict[str, Any], part: Mapping[str, Any]) -> None:
    for key, value in part.items():
        if isinstance(value, Mapping):
            _add(whole.setdefault(key, {}), value)
        elif isinstance(value, list):
            before = whole.get(key, [0.0] * len(value))
            whole[key] = [a + b for a, b in zip(before, value, strict=True)]
        else:
            whole[key] = whole.get(key, 0) + value
