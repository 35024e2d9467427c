"""From what a caller gives (names, arrays) to coordinates [N, D] and a status per row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .axis import Axis
from .errors import DomainError, InputError
from .status import Status

Floats = NDArray[np.float64]
Query = Mapping[str, object] | ArrayLike


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


@dataclass(frozen=True)
class Check:
    """Per row: status, the offending axis (-1: none) and how far outside it is (axis units, signed)."""

    status: NDArray[np.int8]
    axis: NDArray[np.int64]
    excess: Floats


def check(axes: tuple[Axis, ...], x: Floats, extrapolate: bool) -> Check:
    """Status of every row before evaluation: bad_input for NaN and infinity, out_of_domain or extrapolated, edge, ok."""
    excess = np.stack([a.excess(x[:, d]) for d, a in enumerate(axes)], axis=1)
    width = np.array([max(a.width, 1.0 if a.kind == "categorical" else 0.0) for a in axes])
    relative = np.nan_to_num(np.abs(excess) / width, nan=np.inf)
    worst = np.argmax(np.where(excess != 0, relative, -1.0), axis=1)
    rows = np.arange(len(x))
    outside = (excess != 0).any(axis=1)
    impossible = np.isinf(excess).any(axis=1) & outside
    status = np.where(edge(axes, x), np.int8(Status.EDGE), np.int8(Status.OK))
    status[outside] = Status.EXTRAPOLATED if extrapolate else Status.OUT_OF_DOMAIN
    status[impossible] = Status.OUT_OF_DOMAIN
    continuous = np.array([a.kind != "categorical" for a in axes])
    bad = np.isnan(x).any(axis=1) | (np.isinf(x) & continuous).any(axis=1)
    status[bad] = Status.BAD_INPUT
    worst[bad] = np.argmax(~np.isfinite(x[bad]), axis=1)
    axis = np.where(outside | bad, worst, -1)
    return Check(status, axis, np.where(axis >= 0, excess[rows, worst], 0.0))


def edge(axes: tuple[Axis, ...], x: Floats) -> NDArray[np.bool_]:
    """Rows in a span without training rows."""
    low = np.zeros(len(x), dtype=bool)
    for d, axis in enumerate(axes):
        if not axis.support.all():
            low |= axis.support[axis.basis.locate(x[:, d])[0]] == 0
    return low


def refuse(axes: tuple[Axis, ...], x: Floats, found: Check) -> None:
    """Raise for the first row without a value, naming row, input and distance."""
    bad = np.flatnonzero(found.status < 0)
    if not len(bad):
        return
    row = int(bad[0])
    axis, excess = axes[found.axis[row]], float(found.excess[row])
    value, where = x[row, found.axis[row]], f"row {row}: " if len(x) > 1 else ""
    if found.status[row] == Status.BAD_INPUT:
        raise InputError(f"{where}input {axis.name!r} is {value}; give a finite number in {axis.describe()}")
    if axis.kind == "categorical":
        message = f"{where}input {axis.name!r} has an unseen level; {axis.describe()}"
    else:
        message = f"{where}input {axis.name!r} = {value:g} lies {abs(excess):g} {axis.unit} outside {axis.describe()}"
    raise DomainError(f"{message}; ask with extrapolate to continue beyond it", row=row, axis=axis.name, excess=excess)
