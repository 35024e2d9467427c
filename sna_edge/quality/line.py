"""A line of parts: readings in, one verdict per part out, whatever the readings look like."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..axis import Axis
from ..errors import SnaError
from ..inverse.advise import advise
from ..model import Model
from ..status import Status
from .limits import LineLimits
from .verdict import NO_VERDICT, REJECT, judge

Floats = NDArray[np.float64]
Reading = Mapping[str, Any]

ECHOED = frozenset(("id", "part", "time", "timestamp"))  # keys of a reading that come back with its verdict
NUMBERS = frozenset((float, int))
LONGEST = 1 << 20  # bytes of a line; longer ones are answered as bad input
LABELS = {int(s): s.label for s in Status}
_decode = json.JSONDecoder().decode


class Line:
    """Judges readings against limits; rejects carry advice when there are knobs and `advice_ms` > 0 (the deadline per part)."""

    def __init__(self, model: Model, limits: LineLimits, *, advice_ms: float = 50.0) -> None:
        self.model, self.limits, self.advice_ms = model, limits, advice_ms
        self._names = tuple(a.name for a in model.axes)
        self._levels = [_levels(a) for a in model.axes]
        self._smooth = all(levels is None for levels in self._levels)
        self._nothing = [float("nan")] * len(model.axes)
        self._bounds = [(o.name, _end(o.lsl), _end(o.usl)) for o in limits.outputs]

    def lines(self, texts: Sequence[bytes | str], first: int = 1) -> list[dict[str, Any]]:
        """One answer per line of JSON, in order; `first` is the number of the first line."""
        return self.readings([_parsed(text) for text in texts], first)

    def readings(self, readings: Sequence[Reading | str], first: int = 1) -> list[dict[str, Any]]:
        """One answer per reading; a reading may be an error sentence instead of a mapping."""
        rows = [self._row(reading) for reading in readings]
        x = np.array([self._nothing if isinstance(row, str) else row for row in rows], dtype=float).reshape(len(rows), len(self._names))
        found = self.model.evaluate(x)
        judged = judge(self.model, self.limits, found)
        figures = [a.tolist() for a in (judged.value, judged.lower, judged.upper, judged.margin)]  # lists are read faster
        verdicts, statuses = judged.verdict.tolist(), found.status.tolist()
        answers = []
        for i, (reading, row) in enumerate(zip(readings, rows, strict=True)):
            answer: dict[str, Any] = {"line": first + i, **_echo(reading), "verdict": verdicts[i], "status": LABELS[statuses[i]]}
            if isinstance(row, str):
                answer.update(verdict=NO_VERDICT, status=Status.BAD_INPUT.label, reason=row)
            elif statuses[i] < 0:
                answer["reason"] = self._outside(row, int(found.axis[i]))
            else:
                answer["outputs"] = self._outputs(*(f[i] for f in figures))
                if answer["verdict"] == NO_VERDICT:
                    answer["reason"] = f"the interval of {self._named(judged.straddles[i])} straddles a limit"
                elif answer["verdict"] == REJECT:
                    answer["reason"] = f"{self._named(judged.beyond[i])} outside the limits"
                    if self.limits.knobs and self.advice_ms > 0:
                        answer["advice"] = self._advice(row)
            answers.append(answer)
        return answers

    def _row(self, reading: Reading | str) -> list[float] | str:
        """The inputs of a reading, or what is wrong with it."""
        if isinstance(reading, str):
            return reading
        row = [reading.get(name) for name in self._names]
        if self._smooth and NUMBERS.issuperset(map(type, row)):
            try:
                if all(map(isfinite, row)):  # type: ignore[arg-type]
                    return row  # type: ignore[return-value]
            except OverflowError:
                pass
        out = []
        for d, value in enumerate(row):
            number = self._number(d, value)
            if isinstance(number, str):
                return number
            out.append(number)
        return out

    def _number(self, d: int, value: object) -> float | str:
        """One input, or the reason why not."""
        name, levels = self._names[d], self._levels[d]
        if value is None:
            return f"missing reading {name!r}"
        if levels is not None and str(value) in levels:
            return levels[str(value)]
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            return f"bad reading {name!r} = {_short(value)}: not a number"
        if levels is not None:
            return float("inf")  # an unseen level: evaluate says so
        try:
            number = float(value)
        except (ValueError, OverflowError):
            return f"bad reading {name!r} = {_short(value)}: not a number"
        return number if isfinite(number) else f"bad reading {name!r} = {_short(value)}: not finite"

    def _outputs(self, value: list[float], lower: list[float], upper: list[float], margin: list[float]) -> dict[str, Any]:
        return {
            name: {"value": v, "lower": a, "upper": b, "LSL": lsl, "USL": usl, "margin": m}
            for (name, lsl, usl), v, a, b, m in zip(self._bounds, value, lower, upper, margin, strict=True)
        }

    def _named(self, chosen: NDArray[np.bool_]) -> str:
        return ", ".join(o.name for o, c in zip(self.limits.outputs, chosen, strict=True) if c)

    def _outside(self, row: list[float], d: int) -> str:
        axis = self.model.axes[d]
        if axis.kind == "categorical":
            return f"{axis.name} has a level the model has not seen; {axis.describe()}"
        return f"{axis.name} = {row[d]:g} is outside {axis.describe()}"

    def _advice(self, row: list[float]) -> dict[str, Any]:
        part = dict(zip(self._names, row, strict=True))
        limits = {name: (lsl, usl) for name, lsl, usl in self._bounds}
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
        found = _decode(text.removeprefix(BOM_UTF8).decode() if isinstance(text, bytes) else text)
    except UnicodeDecodeError:
        return "the line is not UTF-8"
    except (ValueError, RecursionError) as error:
        return "the line is empty" if not text.strip() else f"the line is not JSON ({_short(str(error))})"
    return found if isinstance(found, dict) else "the line is not a JSON object"


def _echo(reading: Reading | str) -> dict[str, Any]:
    if isinstance(reading, str) or ECHOED.isdisjoint(reading):
        return {}
    return {k: v for k, v in reading.items() if k in ECHOED and isinstance(v, (str, int))}


def _levels(axis: Axis) -> dict[str, float] | None:
    return {name: float(i) for i, name in enumerate(axis.level_names)} if axis.kind == "categorical" else None


def _end(limit: float) -> float | None:
    return float(limit) if np.isfinite(limit) else None


def _short(value: object) -> str:
    text = repr(value) if not isinstance(value, str) else value
    return text if len(text) <= 60 else text[:57] + "..."
