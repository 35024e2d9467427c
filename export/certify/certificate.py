"""The certificate: three figures kept apart, small enough for the smallest file."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact import golden
from sna_edge.artifact.canonical_form import as_stored
from sna_edge.core.interaction import Interaction
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.numerics.domain_points import domain_points, span_points

from .bound import maximum_bound
from .comparison import Comparison, measure, points_of, span_of
from .norm import exact_rms

Floats = NDArray[np.float64]
KAPPA_WARNING = 30.0
"""Above this the cancellation of modes costs more than an order of magnitude in every storage
type."""
VARYING = 1e-6
"""An output that varies by less than this part of itself is constant in float32, and cancellation
says nothing about it."""
MANY = 10
"""With more inputs than these the place of the largest error is written with three digits: files
stay small."""
MEANING = {
    "exact_rms": (
        "guaranteed: root mean square over the domain against the unquantized model, over the range"
        " (linear part)"
    ),
    "bound": (
        "guaranteed worst case: largest difference between the stored tables and their own"
        " unrounded values, over the range (linear part)"
    ),
    "rigorous": (
        "of what the guaranteed figures are where an output has a link: of the linear part, before"
        " the link"
    ),
    "max": "measured: largest error against the unquantized model over the output range",
    "rms": "measured: root mean square error over the output range",
    "p999": "measured: 99.9 % of the errors over the output range are smaller",
    "at": "inputs of the largest measured error",
    "integer": (
        "measured: largest error of the integer path against float64 on the same tables, over the"
        " output range"
    ),
    "kappa": (
        "largest sum of absolute modes over the output range; float32 evaluation errs by about 4e-6"
        " max(1, kappa)"
    ),
}


def certify(
    model: Model, reference: Model | None = None, *, data: Floats | None = None
) -> dict[str, Any]:
    """Certificate of `model`: what it stores, or, against a `reference` on the same axes, measured
    anew.

    Figures are fractions of the output range, the worst output counts; guaranteed ones are rounded
    up. `bound` needs the unrounded tables that only `quantize` has, so it is kept from the stored
    certificate. Raises InputError when the models have different inputs or outputs.

    >>> import numpy as np
    >>> from sna_export.adopt import Domain, from_products
    >>> from sna_export.certify import certify
    >>> from sna_export.quantize import quantize
    >>> domain = [Domain("a", "", 0.0, 1.0), Domain("b", "", 0.0, 1.0)]
    >>> model = from_products([[np.sin, np.exp]], domain).compile(1e-4)
    >>> found = certify(quantize(model, "int16"), model)
    >>> found["exact_rms"] <= found["max"] <= found["bound"] < 1e-4
    True
    """
    stored = as_stored(model)
    certificate = dict(model.certificate)
    certificate["kappa"] = significant(kappa(stored))
    if reference is not None:
        _comparable(model, reference)
        found = measure(stored, reference, points_of(reference, data))
        certificate |= figures(stored, reference, found)
    return certificate


def figures(
    stored: Model, reference: Model, found: Comparison, unrounded: Interaction | None = None
) -> dict[str, Any]:
    """The figures of a stored model against its reference; with `unrounded` tables the guaranteed
    worst case too."""
    span = linear_span(reference)
    worst = int(np.argmax(found.maximum / found.span))
    out: dict[str, Any] = {
        "exact_rms": significant(float((exact_rms(stored, reference) / span).max()), up=True),
        "max": significant(found.relative),
        "rms": significant(float((found.rms / found.span).max())),
        "p999": significant(float((found.p999 / found.span).max())),
        "at": [significant(v, 5 if len(stored.axes) <= MANY else 3) for v in found.worst[worst]],
    }
    if any(o.link != "identity" for o in reference.outputs):
        out["rigorous"] = "before the link"
    if unrounded is not None:
        out["bound"] = significant(float((maximum_bound(stored, unrounded) / span).max()), up=True)
    return out


def combined(new: dict[str, Any], earlier: Mapping[str, Any]) -> dict[str, Any]:
    """Figures against the model before an earlier quantization: both errors added (the triangle
    inequality)."""
    both = [k for k in ("exact_rms", "max", "rms", "p999") if k in new and k in earlier]
    added: dict[str, Any] = {k: significant(new[k] + earlier[k], up=True) for k in both}
    return {**new, **added}


def kappa(stored: Model) -> float:
    """max over sampled points of sum_r |mode_r| / output range, the worst output; 0 for constant
    outputs."""
    points = np.vstack([span_points(stored.axes), domain_points(stored.axes, golden.SAMPLES)])
    found = golden.measure(stored, points)
    varying = found.high - found.low > VARYING * found.largest
    return float(found.kappa[varying].max(initial=0.0))


def linear_span(reference: Model) -> Floats:
    """Range [K] of the linear part over sampled points of the domain; its magnitude where it is
    constant."""
    linear = reference.linear().with_backend("numpy")
    outer = np.array([o.scale if o.link == "identity" else 1.0 for o in reference.outputs])
    return span_of(linear.backend.value(points_of(linear, count=4096)) / outer)


def _comparable(model: Model, reference: Model) -> None:
    same = (
        model.input_names == reference.input_names and model.output_names == reference.output_names
    )
    rows = [a.basis.n_rows for a in model.axes] == [a.basis.n_rows for a in reference.axes]
    if not (same and rows):
        raise InputError(
            "the reference has other inputs, outputs or tables than the model; give the model it"
            " was made from"
        )


def significant(value: float, digits: int = 3, *, up: bool = False) -> float:
    """`value` to a few significant digits; `up`: never below it."""
    if value == 0.0 or not np.isfinite(value):
        return float(value) if np.isfinite(value) else 1e300
    step = 10.0 ** (floor(log10(abs(value))) - digits + 1)
    return float(f"{(ceil(value / step) if up else round(value / step)) * step:.{digits}g}")
