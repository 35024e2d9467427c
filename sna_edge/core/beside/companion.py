"""A further function beside the values of a model: what it is for and what it is asked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from math import isfinite
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ..axis import Axis
from ..output import Output
from .given import all_of, array_of, need_numbers, need_whole, one_of

Singles = NDArray[np.float32]
LARGEST = 2.0**1000
MOST = 64
"""Companions of a model."""


class Role(IntEnum):
    """What the outputs of a companion mean (FORMAT.md section 14)."""

    SCALE = 0
    FAMILIARITY = 1
    CLASS_SCORE = 2
    BASE = 3

    @property
    def label(self) -> str:
        """The word for people: `class score`."""
        return self.name.lower().replace("_", " ")


class CoordinateSource(IntEnum):
    """Where a coordinate of a companion comes from."""

    INPUT = 0
    FEATURE = 1
    PREDICTION = 2


@dataclass(frozen=True, eq=False)
class Coordinate:
    """One coordinate: input d = index, a linear feature b + sum_e A_e u_e, or the prediction y_k of
    k = index.

    u [E]: x_d - lower_d for an input without levels; for one with levels a column for each, 1 for
    the level that x_d is and 0 for the others. `weights` A [E] float32 and `constant` b belong to
    features. Raises InputError for numbers that a file does not hold.
    """

    source: CoordinateSource
    index: int = 0
    weights: Singles = field(default_factory=lambda: np.empty(0, np.float32))
    constant: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", one_of(CoordinateSource, self.source))
        weights = array_of("weights of a linear feature", self.weights, np.float32)
        object.__setattr__(self, "weights", weights)
        need_whole("the index of a coordinate", self.index)
        need_numbers("the constant of a linear feature", self.constant)
        if weights.ndim != 1:
            raise InputError("weights of a linear feature are one row of numbers")
        feature = self.source == CoordinateSource.FEATURE
        if not feature and (len(weights) or self.constant):
            raise InputError("only a linear feature has weights and a constant; leave them out")
        if self.index < 0 or (feature and self.index):
            raise InputError("a coordinate has the index of its input or output; features have 0")
        if not (np.isfinite(weights).all() and abs(self.constant) < LARGEST):
            raise InputError("weights and constant of a linear feature must be finite numbers")


class Function(Protocol):
    """What a companion needs of its record."""

    @property
    def axes(self) -> Sequence[Axis]:
        """Its inputs [C]."""
        ...

    @property
    def outputs(self) -> Sequence[Output]:
        """Its outputs."""
        ...


Held = TypeVar("Held", bound=Function)


@dataclass(frozen=True, eq=False)
class Companion(Generic[Held]):
    """A further SNA `model` beside the values, asked at `coordinates`, one for each of its axes.

    SCALE: sigma of output `output`; FAMILIARITY: a tempered density of the inputs, `weight` times
    its logarithm is added to the score; CLASS_SCORE: a score for each class; BASE: what was known
    of output `output` before. Raises InputError where the model is not what its role demands.
    """

    role: Role
    model: Held
    coordinates: tuple[Coordinate, ...]
    output: int = 0
    weight: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "role", one_of(Role, self.role))
        coordinates = all_of("coordinates of a companion", self.coordinates, Coordinate)
        object.__setattr__(self, "coordinates", coordinates)
        need_whole("the output of a companion", self.output)
        need_numbers("the weight of a companion", self.weight)
        self._need_function()
        self._need_weight()
        self._need_outputs()
        if len(self.coordinates) != len(self.model.axes):
            raise InputError(
                f"a companion of {len(self.model.axes)} axes needs as many coordinates, not"
                f" {len(self.coordinates)}"
            )

    def _need_function(self) -> None:
        if not (hasattr(self.model, "axes") and hasattr(self.model, "outputs")):
            raise InputError(f"a companion is a model, not {self.model!r}")
        beside = ("companions", "calibration", "readings")
        if any(getattr(self.model, name, None) for name in beside):
            raise InputError(
                "a companion has no companions, calibration or readings of its own; leave them out"
            )

    def _need_weight(self) -> None:
        told = self.role == Role.FAMILIARITY
        good = isfinite(self.weight) and (0 < self.weight < LARGEST if told else not self.weight)
        if not good:
            raise InputError(
                "the weight of a familiarity is a number above 0, other companions have none (0)"
            )
        if self.role == Role.CLASS_SCORE and not 0 <= self.output < 256:
            raise InputError(f"the output of a class score is {self.output}; give 0 to 255")
        if told and self.output:
            raise InputError("a familiarity belongs to no output; leave it 0")

    def _need_outputs(self) -> None:
        first, several = self.model.outputs[0], len(self.model.outputs) > 1
        if any(o.interval for o in self.model.outputs):
            raise InputError("a companion has no interval of its own; leave it out")
        if several and self.role != Role.CLASS_SCORE:
            raise InputError(f"a {self.role.label} has one output, not {len(self.model.outputs)}")
        if self.role == Role.SCALE and not (
            first.link == "exp" and first.scale > 0 and first.offset >= 0
        ):
            raise InputError("a scale is above 0: link exp, scale above 0 and offset from 0 on")
        if self.role == Role.FAMILIARITY and not (first.link == "identity" and first.scale > 0):
            raise InputError("a familiarity has link identity and a scale above 0")

    def need_fit(self, axes: Sequence[Axis], outputs: Sequence[Output]) -> None:
        """InputError where the companion does not fit the inputs and outputs of the values."""
        if self.role in (Role.SCALE, Role.BASE) and not 0 <= self.output < len(outputs):
            raise InputError(f"a {self.role.label} belongs to output {self.output}, which is none")
        if self.role == Role.SCALE and outputs[self.output].interval is not None:
            raise InputError(
                f"output {outputs[self.output].name!r} has a scale, so its interval follows from"
                " the calibration; leave the other out"
            )
        columns = encoded_columns(axes)
        for axis, c in zip(self.model.axes, self.coordinates, strict=True):
            if c.source == CoordinateSource.INPUT:
                _need_same(axis, axes, c.index)
                continue
            if axis.kind != "continuous":
                raise InputError(f"axis {axis.name!r} of a companion must be continuous")
            if c.source == CoordinateSource.PREDICTION and c.index >= len(outputs):
                raise InputError(f"a companion asks for output {c.index}, which is none")
            if c.source == CoordinateSource.FEATURE and c.weights.shape != (columns,):
                raise InputError(f"a linear feature needs {columns} weights, not {len(c.weights)}")


def _need_same(axis: Axis, axes: Sequence[Axis], index: int) -> None:
    if index >= len(axes):
        raise InputError(f"a companion asks for input {index}, which is none")
    wanted = axes[index]
    if (axis.kind, axis.lower, axis.upper) != (wanted.kind, wanted.lower, wanted.upper):
        raise InputError(
            f"a companion has another domain of input {wanted.name!r}; take the model's own axis"
            " bounds"
        )


def encoded_columns(axes: Sequence[Axis]) -> int:
    """E: one column for every input without levels, one for each level of the others."""
    return sum(a.basis.n_spans if a.kind == "categorical" else 1 for a in axes)
