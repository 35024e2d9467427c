"""A line of parts: readings in, one verdict per part out, whatever the readings look like."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..axis import Axis
from ..errors import SnaError
from ..inverse.advise import advise
from ..model import Evaluation, Model
from ..status import Status
from .limits import LineLimits
from .verdict import NO_VERDICT, REJECT, Judged, judge

Floats = NDArray[np.float64]
Reading = Mapping[str, Any]

ECHOED = ("id", "part", "time", "timestamp")  # keys of a reading that come back with its verdict
LONGEST = 1 << 20  # bytes of a line; longer ones are answered as bad input


class Line:
    """Judges readings against limits; rejects carry advice when there are knobs and `advice_ms` > 0 (the deadline per part)."""

    def __init__(self, model: Model, limits: LineLimits, *, advice_ms: float = 50.0) -> None:
        self.model, self.limits, self.advice_ms = model, limits, advice_ms
        self._levels = [_levels(a) for a in model.axes]
        self._bounds = {o.name: (_end(o.lsl), _end(o.usl)) for o in limits.outputs}

    def lines(self, texts: Sequence[bytes | str], first: int = 1) -> list[dict[str, Any]]:
        """One answer per line of JSON, in order; `first` is the number of the first line."""
        return self.readings([_parsed(text) for text in texts], first)

    def readings(self, readings: Sequence[Reading | str], first: int = 1) -> list[dict[str, Any]]:
        """One answer per reading; a reading may be an error sentence instead of a mapping."""
        x = np.full((len(readings), len(self.model.axes)), np.nan)
        errors: dict[int, str] = {}
        for i, reading in enumerate(readings):
            problem = reading if isinstance(reading, str) else self._row(reading, x[i])
            if problem:
                errors[i] = problem
        found = self.model.evaluate(x)
        judged = judge(self.model, self.limits, found)
        return [
            self._failed(first + i, readings[i], errors[i]) if i in errors else self._answer(first + i, i, readings[i], x, found, judged)
            for i in range(len(readings))
        ]

    def _row(self, reading: Reading, row: Floats) -> str:
        """Fill one row of inputs; the reason why not, or ''."""
        for d, axis in enumerate(self.model.axes):
            if axis.name not in reading or reading[axis.name] is None:
                return f"missing reading {axis.name!r}"
            value = reading[axis.name]
            levels = self._levels[d]
            if levels is not None and str(value) in levels:
                row[d] = levels[str(value)]
                continue
            if isinstance(value, bool) or not isinstance(value, (int, float, str)):
                return f"bad reading {axis.name!r} = {_short(value)}: not a number"
            if levels is not None:
                row[d] = np.inf  # an unseen level: evaluate says so
                continue
            try:
                row[d] = float(value)
            except (ValueError, OverflowError):
                return f"bad reading {axis.name!r} = {_short(value)}: not a number"
            if not np.isfinite(row[d]):
                return f"bad reading {axis.name!r} = {_short(value)}: not finite"
        return ""

    def _failed(self, number: int, reading: Reading | str, problem: str) -> dict[str, Any]:
        return {"line": number, **_echo(reading), "verdict": NO_VERDICT, "status": Status.BAD_INPUT.label, "reason": problem}

    def _answer(
        self, number: int, i: int, reading: Reading | str, x: Floats, found: Evaluation, judged: Judged
    ) -> dict[str, Any]:  # fmt: skip
        status = Status(int(found.status[i]))
        answer: dict[str, Any] = {"line": number, **_echo(reading), "verdict": str(judged.verdict[i]), "status": status.label}
        if status < 0:
            answer["reason"] = self._outside(i, x, found)
            return answer
        answer["outputs"] = {limit.name: self._output(limit.name, i, t, judged) for t, limit in enumerate(self.limits.outputs)}
        if answer["verdict"] == NO_VERDICT:
            names = [o.name for o, s in zip(self.limits.outputs, judged.straddles[i], strict=True) if s]
            answer["reason"] = f"the interval of {', '.join(names)} straddles a limit"
        elif answer["verdict"] == REJECT:
            names = [o.name for o, b in zip(self.limits.outputs, judged.beyond[i], strict=True) if b]
            answer["reason"] = f"{', '.join(names)} outside the limits"
            if self.limits.knobs and self.advice_ms > 0:
                answer["advice"] = self._advice(x[i])
        return answer

    def _output(self, name: str, i: int, t: int, judged: Judged) -> dict[str, Any]:
        low, high = self._bounds[name]
        return {
            "value": float(judged.value[i, t]), "lower": float(judged.lower[i, t]), "upper": float(judged.upper[i, t]),
            "LSL": low, "USL": high, "margin": float(judged.margin[i, t]),
        }  # fmt: skip

    def _outside(self, i: int, x: Floats, found: Evaluation) -> str:
        axis = self.model.axes[int(found.axis[i])]
        if axis.kind == "categorical":
            return f"{axis.name} has a level the model has not seen; {axis.describe()}"
        return f"{axis.name} = {x[i, int(found.axis[i])]:g} is outside {axis.describe()}"

    def _advice(self, x: Floats) -> dict[str, Any]:
        part = {a.name: float(v) for a, v in zip(self.model.axes, x, strict=True)}
        limits = {o.name: (_end(o.lsl), _end(o.usl)) for o in self.limits.outputs}
        try:
            found = advise(self.model, part, limits, self.limits.knobs, deadline_ms=self.advice_ms)
        except SnaError as error:
            return {"status": error.status.label, "message": str(error)}
        keep = ("status", "settings", "change", "after", "blocking", "message")
        return {key: value for key, value in found.to_dict().items() if key in keep}


def csv_readings(header: Sequence[str], rows: Iterable[Sequence[str] | str]) -> list[Reading | str]:
    """Rows of a table (or what is wrong with one) as readings; an empty cell is a missing reading, another length an error."""
    return [_reading(header, row) for row in rows]


def _reading(header: Sequence[str], row: Sequence[str] | str) -> Reading | str:
    if isinstance(row, str):
        return row
    if len(row) != len(header):
        return f"the row has {len(row)} cells, the header {len(header)}"
    return {name: cell.strip() or None for name, cell in zip(header, row, strict=True)}


def _parsed(text: bytes | str) -> Reading | str:
    """A JSON object, or what is wrong with the line."""
    if len(text) > LONGEST:
        return f"the line is longer than {LONGEST} bytes"
    try:
        found = json.loads(text)
    except UnicodeDecodeError:
        return "the line is not UTF-8"
    except (ValueError, RecursionError) as error:
        return "the line is empty" if not text.strip() else f"the line is not JSON ({_short(str(error))})"
    return found if isinstance(found, dict) else "the line is not a JSON object"


def _echo(reading: Reading | str) -> dict[str, Any]:
    if isinstance(reading, str):
        return {}
    return {k: reading[k] for k in ECHOED if isinstance(reading.get(k), (str, int)) and k in reading}


def _levels(axis: Axis) -> dict[str, float] | None:
    return {name: float(i) for i, name in enumerate(axis.level_names)} if axis.kind == "categorical" else None


def _end(limit: float) -> float | None:
    return float(limit) if np.isfinite(limit) else None


def _short(value: object) -> str:
    text = repr(value) if not isinstance(value, str) else value
    return text if len(text) <= 60 else text[:57] + "..."
