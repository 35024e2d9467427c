"""From what a caller gives (names, arrays) to coordinates [N, D]."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .axis import Axis
from .errors import InputError

Floats = NDArray[np.float64]
Query = Mapping[str, object] | ArrayLike
NUMBERS = (float, int, np.float64, np.float32)


def axis_index(axes: tuple[Axis, ...], name: str) -> int:
    """Position of the axis `name`; InputError lists the right names."""
    for d, axis in enumerate(axes):
        if axis.name == name:
            return d
    raise InputError(unknown_name(name, [a.name for a in axes]))


def unknown_name(name: str, known: list[str]) -> str:
    """One sentence for a wrong input name, with the closest right one."""
    close = get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]!r}" if close else ""
    return f"{name!r} is not an input of this model{hint}; its inputs are {', '.join(known)}"


def coordinates(axes: tuple[Axis, ...], query: Query) -> tuple[Floats, bool]:
    """X [N, D] and whether the query was a single point.

    `query`: a mapping name -> number or array, or an array (D,) or (N, D) in axis order.
    """
    if isinstance(query, Mapping):
        return _named(axes, query)
    x = np.asarray(query, dtype=float)
    if x.ndim not in (1, 2) or x.shape[-1] != len(axes):
        names = ", ".join(a.name for a in axes)
        raise InputError(f"inputs have shape {x.shape}; give ({len(axes)},) or (N, {len(axes)}) in the order {names}")
    return (x[None], True) if x.ndim == 1 else (x, False)


def _named(axes: tuple[Axis, ...], query: Mapping[str, object]) -> tuple[Floats, bool]:
    values = [query.get(a.name) for a in axes]
    if len(query) == len(axes) and all(type(v) in NUMBERS for v in values):  # the usual question, in a tenth of the time
        return np.array([values], dtype=float), True
    known = [a.name for a in axes]
    for name in query:
        if name not in known:
            raise InputError(unknown_name(name, known))
    missing = [name for name in known if name not in query]
    if missing:
        raise InputError(f"input {', '.join(map(repr, missing))} is missing; this model needs {', '.join(known)}")
    try:
        columns = np.broadcast_arrays(*(a.encode(np.asarray(query[a.name])) for a in axes))
    except (ValueError, TypeError) as error:
        raise InputError(f"inputs are not numbers of matching length ({error}); give one number or array per name") from None
    single = columns[0].ndim == 0
    return np.stack([np.atleast_1d(c) for c in columns], axis=-1).astype(float), single
