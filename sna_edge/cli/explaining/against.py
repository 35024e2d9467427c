"""What a point is explained against: a setting, the mean over the domain, rows of a table."""

from __future__ import annotations

import argparse
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...model import Model
from ..arguments import assignments, input_values
from ..columns import Columns
from ..options.dialect import open_for
from ..raw_readings import needed, readable

Floats = NDArray[np.float64]
MEAN = "mean"
MOST_ROWS = 500
"""Rows of a table that a mean is taken over; of more, as many evenly spaced ones."""


@dataclass(frozen=True)
class Against:
    """`query` as `Model.contributions` takes it (levels as indices), None for the mean over the
    domain; `said` in words; `told` for JSON."""

    query: dict[str, Any] | None
    said: str
    told: dict[str, Any]

    def value(self, name: str) -> float:
        """Coordinate of one input or raw reading; NaN where it is none, or several."""
        held = None if self.query is None else self.query.get(name)
        return float(held) if held is not None and np.ndim(held) == 0 else float("nan")


def read_against(
    args: argparse.Namespace, model: Model, texts: Sequence[str], point: dict[str, Any]
) -> Against:
    """What --against says, where the `point` (levels as indices) fills in what a setting leaves
    out. Raises InputError."""
    if list(texts) in ([], [MEAN]):
        return Against(None, "the mean over the domain", {"kind": MEAN})
    if any("=" in text for text in texts) and not (len(texts) == 1 and os.path.exists(texts[0])):
        return _setting(model, texts, point)
    if len(texts) > 1:
        raise InputError(
            f"--against has {len(texts)} words; give NAME=VALUE .., or {MEAN}, or one table"
        )
    path, _, row = texts[0].rpartition(":")
    if path and row.isdecimal() and not os.path.exists(texts[0]):
        return _row(args, model, path, int(row))
    return _rows(args, model, texts[0])


def coordinates_by_name(model: Model, given: dict[str, object]) -> dict[str, Any]:
    """Values as a user writes them as coordinates."""
    axes = readable(model)
    return {name: axes[name].coordinate(value) for name, value in given.items()}


def _setting(model: Model, texts: Sequence[str], point: dict[str, Any]) -> Against:
    known = readable(model)
    given = input_values(model, texts, known)
    left_out = {*assignments(texts, list(known)), *_computed_anew(model, given)}
    left = {n: v for n, v in point.items() if n not in left_out}
    query = {**left, **coordinates_by_name(model, given)}
    return Against(query, "the setting given", {"kind": "setting", "setting": given})


def _computed_anew(model: Model, given: Collection[str]) -> set[str]:
    """Inputs that a raw reading of the setting decides; as at the point they would outdo it."""
    if model.readings is None:
        return set()
    raw = [r.name for r in model.readings.raw]
    return {
        model.axes[f.axis].name
        for f in model.readings.derived
        if any(t.raw and raw[t.index] in given for t in f.terms)
    } - set(given)


def _row(args: argparse.Namespace, model: Model, path: str, number: int) -> Against:
    columns = _columns(args, model, path)
    count = len(next(iter(columns.values())))
    if not 1 <= number <= count:
        raise InputError(
            f"{path} has {count} rows and no row {number}; count from 1, the first below the header"
        )
    query = {name: float(column[number - 1]) for name, column in columns.items()}
    gaps = frozenset() if model.gaps is None else model.gaps.may_lack
    query = {n: v for n, v in query.items() if v == v or n not in gaps}
    told = {"kind": "row", "table": path, "row": number}
    return Against(query, f"row {number} of {path}", told)


def _rows(args: argparse.Namespace, model: Model, path: str) -> Against:
    columns = _columns(args, model, path)
    inside = model.evaluate(columns, level_index=True).status >= 0
    kept = np.flatnonzero(inside)
    if not len(kept):
        raise InputError(
            f"{path} has no row inside the domain of the model; give rows that it was fitted to"
        )
    if len(kept) > MOST_ROWS:
        kept = kept[np.linspace(0, len(kept) - 1, MOST_ROWS).round().astype(int)]
    query = {name: column[kept] for name, column in columns.items()}
    some = "" if len(kept) == len(inside) else f" of {len(inside)}"
    told = {"kind": "rows", "table": path, "rows": len(kept)}
    return Against(query, f"the mean of {len(kept)}{some} rows of {path}", told)


def _columns(args: argparse.Namespace, model: Model, path: str) -> dict[str, Floats]:
    """Coordinates of inputs, and of raw readings in place of what is computed from them, [N]."""
    source = open_for(args, path, model)
    reader = Columns(source, needed(model, source.names))
    parts = []
    for block in source.blocks():
        given = reader.read(block)[1]
        for row in block.wrong:
            for column in given.values():
                column[row] = np.nan
        parts.append(given)
    reader.finish()
    if not parts:
        raise InputError(f"{path} has no rows below its header; give a table with rows")
    return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
