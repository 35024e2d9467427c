"""Checked sections 14 to 16 -> companions, calibration, readings, signature."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...core.beside import (
    Calibration,
    Companion,
    Coordinate,
    CoordinateSource,
    Derived,
    LevelPair,
    RawReading,
    Readings,
    Role,
    Signature,
    Step,
    Term,
)
from ...core.beside.program import LOADS, OPERATIONS
from ...core.beside.readings import FORMULAS
from .. import layout
from ..raw_views import Raw, RawCompanion

Names = dict[str, Any]


def parts(raw: Raw, names: Names, record: Callable[[Raw, Names], Any]) -> dict[str, Any]:
    """What the constructor of a record is told of a file; `record` makes the function of a file
    inside it."""
    return {
        "companions": [_companion(c, names, record) for c in raw.companions],
        "calibration": _calibration(raw),
        "readings": _readings(raw, names),
        "signature": _signature(raw),
    }


def _companion(
    raw: RawCompanion, names: Names, record: Callable[[Raw, Names], Any]
) -> Companion[Any]:
    coordinates = tuple(
        Coordinate(CoordinateSource(int(c["source"])), int(c["index"]), w, float(c["constant"]))
        for c, w in zip(raw.coordinates, raw.weights, strict=True)
    )
    role, r = Role(int(raw.record["role"])), raw.record
    own = {"axes": _axis_names(coordinates, names), "outputs": _output_names(role, raw.file)}
    return Companion(role, record(raw.file, own), coordinates, int(r["output"]), float(r["weight"]))


def _axis_names(coordinates: tuple[Coordinate, ...], names: Names) -> list[tuple[str, str, Any]]:
    """Those of the inputs and outputs where coordinates come from, each different from the ones
    before it."""
    found: list[tuple[str, str, Any]] = []
    for c in coordinates:
        name, unit, levels = f"feature {len(found)}", "", ()
        if c.source == CoordinateSource.INPUT:
            name, unit, levels = names["axes"][c.index]
        elif c.source == CoordinateSource.PREDICTION:
            name, unit = names["outputs"][c.index]
        while any(name == other for other, *_ in found):
            name += "'"
        found.append((name, unit, levels))
    return found


def _output_names(role: Role, file: Raw) -> list[tuple[str, str]]:
    count = len(file.outputs)
    return [(f"{role.label} {k}" if count > 1 else role.label, "") for k in range(count)]


def _calibration(raw: Raw) -> Calibration | None:
    found = raw.calibration
    if found is None:
        return None
    spans = raw.axes["n_spans"].tolist()
    n_residuals, n_scores = int(found.head["n_residuals"]), int(found.head["n_scores"])
    spaces = [layout.SPACES[s] for s in raw.outputs["interval_space"].tolist()]
    return Calibration(
        n_residuals,
        found.quantiles,
        found.floor,
        found.correlation,
        tuple(spaces) if n_residuals else (),
        n_scores,
        found.scores,
        float(found.head["least_p"]),
        tuple(LevelPair(a, b, (spans[a], spans[b]), bits) for a, b, bits in found.pairs),
    )


def _readings(raw: Raw, names: Names) -> Readings | None:
    found = raw.readings
    if found is None:
        return None
    steps = iter(found.terms.tolist())
    derived = tuple(
        _derived(axis, FORMULAS[formula], [next(steps) for _ in range(count)], constant)
        for axis, formula, count, _, constant in found.derived.tolist()
    )
    ends = zip(names["raw_inputs"], found.ends.tolist(), strict=True)
    return Readings(
        found.tolerance, tuple(RawReading(*told, *both) for told, both in ends), derived
    )


def _derived(axis: int, formula: str, records: list[Any], constant: float) -> Derived:
    """The formula of its terms, or of the steps of its program."""
    if formula != "program":
        terms = tuple(Term(index, number, kind == 1) for kind, _, index, _, number in records)
        return Derived(axis, formula, terms, constant)
    steps = (
        Step(OPERATIONS[index]) if kind == len(LOADS) else Step(LOADS[kind], index, number)
        for kind, _, index, _, number in records
    )
    return Derived(axis, formula, program=tuple(steps))


def _signature(raw: Raw) -> Signature | None:
    record = np.frombuffer(raw.sections["signature"], layout.SIGNATURE)[0]
    if not record["signature"].any():
        return None
    return Signature(
        record["signature"].tobytes(), record["key_id"].tobytes(), int(record["model_version"])
    )
