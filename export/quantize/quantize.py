"""The front door: a model in, a quantized and certified model out."""

from __future__ import annotations

import warnings

from sna_edge.artifact.canonical_form import as_stored
from sna_edge.core.inputs import Query, coordinates
from sna_edge.errors import InputError
from sna_edge.model import Model

from ..certify.certificate import KAPPA_WARNING, combined, figures, kappa
from ..certify.comparison import inside, points_of
from ..certify.intervals import higher_floors, widen
from .grid import Grid
from .precision import cheapest, within
from .trials import Quantizer, Trial

TARGETS = ("float16", "int16", "int8", "auto")
AUTO_ERROR = 1e-3
"""`max_error` of "auto" when none is given: a tenth of a percent of the output range."""


def quantize(
    model: Model,
    to: str = "auto",
    *,
    max_error: float | None = None,
    data: Query | None = None,
    level_index: bool = False,
    resolve: bool = True,
    seed: int = 0,
) -> Model:
    """The model with its tables in `to`: "float16", "int16", "int8", or "auto" (the smallest file
    that keeps `max_error`).

    `max_error`: largest measured error over the output range; axes are stored wider, one by one,
    until it holds. `data` [N, D]: rows (inputs only); half the weight of the re-solve goes to where
    they are, axis by axis, and errors are measured on them besides the whole domain. Levels as they
    were written, or with `level_index` as 0, 1, .. (as `Fit.inputs` has them). `resolve`: round in
    the metric of the function and re-solve what is still free (else: to nearest numbers). `seed` is
    accepted for symmetry with `fit`: nothing here is random. Intervals are widened by the
    quantization error and the certificate is filled; errors of an earlier quantization are added to
    it. A model that is already in these types comes back as it is. The integer path is left out:
    see `with_integer_path`. Raises InputError when `to` is unknown or `max_error` cannot be met
    even in float32.

    >>> import numpy as np
    >>> from sna_export.adopt import Domain, from_products
    >>> from sna_export.quantize import quantize
    >>> domain = [Domain("a", "", 0.0, 1.0), Domain("b", "", 0.0, 1.0)]
    >>> model = from_products([[np.sin, np.exp]], domain).compile(1e-4)
    >>> small = quantize(model, "int8")
    >>> len(small.to_bytes()) < len(model.to_bytes()), small.certificate["max"] < 0.004
    (True, True)
    """
    if to not in TARGETS:
        raise InputError(f"cannot quantize to {to!r}; use one of {', '.join(TARGETS)}")
    if max_error is not None and not max_error > 0:
        raise InputError(
            f"max_error is {max_error}; give a positive fraction of the output range, like 0.001"
        )
    del seed
    limit = max_error if max_error is not None or to != "auto" else AUTO_ERROR
    if _is_already(model, to, limit):
        return model
    rows = None if data is None else inside(model, coordinates(model.axes, data, level_index)[0])
    model = model.replace(backend="numpy", integer_path=False)
    quantizer = Quantizer(model, points_of(model, rows), resolve, rows)
    if limit is None:
        trial = quantizer.attempt([to] * len(model.axes))
    else:
        left = limit - float(model.certificate.get("max", 0.0))
        trial = cheapest(quantizer, left) if to == "auto" else within(quantizer, left, to)
    return _finish(model, trial)


def _is_already(model: Model, to: str, limit: float | None) -> bool:
    """Every table on its grid, in the type asked for ("auto": in integers), and the limit is
    certified."""
    grids = [Grid.of(d) for d in model.dtypes]
    known = limit is None or model.certificate.get("max", float("inf")) <= limit
    types = {"int8", "int16", "float16", "float32"} if to == "auto" else {to}
    quantized = set(model.dtypes) <= types and set(model.dtypes) != {"float32"}
    pairs = zip(grids, model.interaction.tables, strict=True)
    return quantized and known and all(g is None or g.holds(t) for g, t in pairs)


def _finish(model: Model, trial: Trial) -> Model:
    """The trial with widened intervals and its certificate."""
    stored = as_stored(trial.model)
    certificate = combined(figures(stored, model, trial.found, trial.unrounded), model.certificate)
    certificate["kappa"] = float(f"{kappa(stored):.3g}")
    if certificate["kappa"] > KAPPA_WARNING:
        text = (
            f"the modes cancel each other (kappa {certificate['kappa']:.0f}, above"
            f" {KAPPA_WARNING:.0f}) and lose digits in every type"
        )
        warnings.warn(f"{text}; fit with fewer modes or more ridge", stacklevel=3)
    outputs = widen(trial.model.outputs, trial.found)
    calibration = higher_floors(trial.model.calibration, trial.found)
    return trial.model.replace(outputs=outputs, calibration=calibration, certificate=certificate)
