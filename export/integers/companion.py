"""A companion in whole numbers: an integer path of its own, asked at sensor counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor, log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.canonical_form import as_stored
from sna_edge.artifact.golden import make
from sna_edge.artifact.grouping import groups_of
from sna_edge.artifact.integer_path import FixedOutput, FixedPath
from sna_edge.artifact.integer_section import plan
from sna_edge.core.axis import Axis
from sna_edge.core.beside import Companion, Coordinate, CoordinateSource
from sna_edge.core.interaction import CP
from sna_edge.errors import InputError
from sna_edge.model import Model

Ints = NDArray[np.int64]
LARGEST_Y = 2.0**30
"""Of a value on the integer path (FORMAT.md section 13)."""
MOST_BITS = 40


@dataclass(frozen=True, eq=False)
class Straight:
    """A count that follows from those of inputs and from values: (start + sum_d f_d (c_d - lower_d)
    + sum_k g_k y_k) >> bits, kept within `ends`; start holds the half of a rounding. Of an input
    with levels f_d has a number for each instead."""

    start: int
    bits: int
    inputs: tuple[tuple[int, int, Ints], ...]
    outputs: tuple[tuple[int, int], ...]
    ends: tuple[int, int]

    def counts(self, x: Ints, y: Ints) -> Ints:
        """[N] of the counts of the inputs [N, D] and the values [N, K]."""
        total = np.full(len(x), self.start, dtype=np.int64)
        for d, lower, factor in self.inputs:
            total += factor[x[:, d]] if len(factor) > 1 else (x[:, d] - lower) * factor[0]
        for k, factor_y in self.outputs:
            total += y[:, k] * factor_y
        return np.clip(total >> self.bits, *self.ends)


@dataclass(frozen=True, eq=False)
class Asked:
    """Companion `index` of a model, of one output: of every axis the input it takes, or how its
    count follows."""

    index: int
    path: FixedPath
    coordinates: tuple[int | Straight, ...]

    @property
    def output(self) -> FixedOutput:
        """Its one output."""
        return self.path.outputs[0]

    def value(self, x: Ints, y: Ints) -> Ints:
        """What it gives [N] at the counts of the inputs [N, D] and the values [N, K]."""
        given = [c.counts(x, y) if isinstance(c, Straight) else x[:, c] for c in self.coordinates]
        places, _ = self.path.locate(np.stack(given, axis=1))
        return self.path.evaluate(places)[:, 0].astype(np.int64)


def asked(model: Model, path: FixedPath, index: int) -> Asked:
    """Companion `index` of a model on the integer path `path`. Raises InputError with the reason
    where it has no integer path itself."""
    companion = model.companions[index]
    named = [replace(a, name=f"z{d + 1}") for d, a in enumerate(companion.model.axes)]
    counts = {
        axis.name: (path.axes[c.index].count_lower, path.axes[c.index].count_upper)
        for axis, c in zip(named, companion.coordinates, strict=True)
        if c.source == CoordinateSource.INPUT and axis.kind != "categorical"
    }
    told = companion.model.replace(axes=named, metadata={"counts": counts}, backend="numpy")
    stored = as_stored(told)
    if not isinstance(stored.interaction, CP):
        raise InputError("a tensor train has no integer path")
    ranges = make(stored, peaks=True)[1].ranges  # as in a file: of companions at their peaks
    own, _ = plan(stored, groups_of(stored.interaction), ranges)
    return Asked(index, own, tuple(_coordinates(companion, model, path, own)))


def _coordinates(
    companion: Companion[Model], model: Model, path: FixedPath, own: FixedPath
) -> list[int | Straight]:
    found: list[int | Straight] = []
    for axis, fixed, c in zip(companion.model.axes, own.axes, companion.coordinates, strict=True):
        ends = (fixed.count_lower, fixed.count_upper)
        per = (ends[1] - ends[0]) / axis.width
        if c.source == CoordinateSource.INPUT:
            found.append(c.index)
        elif c.source == CoordinateSource.FEATURE:
            start = ends[0] + (c.constant - axis.lower) * per
            found.append(straight(start, _slopes(c, model.axes, path, per), [], ends))
        else:
            factor = per * 2.0 ** -path.outputs[c.index].exponent
            found.append(straight(ends[0] - axis.lower * per, [], [(c.index, factor)], ends))
    return found


def _slopes(
    c: Coordinate, axes: Sequence[Axis], path: FixedPath, per: float
) -> list[tuple[int, int, Any]]:
    """Of every input its lower count and `per` times what a count of it, or a level, adds."""
    found, at = [], 0
    for d, (axis, fixed) in enumerate(zip(axes, path.axes, strict=True)):
        levels = axis.basis.n_spans if axis.kind == "categorical" else 1
        factor = np.asarray(c.weights[at : at + levels], dtype=float) * per
        if axis.kind != "categorical":
            factor = factor * (axis.width / (fixed.count_upper - fixed.count_lower))
        lone = axis.kind == "categorical" and levels == 1  # its count, 0, counts once
        found.append((d, fixed.count_lower - lone, factor))
        at += levels
    return [one for one in found if one[2].any()]


def straight(
    start: float,
    inputs: list[tuple[int, int, Any]],
    outputs: list[tuple[int, float]],
    ends: tuple[int, int],
) -> Straight:
    """With as many bits as LINT has room for. Raises InputError where it has none."""
    reach = abs(start) + sum(float(np.abs(f).max()) * (1 if len(f) > 1 else 2.0**32)
                             for _, _, f in inputs)  # fmt: skip
    reach += sum(abs(g) * LARGEST_Y for _, g in outputs)
    bits = min(MOST_BITS, 61 - floor(log2(max(reach, 1.0))))
    if bits < 1:
        raise InputError("a coordinate of a companion leaves LINT")
    unit = 2.0**bits
    return Straight(
        round(start * unit) + (1 << bits >> 1),
        bits,
        tuple((d, low, np.rint(f * unit).astype(np.int64)) for d, low, f in inputs),
        tuple((k, round(g * unit)) for k, g in outputs),
        ends,
    )
