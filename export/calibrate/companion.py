"""A local scale as what stands beside a model: tables of few rows, stored in 16 bits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sna_edge.core.axis import Axis
from sna_edge.core.basis import SpanBasis
from sna_edge.core.beside import Companion, Coordinate, CoordinateSource, Role
from sna_edge.core.interaction import CP
from sna_edge.core.output import Output
from sna_edge.model import Model

from ..quantize.grid import Grid
from ..quantize.rounding import plain
from .local_scale import PREDICTION, LocalScale

DTYPE = "int16"


def scale_companion(scale: LocalScale, axes: Sequence[Axis], output: int) -> Companion[Model]:
    """The companion of a scale that is no constant: one mode an axis, link exp.

    sigma(x) = exp(c + sum_j s_j(z_j)), of output `output` of a model on `axes`.
    """
    function, grid = scale.function, Grid.of(DTYPE)
    assert function is not None and grid is not None
    bias, tables, weights = function.constant, [], []
    for table in function.tables:
        middle = float(table.max() + table.min()) / 2.0
        values, scales = plain((table - middle)[:, None], grid)
        bias += middle
        tables.append(values)
        weights.append(scales)
    modes = tuple(np.array([j]) for j in range(len(tables)))
    own = [
        _axis(axes, d, basis) for d, basis in zip(scale.coordinates, function.bases, strict=True)
    ]
    model = Model(
        own,
        CP(tuple(tables), modes, np.stack(weights)),
        [Output("sigma", link="exp", bias=bias)],
        dtypes=[DTYPE] * len(own),
    )
    coordinates = tuple(
        Coordinate(CoordinateSource.PREDICTION, output)
        if d == PREDICTION
        else Coordinate(CoordinateSource.INPUT, d)
        for d in scale.coordinates
    )
    return Companion(Role.SCALE, model, coordinates, output)


def _axis(axes: Sequence[Axis], d: int, basis: SpanBasis) -> Axis:
    if d == PREDICTION:
        return Axis("prediction", "", basis)
    return Axis(axes[d].name, axes[d].unit, basis, axes[d].level_names)
