"""Real numbers out of what callers hold: arrays, lists, tensors, columns of tables; nothing is cut
to make it fit."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Floats = NDArray[np.float64]


def reals(values: Any, what: str, *, finite: bool = False) -> Floats:
    """`values` as a new or the same float64 array; None, NaN and masked elements become NaN
    (refused where all must be `finite`).

    Raises InputError, naming `what`, for complex numbers (their imaginary part would be lost),
    times, text, generators and rows of different length.
    """
    array = as_array(values, what)
    kind = array.dtype.kind
    if kind == "c":
        raise InputError(
            f"complex numbers in {what}; give the real part, or real and imaginary part as two real"
            " numbers"
        )
    if kind in "Mm":
        raise InputError(
            f"times without a unit in {what}; give numbers, for example seconds since a start"
        )
    if kind in "SU":
        raise InputError(f"text ({_first(array)!r}) in {what}; give numbers")
    if kind == "V":
        raise InputError(f"records in {what}; give one of their fields")
    out = (
        array.astype(float)
        if kind == "b"
        else _objects(array, what)
        if kind == "O"
        else np.asarray(array, dtype=float)
    )
    if hasattr(array, "mask"):
        out = np.where(np.broadcast_to(array.mask, array.shape), np.nan, np.asarray(out))
    if finite and not np.isfinite(out).all():
        raise InputError(f"NaN, infinity or masked elements in {what}; give finite numbers")
    return np.asarray(out)


def as_array(values: Any, what: str) -> NDArray[Any]:
    """`values` as an array of whatever type, tensors and columns of other libraries included."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        values = values.float() if str(values.dtype) == "torch.bfloat16" else values
        values = values.numpy()
    if isinstance(values, np.ndarray):
        return values
    if hasattr(values, "__next__") or isinstance(values, (set, frozenset, dict)):
        raise InputError(
            f"a {type(values).__name__} in place of {what}, without order or without length; give a"
            " list or an array"
        )
    try:
        with (
            warnings.catch_warnings()
        ):  # numpy warns of masked elements in lists, which are gaps here
            warnings.filterwarnings("ignore", "Warning: converting a masked element")
            return np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        raise InputError(
            f"no array of numbers in {what} ({str(error).splitlines()[0]}); give rows of one length"
        ) from None


def _objects(array: NDArray[Any], what: str) -> Floats:
    return np.array([real(v, what) for v in array.reshape(-1)], dtype=float).reshape(array.shape)


def real(value: Any, what: str) -> float:
    """One value as a float; NaN where it is missing. Raises InputError where it is no real
    number."""
    if isinstance(value, (str, bytes)):
        raise InputError(f"text ({value!r}) in {what}; give numbers")
    if isinstance(value, (complex, np.complexfloating)):
        raise InputError(
            f"complex numbers in {what}; give the real part, or real and imaginary part as two real"
            " numbers"
        )
    if missing(value):
        return np.nan
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf
    except (TypeError, ValueError):
        raise InputError(f"a {type(value).__name__} in {what}; give numbers") from None


def missing(value: object) -> bool:
    """None, NaN, a masked element, and what other libraries write for them."""
    if value is None or hasattr(
        value, "mask"
    ):  # an element of a masked array is itself only where it is not masked
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # pandas' NA is neither true nor false
        return True


def _first(array: NDArray[Any]) -> str:
    return str(array.reshape(-1)[0]) if array.size else ""
