"""From what a caller gives (names, arrays) to coordinates [N, D]."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from ..values.frames import columns_of
from ..values.reals import as_array
from .axis import Axis

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
    from difflib import get_close_matches  # for this sentence alone

    close = get_close_matches(name, known, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    return f"{name!r} is not an input of this model{hint}; its inputs are {', '.join(known)}"


def coordinates(
    axes: tuple[Axis, ...], query: Query, level_index: bool = False
) -> tuple[Floats, bool]:
    """X [N, D] and whether the query was a single point.

    `query`: a mapping name -> value or array, a table with the inputs among its columns (pandas,
    polars, pyarrow, a structured array), or an array (D,) or (N, D) in axis order. Levels are what
    `Axis.coordinate` finds; with `level_index` they are given as 0, 1, .. in the order of the
    axis's levels.
    """
    if isinstance(query, Mapping):
        return _named(axes, query, level_index)
    frame = columns_of(query)
    if frame is not None:  # the order is that of the names; other columns are carried along
        return _named(axes, {a.name: frame[a.name] for a in axes if a.name in frame}, level_index)
    levels = [] if level_index else [d for d, axis in enumerate(axes) if axis.kind == "categorical"]
    x = _array(query, written=bool(levels))
    if x.ndim not in (1, 2) or x.shape[-1] != len(axes):
        names = ", ".join(a.name for a in axes)
        raise InputError(
            f"inputs have shape {x.shape}; give ({len(axes)},) or (N, {len(axes)}) in the order"
            f" {names}"
        )
    rows = x[None] if x.ndim == 1 else x
    if x.dtype.kind != "f" or hasattr(x, "mask"):
        columns = [encoded(axis, rows[:, d], level_index) for d, axis in enumerate(axes)]
        return np.stack(columns, axis=1), x.ndim == 1
    rows = rows.astype(float) if levels or x.dtype != np.float64 else rows
    for d in levels:
        rows[:, d] = axes[d].encode(x[..., d])
    return rows, x.ndim == 1


def _array(query: object, written: bool) -> NDArray[Any]:
    """The query as an array; a list for a model with levels keeps its elements as they were
    written."""
    if isinstance(query, (list, tuple)):
        try:
            array = np.asarray(query, dtype=object if written else None)
        except (ValueError, TypeError):
            raise InputError(
                "inputs are rows of different length; give one number per input in every row"
            ) from None
        return np.asarray(query, dtype=object) if array.dtype.kind in "SU" else array
    return as_array(query, "the query")


def encoded(axis: Axis, values: ArrayLike, level_index: bool) -> Floats:
    """Coordinates of values as a user writes them; with `level_index` a categorical axis has its
    coordinates already."""
    if not level_index or axis.kind != "categorical":
        return axis.encode(values)
    array = np.asarray(values)
    array = np.asarray(array.tolist()) if array.dtype == object else array
    if array.dtype.kind not in "fiu":
        raise InputError(
            f"level_index gives the levels of {axis.name!r} as 0, 1, .., not {values!r}; leave it"
            " out to give names"
        )
    return array.astype(float)


def _named(
    axes: tuple[Axis, ...], query: Mapping[str, object], level_index: bool
) -> tuple[Floats, bool]:
    values = [query.get(a.name) for a in axes]
    if len(query) == len(axes) and all(
        type(v) in NUMBERS for v in values
    ):  # the usual question, in a tenth of the time
        if not level_index:
            values = [
                a.coordinate(v) if a.level_names else v for a, v in zip(axes, values, strict=True)
            ]
        with suppress(OverflowError):  # an integer beyond every float
            return np.array([values], dtype=float), True
    known = [a.name for a in axes]
    for name in query:
        if name not in known:
            raise InputError(unknown_name(name, known))
    missing = [name for name in known if name not in query]
    if missing:
        raise InputError(
            f"input {', '.join(map(repr, missing))} is missing; this model needs {', '.join(known)}"
        )
    columns = [encoded(a, query[a.name], level_index) for a in axes]  # type: ignore[arg-type]
    try:
        columns = list(np.broadcast_arrays(*columns))
    except ValueError as error:
        raise InputError(
            f"inputs are not numbers of matching length ({error}); give one number or array per"
            " name"
        ) from None
    if columns[0].ndim > 1:
        raise InputError(
            f"inputs have shape {columns[0].shape}; give one number or one column of them per name"
        )
    single = columns[0].ndim == 0
    return np.stack([np.atleast_1d(c) for c in columns], axis=-1).astype(float), single
