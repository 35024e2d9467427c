"""Parts that come as raw readings: the inputs that are computed from them (FORMAT.md section
16)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..errors import SnaError
from ..model import Model
from ..status import Status
from ..uncertainty.readings import asked, completed

Floats = NDArray[np.float64]
Refused = dict[int, tuple[Status, str]]


def raw_names(model: Model) -> tuple[str, ...]:
    """Of the raw readings of a model."""
    return tuple(r.name for r in model.readings.raw) if model.readings else ()


def absent(model: Model, given: Mapping[str, object]) -> str:
    """What a part lacks, in words: an input without which, and without whose parents, it has no
    value; nothing where it is whole."""
    readings, names = model.readings, model.input_names
    raw = raw_names(model)
    for d, name in enumerate(names):
        if given.get(name) is not None:
            continue
        formula = readings.formulas.get(d) if readings else None
        if formula is None:
            return f"missing reading {name!r}"
        parents = [(raw if t.raw else names)[t.index] for t in formula.terms]
        if lost := [p for p in parents if given.get(p) is None]:
            return f"missing reading {name!r}, and {', '.join(map(repr, lost))} to compute it"
    return ""


def computed(model: Model, rows: Floats, tolerance: Mapping[str, float]) -> tuple[Floats, Refused]:
    """Coordinates [N, D] of rows [N, D + n_raw] of inputs and raw readings, NaN for what was not
    given, and the rows refused: status and reason."""
    d, names = len(model.axes), [*model.input_names, *raw_names(model)]
    x, refused = rows[:, :d].copy(), Refused()
    here = ~np.isnan(rows)
    for pattern in np.unique(here, axis=0):
        some = np.flatnonzero((here == pattern).all(axis=1))
        if not pattern.any() or (pattern[:d].all() and not pattern[d:].any()):
            continue
        given = {n: rows[some, i] for i, n in enumerate(names) if pattern[i]}
        found = completed(model, given, True, tolerance or None)
        if found is None:
            continue
        for axis in np.flatnonzero(~pattern[:d]):
            x[some, axis] = np.asarray(found.query[names[axis]], dtype=float)
        for i in np.flatnonzero(found.status < 0):
            refused[int(some[i])] = Status(int(found.status[i])), _why(model, given, int(i))
    return x, refused


def _why(model: Model, given: Mapping[str, Floats], row: int) -> str:
    """Why a row has no value, in words."""
    try:
        asked(model, {name: column[row] for name, column in given.items()}, True)
    except SnaError as error:
        return str(error)
    return "its readings give no inputs"
