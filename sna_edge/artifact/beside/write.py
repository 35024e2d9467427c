"""Companions, calibration and readings -> bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...core.axis import Axis
from ...core.beside import Calibration, Companion, CoordinateSource, Derived, Readings
from ...core.beside.program import LOADS, OPERATIONS
from ...core.beside.readings import FORMULAS
from ...core.record import ModelRecord
from ...errors import InputError
from .. import layout
from .reference_readings import reference_readings


def companions(model: ModelRecord, file: Callable[[ModelRecord], bytes]) -> bytes:
    """Section 14: records, then coordinates, weights and file of every companion."""
    if not model.companions:
        return b""
    records = np.zeros(len(model.companions), layout.COMPANION)
    data = bytearray(8 + records.nbytes)
    for i, (record, companion) in enumerate(zip(records, model.companions, strict=True)):
        record["role"], record["output"] = companion.role, companion.output
        record["weight"] = companion.weight
        record["coordinates"] = len(data)
        data.extend(_coordinates(companion, len(data)))
        data.extend(b"\0" * (layout.align(len(data), layout.ALIGN_EMBEDDED) - len(data)))
        block = _inside(i, companion, model, file)
        record["file"], record["file_size"] = len(data), len(block)
        data.extend(block)
    data[: 8 + records.nbytes] = np.array([len(records), 0], "<u4").tobytes() + records.tobytes()
    return bytes(data)


def _coordinates(companion: Companion[Any], start: int) -> bytes:
    """Coordinates, then the weights of features, from a multiple of 8 on."""
    records = np.zeros(len(companion.coordinates), layout.COORDINATE)
    end, weights = start + records.nbytes, []
    for record, c in zip(records, companion.coordinates, strict=True):
        record["source"], record["index"], record["constant"] = c.source, c.index, c.constant
        if c.source == CoordinateSource.FEATURE:
            record["weights"] = end
            weights.append(c.weights.astype("<f4").tobytes())
            end += len(weights[-1])
    return records.tobytes() + b"".join(weights)


def _inside(
    i: int, companion: Companion[Any], model: ModelRecord, file: Callable[[ModelRecord], bytes]
) -> bytes:
    try:
        return file(_counted(companion, model))
    except InputError as error:
        raise InputError(f"companion {i} ({companion.role.label}): {error}") from None


def _counted(companion: Companion[Any], model: ModelRecord) -> ModelRecord:
    """The function of a companion; on an integer path an axis that is an input has its counts."""
    found: ModelRecord = companion.model
    told = model.metadata.get("counts")
    if not (found.integer_path and told):
        return found
    counts = dict(found.metadata.get("counts", {}))
    for axis, c in zip(found.axes, companion.coordinates, strict=True):
        if c.source == CoordinateSource.INPUT and model.axes[c.index].name in told:
            counts[axis.name] = told[model.axes[c.index].name]
    return found.replace(metadata={**found.metadata, "counts": counts})


def calibration(made: Calibration) -> bytes:
    """Section 15."""
    head = np.zeros(1, layout.CALIBRATION)
    head[0] = (made.n_residuals, made.n_scores, made.least_p, len(made.pairs), np.zeros(14))
    numbers = (made.quantiles, made.floor, made.correlation, made.scores)
    pairs = np.array([(p.a, p.b, len(p.bits)) for p in made.pairs], layout.PAIR)
    blocks = [head, *(np.ascontiguousarray(n, "<f8") for n in numbers), pairs]
    return b"".join(b.tobytes() for b in [*blocks, *(p.bits for p in made.pairs)])


def readings(made: Readings, axes: Sequence[Axis]) -> bytes:
    """Section 16."""
    steps = [step for formula in made.derived for step in _steps(formula)]
    golden, expected = reference_readings(made, axes)
    head = np.array([(len(made.raw), len(made.derived), len(steps), len(golden))], layout.READINGS)
    derived = np.array(
        [
            (d.axis, FORMULAS.index(d.formula), len(d.program or d.terms), 0, d.constant)
            for d in made.derived
        ],
        layout.DERIVED,
    )
    ends = np.array([(r.lower, r.upper) for r in made.raw], "<f8")
    blocks = (
        head, made.tolerance.astype("<f8"), ends, derived, np.array(steps, layout.TERM),
        golden.astype("<f8"), expected.astype("<f8"),
    )  # fmt: skip
    return b"".join(b.tobytes() for b in blocks)


def _steps(formula: Derived) -> list[tuple[int, int, int, int, float]]:
    """Records of the terms, or of the steps of a program."""
    if formula.formula != "program":
        return [(t.raw, 0, t.index, 0, t.number) for t in formula.terms]
    found = []
    for s in formula.program:
        kind = LOADS.index(s.what) if s.what in LOADS else len(LOADS)
        index = OPERATIONS.index(s.what) if kind == len(LOADS) else s.index
        found.append((kind, 0, index, 0, s.number))
    return found
