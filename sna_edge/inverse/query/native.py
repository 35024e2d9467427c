"""The C library's inverse queries: who has them, and the model laid out as they want it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.interaction import CP
from ...model import Model
from ...numerics.piecewise_polynomial import PiecewisePolynomial, RootSet
from ...numerics.power_table import first_rows, stacked_polynomials
from .contraction import power_table

Floats = NDArray[np.float64]

LANES = 8
"""Numbers that a vector register of the library holds: ranks are padded to multiples."""
UNKNOWNS, TARGETS, RANK, AXES, ORDER = 8, 8, 1024, 64, 8
"""Limits of the library."""
FOREVER = 1e30
"""Seconds."""

_FORMS: weakref.WeakKeyDictionary[Model, Any] = weakref.WeakKeyDictionary()
_PARTS: weakref.WeakKeyDictionary[Model, dict[tuple[int, ...], Any]] = weakref.WeakKeyDictionary()


@cache
def library() -> Any:
    """The module with Forms, Sought, Misfit, zeros, thin and mixture; None where it is not
    installed or older."""
    try:
        import sna_edge_native
    except ImportError:
        return None
    return sna_edge_native if hasattr(sna_edge_native, "Forms") else None


def serves(model: Model) -> bool:
    """True for models on the native backend that the library can take."""
    cp = model.interaction
    if not isinstance(cp, CP) or model.backend.name != "native" or library() is None:
        return False
    return (
        cp.rank <= RANK
        and len(model.axes) <= AXES
        and max(a.basis.degree for a in model.axes) < ORDER
    )


def forms(model: Model) -> Any:
    """The library's `Forms` of a model it serves, laid out once; None for other models."""
    if model not in _FORMS:
        _FORMS[model] = laid_out(model, range(len(model.axes))) if serves(model) else None
    return _FORMS[model]


def part(model: Model, axes: Sequence[int]) -> Any:
    """`Forms` of some axes of a model that the library serves, laid out once."""
    kept = _PARTS.setdefault(model, {})
    key = tuple(axes)
    if key not in kept:
        kept[key] = laid_out(model, axes)
    return kept[key]


def exact_roots(model: Model, line: PiecewisePolynomial) -> Callable[[float], RootSet]:
    """`line.roots`, in C where the model is on the native backend."""
    found = library()
    if found is None or model.backend.name != "native":
        return line.roots
    spans, order = line.coefficients.shape
    breaks, coefficients = (
        np.ascontiguousarray(line.breaks),
        np.ascontiguousarray(line.coefficients),
    )
    x, tangent, intervals = (
        np.empty(spans * (order + 1) + 1),
        np.empty(spans * (order + 1) + 1, np.int8),
        np.empty((spans + 1, 2)),
    )

    def search(target: float) -> RootSet:
        n, flat = found.zeros(breaks, coefficients, target, x, tangent, intervals)
        return RootSet(x[:n].copy(), tangent[:n].astype(bool), intervals[:flat].copy())

    return search


def laid_out(model: Model, axes: Sequence[int]) -> Any:
    """Atoms of the given axes as span polynomials [sum S, order, rank], ranks padded with modes of
    weight 0."""
    cp = model.interaction
    assert isinstance(cp, CP)
    bases = [model.axes[d].basis for d in axes]
    order, rank = max(b.degree for b in bases) + 1, padded(cp.rank)
    spans = [b.n_spans for b in bases]
    poly = stacked_polynomials(
        [power_table(model, d) for d in axes],
        [cp.modes[d] for d in axes],
        rank,
        aligned(sum(spans), order, rank),
    )
    rate = [
        -1.0 if b.kind == "levels" else float(b.inv_width[0]) if b.uniform else 0.0 for b in bases
    ]
    weights = aligned(len(model.outputs), rank)
    weights[:, : cp.rank] = cp.weights.T
    bias = np.array([o.bias for o in model.outputs])
    breaks = np.concatenate([b.breaks for b in bases])
    return library().Forms(
        poly,
        breaks,
        np.array(rate),
        first_rows(bases).astype(np.int32),
        np.array(spans, np.int32),
        weights,
        bias,
    )


def padded(count: int) -> int:
    """The next multiple of LANES, at least LANES."""
    return max(-(-count // LANES), 1) * LANES


def aligned(*shape: int, dtype: type = np.float64) -> NDArray[Any]:
    """Zeros that begin on a multiple of 64 bytes."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    room = np.zeros(size + 64, np.uint8)
    start = -room.ctypes.data % 64
    return room[start : start + size].view(dtype).reshape(shape)
