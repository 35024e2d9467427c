"""The integer path of a model, and its measured error against the float64 evaluation of the same
tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.canonical_form import as_stored
from sna_edge.artifact.integer_path import FixedPath
from sna_edge.artifact.integer_path.build import provable
from sna_edge.artifact.integer_section import of_model
from sna_edge.core.beside import Companion, Role
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.numerics.domain_points import domain_points

from .comparison import span_of

Floats = NDArray[np.float64]
INTEGER_POINTS = 2048
Q15 = 1 << 15
ASKED = (Role.SCALE, Role.FAMILIARITY)
LARGEST_ERROR = 0.01
"""Of the output range. A path that errs more says something else than the float model: products of
many axes in Q15 run out of bits."""


def with_integer_path(model: Model) -> Model:
    """The model whose file holds the integer path too (section 8, for cores without an FPU), its
    error in the certificate; companions that tell widths and familiarity have theirs where they
    can.

    Raises InputError with the reason where the path does not exist (float tables, a tensor train,
    bounds that cannot be proven) or errs by more than LARGEST_ERROR of the output range.
    """
    stored = as_stored(model.replace(backend="numpy"))
    error = integer_error(stored, of_model(stored))
    if not error <= LARGEST_ERROR:
        raise InputError(
            f"the integer path would err by {error:.2g} of the output range, above {LARGEST_ERROR};"
            " use a core with an FPU, or fewer inputs in a mode"
        )
    return model.replace(
        integer_path=True,
        companions=with_paths(model.companions),
        certificate={**model.certificate, "integer": float(f"{error:.3g}")},
    )


def with_paths(companions: Sequence[Companion[Model]]) -> list[Companion[Model]]:
    """Those that intervals and familiarity ask hold their integer paths, where these exist."""
    return [
        replace(c, model=c.model.replace(integer_path=True))
        if c.role in ASKED and provable(c.model) and not c.model.integer_path
        else c
        for c in companions
    ]


def integer_error(stored: Model, path: FixedPath) -> float:
    """Largest |y_int - y| over the output range at low-discrepancy points, the worst output.

    `stored` as its bytes mean it. Both sides get the same place (span and u in Q15): what remains
    is the arithmetic.
    """
    x, places = _places(stored)
    y = stored.backend.value(x)
    error = np.abs(path.decoded(path.evaluate(places)) - y).max(axis=0)
    return float((error / span_of(y)).max())


def _places(model: Model) -> tuple[Floats, NDArray[np.uint16]]:
    """Coordinates [N, D] that are exactly at places [N, D, 2]."""
    points = domain_points(model.axes, INTEGER_POINTS)
    x, places = np.empty_like(points), np.empty((*points.shape, 2), dtype=np.uint16)
    for d, axis in enumerate(model.axes):
        span, u = axis.basis.locate(points[:, d])
        q = np.minimum(
            np.rint(u * Q15), Q15 - 1
        )  # at u = 1 the float path is in the next span already
        left, width = axis.basis.breaks[span], np.diff(axis.basis.breaks)[span]
        x[:, d] = (
            points[:, d]
            if axis.kind == "categorical"
            else np.minimum(left + width * q / Q15, axis.upper)
        )
        places[:, d, 0], places[:, d, 1] = span, 0 if axis.kind == "categorical" else q
    return x, places
