"""The compressed misfit of observations in the C library: the same numbers as `Objective`, many
points at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....model import Model
from ....numerics.time_budget import TimeBudget
from ...query import native

Floats = NDArray[np.float64]
Local = tuple[Floats, Floats, Floats]
Box = tuple[Floats, Floats]  # lower, width


class Misfit:
    """E(z) = |A P(lower + z width) - c|^2 / 2 + constant, A = matrix^T [m, R], P = products over
    the unknowns [R]; z [M, U]."""

    def __init__(
        self,
        model: Model,
        unknowns: list[int],
        matrix: Floats,
        right: Floats,
        constant: float,
        box: Box,
    ) -> None:
        rank, rows = matrix.shape
        columns = native.aligned(native.padded(rank), native.padded(rows))
        columns[:rank, :rows] = matrix
        c = native.aligned(native.padded(rows))
        c[:rows] = right
        transposed = native.aligned(*columns.shape[::-1])
        transposed[:] = columns.T
        lower, width = (np.ascontiguousarray(b, dtype=float) for b in box)
        self._misfit: Any = native.library().Misfit(
            native.part(model, unknowns), transposed, columns, c, lower, width, constant
        )

    def value(self, z: Floats) -> Floats:
        """E [M] at unit points z [M, U]."""
        energy = np.empty(len(z))
        self._misfit.value(np.ascontiguousarray(z), energy)
        return energy

    def local(self, z: Floats) -> Local:
        """E [M], slope [M, U] and curvature [M, U, U]."""
        energy, slope, curvature = _room(z)
        self._misfit.local(np.ascontiguousarray(z), energy, slope, curvature)
        return energy, slope, curvature

    def onto_ridge(self, z: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """`ridge.onto_ridge`."""
        z = np.array(z, order="C")
        room = _room(z)
        self._misfit.ridge(z, *room)
        return z, *room

    def descend(
        self,
        z: Floats,
        rounds: int,
        budget: TimeBudget,
        gain: float,
        band: float,
        thin: bool,
        best: float,
    ) -> tuple[Floats, Floats, Floats, Floats, NDArray[np.bool_]]:
        """The fields of `trust_region.Minima`."""
        z = np.array(z, order="C")
        room, state = _room(z), np.empty(len(z), np.int8)
        seconds = native.FOREVER if budget.endless else budget.left
        self._misfit.descend(
            z, *room, state, np.empty(len(z)), rounds, gain, band, thin, best, seconds
        )
        budget.over()
        return z, *room, state == 1


def _room(z: Floats) -> Local:
    count, unknowns = z.shape
    return np.empty(count), np.empty((count, unknowns)), np.empty((count, unknowns, unknowns))


def compiled(
    model: Model, unknowns: list[int], matrix: Floats, right: Floats, constant: float, box: Box
) -> Misfit | None:
    """The misfit in C where the model is served by it, else None."""
    if len(unknowns) > native.UNKNOWNS or not native.serves(model):
        return None
    return Misfit(model, unknowns, matrix, right, constant, box)
