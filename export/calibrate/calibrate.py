"""The front door: a model and its rows predicted out of fold in, a model with intervals at any
level out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sna_edge.core.beside import GRID, Calibration, Role
from sna_edge.errors import InputError
from sna_edge.model import Model

from .between_groups import components
from .companion import scale_companion
from .folds import folds_of
from .local_scale import LocalScale, constant, local_scale
from .residuals import Residuals, grid_quantiles

Floats = NDArray[np.float64]
MOST_ROWS = 20_000
"""Rows (evenly spaced) that widths are taken from."""


@dataclass(frozen=True, eq=False)
class Calibrated:
    """The model with what stands beside it, and the scale of every output [K]."""

    model: Model
    scales: tuple[LocalScale, ...]


def calibrated(
    model: Model,
    x: ArrayLike,
    measured: ArrayLike,
    predicted: ArrayLike,
    folds: ArrayLike | None = None,
    *,
    groups: ArrayLike | None = None,
    local: bool = True,
    by_inputs: bool = True,
) -> Calibrated:
    """`model` with quantiles of its residuals and, where their size changes with the inputs or the
    prediction, a scale of the output: `interval_at` then answers at any level that the rows
    support.

    x [n, D] coordinates (levels as 0, 1, ..), measured and predicted [n, K] in output units, every
    row predicted by a fit that did not see it (`inputs`, `measured`, `predicted` of a fit result).
    Rows of a fold are left out together, folds [n]; by default rows with equal inputs are. With
    groups [n] intervals are for a new group, as wide as so few groups ask for. `local` False: one
    width; `by_inputs` False: one that may change with the prediction alone. An output with a scale
    has no constant interval any more. What the model already says of familiarity stays. Raises
    InputError for other shapes and numbers that are not finite.

    >>> import numpy as np
    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> from sna_export.calibrate import calibrated
    >>> rng = np.random.default_rng(0)
    >>> x = rng.uniform(size=(500, 1))
    >>> y = x + (0.01 + 0.2 * x) * rng.normal(size=(500, 1))
    >>> axis = spline_axis("x", "m", 0, 1, spans=1, degree=1)
    >>> line = Model([axis], CP.full([[[0], [1]]]), [Output("y")])
    >>> found = calibrated(line, x, y, x)
    >>> ends = found.model.interval_at([[0.1], [0.9]], 0.9)
    >>> (ends.upper - ends.lower)[:, 0].round(1).tolist()
    [0.1, 0.6]
    """
    x, measured, predicted = _checked(model, x, measured, predicted)
    some = np.arange(0, len(x), -(-len(x) // MOST_ROWS))
    held = folds_of(x) if folds is None else np.asarray(folds)
    if held.shape != (len(x),):
        raise InputError(f"{len(x)} rows need as many folds, not {held.shape}")
    x, measured, predicted, held = x[some], measured[some], predicted[some], held[some]
    of_outputs = [
        Residuals.of(o, measured[:, k], predicted[:, k]) for k, o in enumerate(model.outputs)
    ]
    scales = tuple(
        local_scale(r, x, model.axes, held, by_inputs=by_inputs) if local else constant(len(x))
        for r in of_outputs
    )
    z = np.stack([r.values / s.left_out for r, s in zip(of_outputs, scales, strict=True)])
    quantiles = [grid_quantiles(one) for one in z]
    if groups is not None:
        of_row = np.asarray(groups)[some]
        quantiles = [_widened(q, one, of_row) for q, one in zip(quantiles, z, strict=True)]
    return Calibrated(_beside(model, of_outputs, scales, z, np.stack(quantiles)), scales)


def _widened(quantiles: Floats, z: Floats, groups: NDArray[np.int64]) -> Floats:
    """[33] of z [n] for a new group, about their middle."""
    middle = (GRID - 1) // 2
    share = 1.0 / (1.0 + np.exp((middle - np.arange(GRID)) / 2.0))
    share[middle] = share[middle + 1]
    wider = components(z, groups).widening(share)
    return np.asarray(quantiles[middle] + (quantiles - quantiles[middle]) * wider)


def _checked(
    model: Model, x: ArrayLike, measured: ArrayLike, predicted: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    arrays = [np.asarray(a, dtype=float) for a in (x, measured, predicted)]
    d, k = len(model.axes), len(model.outputs)
    shapes = [a.shape for a in arrays]
    n = len(arrays[0])
    if shapes != [(n, d), (n, k), (n, k)] or n < 2:
        raise InputError(
            f"rows of shapes {', '.join(map(str, shapes))} do not fit a model of {d} inputs and {k}"
            f" outputs; give [n, {d}], [n, {k}] and [n, {k}]"
        )
    if not all(np.isfinite(a).all() for a in arrays):
        raise InputError("rows to calibrate on must be finite numbers; leave the others out")
    return arrays[0], arrays[1], arrays[2]


def _beside(
    model: Model,
    of_outputs: list[Residuals],
    scales: tuple[LocalScale, ...],
    z: Floats,
    quantiles: Floats,
) -> Model:
    """The model with calibration and companions; an output with a scale loses its interval."""
    numbers: dict[str, Any] = {
        "n_residuals": len(z[0]),
        "quantiles": quantiles,
        "floor": np.array([r.least for r in of_outputs]),
        "correlation": _correlation(z),
        "spaces": tuple(r.space for r in of_outputs),
    }
    before = model.calibration
    calibration = replace(before, **numbers) if before else Calibration(**numbers)
    local = [k for k, s in enumerate(scales) if s.function is not None]
    others = [c for c in model.companions if c.role != Role.SCALE]
    outputs = [replace(o, interval=None) if k in local else o for k, o in enumerate(model.outputs)]
    made = [scale_companion(scales[k], model.axes, k) for k in local]
    return model.replace(outputs=outputs, companions=[*others, *made], calibration=calibration)


def _correlation(z: Floats) -> Floats:
    """Of z [K, n]: rows of the lower triangle; 0 where one of the two is constant."""
    with np.errstate(invalid="ignore", divide="ignore"):
        whole = np.nan_to_num(np.atleast_2d(np.corrcoef(z)))
    return np.clip(whole[np.tril_indices(len(z), -1)], -1.0, 1.0)
