"""Golden vectors: inputs that touch every span of every axis, expected values of the canonical
form, tolerances."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.evaluator import Evaluator
from ..core.float32 import carried, input_offsets, output_offsets
from ..core.interaction import CP
from ..core.record import ModelRecord
from ..errors import ArtifactError
from ..numerics.domain_points import LEAST, domain_points, span_points
from ..numerics.reference import Reference
from .canonical_form import as_stored
from .layout import HEADER, SECTIONS, outward32

Floats = NDArray[np.float64]

SAMPLES = 1024  # quasi-random points for range and kappa
FLOAT32 = 4e-6  # error of float32 evaluation over max(1, kappa) * range, DESIGN.md
FLOAT64 = 1e-11


@dataclass(frozen=True)
class Golden:
    """inputs [G, D], expected [G, K], absolute tolerances [K] for float64 and float32
    evaluation."""

    inputs: Floats
    expected: Floats
    tolerance64: Floats
    tolerance32: Floats

    def largest(self) -> Golden:
        """The one vector [1, D] with the largest value of the first output: of a density the others
        may be next to nothing."""
        g = int(np.argmax(np.abs(self.expected[:, 0])))
        return replace(self, inputs=self.inputs[g : g + 1], expected=self.expected[g : g + 1])


def tolerance32(data: bytes, n_outputs: int) -> list[float]:
    """Of each output of a checked file: how far an evaluation in float32 may be off."""
    (start,) = struct.unpack_from("<I", data, HEADER.itemsize + 16 * SECTIONS.index("golden") + 4)
    return list(struct.unpack_from(f"<{n_outputs}d", data, start + 8 + 8 * n_outputs))


@dataclass(frozen=True)
class Scale:
    """Per output over the domain, as sampled: low, high, kappa = max sum_r |mode_r dy/df| / (high -
    low), largest |y|."""

    low: Floats
    high: Floats
    kappa: Floats
    largest: Floats

    @property
    def ranges(self) -> list[tuple[float, float]]:
        """(low, high) of every output."""
        return list(zip(self.low.tolist(), self.high.tolist(), strict=True))


def measure(model: ModelRecord, points: Floats) -> Scale:
    """Range, kappa and largest magnitude of every output at `points`."""
    y = Reference(model).value(points)
    low, high = y.min(axis=0), y.max(axis=0)
    modes = absolute_modes(model, points)
    whole = [carried(*ends) for ends in zip(low.tolist(), high.tolist(), strict=True)]
    bias = np.array(
        [o.bias * w for o, w in zip(model.outputs, whole, strict=True)]
    )  # else added in float64
    f = np.stack([o.linear_of(y[:, k]) for k, o in enumerate(model.outputs)], axis=1)
    slope = np.stack([np.abs(o.slope(f[:, k])) for k, o in enumerate(model.outputs)], axis=1)
    width = np.where(high > low, high - low, np.inf)
    kappa = np.nan_to_num((modes + np.abs(bias)) * slope).max(axis=0) / width
    return Scale(low, high, kappa, np.abs(y).max(axis=0))


def absolute_modes(model: ModelRecord, points: Floats) -> Floats:
    """sum_r |W[r,k] prod_d phi_{d,r}| at every point [N, K] (TT: the chain of absolute cores)."""
    work = model.interaction
    atoms = [
        a.basis.expand(points[:, d], t)
        for d, (a, t) in enumerate(zip(model.axes, work.tables, strict=True))
    ]
    if isinstance(work, CP):
        product = np.ones((len(points), work.rank))
        for modes, atom in zip(work.modes, atoms, strict=True):
            product[:, modes] *= np.abs(atom)
        return np.asarray(product @ np.abs(work.weights))
    v = np.ones((len(points), 1, 1))
    for atom, core in zip(atoms, work.cores, strict=True):
        v = v @ np.abs(atom).reshape(len(points), *core.shape[1:])
    return np.asarray(v[:, 0] @ np.abs(work.weights))


def make(stored: ModelRecord, peaks: bool = False) -> tuple[Golden, Scale]:
    """Golden vectors of a model that is already `as_stored`, and the ranges its tolerances rest
    on; with `peaks` sampled where modes are largest, too."""
    inputs = span_points(stored.axes)
    points = np.vstack([inputs, domain_points(stored.axes, SAMPLES)])
    if peaks:
        points = np.vstack([points, mode_peaks(stored, inputs)])
    scale = measure(stored, points)
    width = (scale.high - scale.low) * np.maximum(1.0, scale.kappa)
    tolerance64 = FLOAT64 * np.maximum(width, scale.largest)
    value, slopes = Reference(stored).value_and_gradient(inputs)
    moved = 2.0 * (np.abs(slopes).max(axis=0) @ [_rounding32(a) for a in stored.axes])
    whole = [carried(*ends) for ends in scale.ranges]
    tolerance32 = np.maximum(FLOAT32 * width, moved) + np.where(
        whole, 2.0**-23 * scale.largest, 0.0
    )
    return Golden(inputs, value, tolerance64, tolerance32), scale


def mode_peaks(stored: ModelRecord, inputs: Floats) -> Floats:
    """[R, D], where each mode is largest, of the breaks and the coordinates of `inputs`: a density
    of many inputs is next to nothing at points taken at random. None of trains."""
    work = stored.interaction
    if not isinstance(work, CP):
        return np.empty((0, len(stored.axes)))
    found = np.tile([a.lower for a in stored.axes], (work.rank, 1))
    for d, (axis, table, modes) in enumerate(
        zip(stored.axes, work.tables, work.modes, strict=True)
    ):
        breaks = np.empty(0) if axis.kind == "categorical" else axis.basis.breaks
        places = np.unique(np.concatenate([breaks, inputs[:, d]]))
        if len(modes):
            atoms = np.abs(axis.basis.expand(places, table))
            found[modes, d] = places[atoms.argmax(axis=0)]
    return found


def _rounding32(axis: Axis) -> float:
    """How far float32 puts the spans of an axis from where they are; 0 where it does not carry the
    input at all."""
    if axis.kind == "categorical" or not carried(axis.lower, axis.upper):
        return 0.0
    rounded = (
        np.array(outward32(axis.lower, axis.upper))
        if axis.basis.uniform
        else axis.basis.breaks.astype(np.float32)
    )
    return float(
        np.abs(
            rounded - ([axis.lower, axis.upper] if axis.basis.uniform else axis.basis.breaks)
        ).max()
    )


def ranges(model: ModelRecord) -> list[tuple[float, float]]:
    """low, high of every output: as stored, or as the writer would sample them."""
    if all(o.range is not None for o in model.outputs):
        return [o.range or (0.0, 0.0) for o in model.outputs]
    return make(as_stored(model))[1].ranges


def float32_offsets(model: ModelRecord) -> tuple[list[float], list[float]]:
    """What a caller in float64 takes off every input, and adds to every output, of a float32
    evaluation (core/float32.py)."""
    return input_offsets(model.axes), output_offsets(model.outputs, ranges(model))


def replay(evaluator: Evaluator, golden: Golden) -> Floats:
    """Largest error per output [K] of an evaluator; ArtifactError `golden_mismatch` when it
    misses."""
    value = np.concatenate([evaluator.value(row[None]) for row in golden.inputs[:LEAST]])
    error = np.abs(evaluator.value(golden.inputs) - golden.expected)
    error[: len(value)] = np.maximum(
        error[: len(value)], np.abs(value - golden.expected[: len(value)])
    )
    tolerance = golden.tolerance64 if evaluator.name == "numpy" else golden.tolerance32
    if not np.all(error <= tolerance):
        worst = int(np.argmax(np.nan_to_num(error, nan=np.inf).max(axis=1)))
        raise ArtifactError(
            "golden_mismatch",
            f"backend {evaluator.name!r} misses golden vector {worst} by"
            f" {error[worst].max():.3g} (allowed {tolerance.max():.3g}); the file or the backend is"
            " damaged, copy the artifact again",
        )
    return np.asarray(error.max(axis=0))
