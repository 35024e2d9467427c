"""Measured error of the integer path against the float64 evaluation of the same tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.golden import domain_points
from sna_edge.errors import InputError
from sna_edge.fixed import of_artifact
from sna_edge.model import Model

Floats = NDArray[np.float64]
POINTS = 2048
ONE = 1 << 15


def integer_error(stored: Model, span: Floats) -> float | None:
    """Largest |y_int - y| over the output range `span` [K] at quasi-random places; None where there is no integer path.

    `stored` as its bytes mean it. Both sides get the same place (span and u in Q15): what remains is the arithmetic.
    """
    try:
        path = of_artifact(stored.to_bytes())
    except InputError:
        return None
    x, places = _places(stored)
    error = np.abs(path.decoded(path.evaluate(places)) - stored.backend.value(x))
    return float((error.max(axis=0) / span).max())


def _places(model: Model) -> tuple[Floats, NDArray[np.uint16]]:
    """Coordinates [N, D] that are exactly at places [N, D, 2]."""
    points = domain_points(model.axes, POINTS)
    x, places = np.empty_like(points), np.empty((*points.shape, 2), dtype=np.uint16)
    for d, axis in enumerate(model.axes):
        span, u = axis.basis.locate(points[:, d])
        q = np.rint(u * ONE)
        left, width = axis.basis.breaks[span], np.diff(axis.basis.breaks)[span]
        x[:, d] = points[:, d] if axis.kind == "categorical" else np.minimum(left + width * q / ONE, axis.upper)
        places[:, d, 0], places[:, d, 1] = span, q
    return x, places
