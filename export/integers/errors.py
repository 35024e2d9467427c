"""How far whole numbers lie from float64: measured at sensor counts of the domain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.integer_path import FixedPath
from sna_edge.model import Model
from sna_edge.numerics.domain_points import domain_points
from sna_edge.uncertainty.companions import values

from .companion import Asked, Ints

Floats = NDArray[np.float64]
POINTS = 2048
MARGIN = 1.5
"""Ends are moved outwards by so many times what was measured: between the points it may be more."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Points that fill the domain, as counts; a model on its integer path is compared there."""

    model: Model
    path: FixedPath

    @cached_property
    def counts(self) -> Ints:
        """[N, D]."""
        points = domain_points(self.model.axes, POINTS)
        found = np.empty(points.shape, np.int64)
        for d, (axis, fixed) in enumerate(zip(self.model.axes, self.path.axes, strict=True)):
            if fixed.categorical:
                found[:, d] = points[:, d]
                continue
            share = np.clip((points[:, d] - axis.lower) / axis.width, 0.0, 1.0)
            span = fixed.count_upper - fixed.count_lower
            found[:, d] = fixed.count_lower + np.rint(share * span)
        return found

    @cached_property
    def inputs(self) -> Floats:
        """What sensors of these counts stand for [N, D]."""
        found = self.counts.astype(float)
        for d, (axis, fixed) in enumerate(zip(self.model.axes, self.path.axes, strict=True)):
            if not fixed.categorical:
                span = fixed.count_upper - fixed.count_lower
                share = (self.counts[:, d] - fixed.count_lower) / span
                found[:, d] = np.clip(axis.lower + share * axis.width, axis.lower, axis.upper)
        return found

    @cached_property
    def y(self) -> Floats:
        """Values in float64 [N, K]."""
        return np.asarray(self.model.backend.value(self.inputs))

    @cached_property
    def places(self) -> NDArray[np.uint16]:
        """[N, D, 2]."""
        return self.path.locate(self.counts)[0]

    @cached_property
    def y_int(self) -> Ints:
        """Values in whole numbers [N, K]."""
        return self.path.evaluate(self.places).astype(np.int64)

    def of_value(self, k: int) -> float:
        """Of output k, in its units."""
        found = np.ldexp(self.y_int[:, k].astype(float), -self.path.outputs[k].exponent)
        return MARGIN * float(np.abs(found - self.y[:, k]).max())

    def of_place(self, k: int, unit: int) -> float:
        """Of the linear part of output k, where the table of its link holds it; 2^unit is 1."""
        plain = [replace(o, link="identity", scale=1.0, offset=0.0, interval=None)
                 for o in self.model.outputs]  # fmt: skip
        bare = self.model.replace(outputs=plain, companions=(), calibration=None, readings=None,
                                  integer_path=False, backend="numpy")  # fmt: skip
        v, fixed = self.path.linear(self.places)[:, k], self.path.outputs[k]
        last = fixed.table_lower + (len(fixed.table) - 1 << fixed.table_shift)
        inside = (v >= fixed.table_lower) & (v <= last)
        off = np.abs(v * 2.0**-unit - bare.backend.value(self.inputs)[:, k])[inside]
        return MARGIN * float(off.max(initial=0.0))

    def of_width(self, scale: Asked | None) -> float:
        """Of sigma, relative to what whole numbers give."""
        if scale is None:
            return 0.0
        companion = self.model.companions[scale.index]
        wanted = values(companion, self.model.axes, self.inputs, self.y)[:, 0]
        found = np.maximum(scale.value(self.counts, self.y_int), 1)
        sigma = np.ldexp(found.astype(float), -scale.output.exponent)
        return MARGIN * float(np.abs(wanted / sigma - 1.0).max())
