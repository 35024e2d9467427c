"""The local width as a file delivers it, and the constant one, around predictions of a stand-in."""

from __future__ import annotations

import numpy as np
from measures import LEVELS
from numpy.typing import NDArray
from stand_in import Predicted

from sna_edge.core.axis import Axis
from sna_edge.core.basis import bspline
from sna_edge.core.output import Output
from sna_edge.uncertainty.companions import values
from sna_export.calibrate.companion import scale_companion
from sna_export.calibrate.folds import folds_of
from sna_export.calibrate.local_scale import LocalScale, local_scale
from sna_export.calibrate.residuals import Residuals, grid_quantiles

Floats = NDArray[np.float64]


def ends(q: Predicted, sigma: Floats, sigma_test: Floats) -> tuple[Floats, Floats]:
    """Lower and upper [levels, test rows] in the space of the interval: quantiles on the grid of a
    file, linear between its entries."""
    grid = grid_quantiles((q.y - q.p) / sigma)
    share = (1.0 - np.array(LEVELS)) / 2.0
    at = 16.0 + 2.0 * np.log(share / (1.0 - share))
    low, high = (np.interp(place, np.arange(33), grid) for place in (at, 32.0 - at))
    return (
        q.p_test + low[:, None] * sigma_test,
        q.p_test + high[:, None] * sigma_test,
    )


def constant(q: Predicted) -> tuple[Floats, Floats]:
    """One width for all rows."""
    return ends(q, np.ones(len(q.y)), np.ones(len(q.y_test)))


def local(q: Predicted) -> tuple[Floats, Floats, LocalScale, int]:
    """Ends with the scale that the rows chose, taken from the companion as it is stored; the scale
    and the bytes of the companion."""
    axes = [_axis(d, column) for d, column in enumerate(q.split.x.T)]
    output = Output("y", link="exp" if q.linked else "identity")
    space = "link" if q.linked else "output"
    residuals = Residuals(output, q.split.y, output.value(q.p), space)
    scale = local_scale(residuals, q.split.x, axes, folds_of(q.split.x))
    if scale.function is None:
        return (*constant(q), scale, 0)
    companion = scale_companion(scale, axes, 0)
    x = np.clip(q.split.x_test, q.split.x.min(axis=0), q.split.x.max(axis=0))
    sigma = values(companion, axes, x, output.value(q.p_test)[:, None])[:, 0]
    size = len(companion.model.to_bytes()) + 16 * len(companion.coordinates) + 32
    return (*ends(q, scale.left_out, sigma), scale, size)


def _axis(d: int, column: Floats) -> Axis:
    low, high = float(column.min()), float(column.max())
    return Axis(f"x{d}", "", bspline([low, high if high > low else low + 1.0], 1))
