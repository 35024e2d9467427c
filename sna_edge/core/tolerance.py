"""Declared sensor tolerances: a reading that lies outside the domain by no more than its sensor's
tolerance counts as the border."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .axis import Axis
from .inputs import unknown_name

Floats = NDArray[np.float64]
ROUNDING = 2.0**-50
"""Of the larger of border and tolerance: what their difference to a reading may be off by."""


def checked(axes: tuple[Axis, ...], tolerance: Mapping[str, float]) -> dict[str, float]:
    """`tolerance` {input: axis units}. Raises InputError for a wrong name, a level, or what is no
    tolerance of that domain."""
    names = [a.name for a in axes]
    for name, value in tolerance.items():
        if name not in names:
            raise InputError(f"tolerance: {unknown_name(name, names)}")
        axis = axes[names.index(name)]
        if axis.kind == "categorical":
            raise InputError(f"input {name!r} has levels, which have no tolerance; leave it out")
        if not _usable(value):
            raise InputError(
                f"the tolerance of {name!r} is {value!r}; give a finite number from 0, in"
                f" {axis.unit or 'units of the input'}"
            )
        if value > axis.width:
            raise InputError(
                f"the tolerance of {name!r} is wider than {axis.describe()}; give that of the"
                " sensor"
            )
    return {name: float(value) for name, value in tolerance.items()}


def _usable(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return False
    return bool(0 <= value < float("inf"))


def to_border(
    axes: tuple[Axis, ...], x: Floats, tolerance: Mapping[str, float]
) -> tuple[Floats, NDArray[np.bool_]]:
    """X [N, D] with readings within their tolerance of the domain put on its border, and which were
    [N, D].

    NaN and infinity stay; a reading exactly the tolerance away counts, also where one of the
    numbers was rounded, as 200.3 is 1.1e-14 more than 200 + 0.3 (FORMAT.md section 16).
    """
    x = np.array(x, dtype=float)
    moved = np.zeros(x.shape, dtype=bool)
    for d, axis in enumerate(axes):
        allowed = tolerance.get(axis.name, 0.0)
        if not allowed:
            continue
        border = np.clip(x[:, d], axis.lower, axis.upper)
        most = allowed + ROUNDING * np.maximum(np.abs(border), allowed)
        with np.errstate(invalid="ignore"):
            moved[:, d] = (x[:, d] != border) & (np.abs(x[:, d] - border) <= most)
        x[moved[:, d], d] = border[moved[:, d]]
    return x, moved


def remark(axes: tuple[Axis, ...], given: Floats, moved: NDArray[np.bool_]) -> str:
    """In words what was moved in one row [D]; empty where nothing was."""
    return "; ".join(
        f"{a.name} = {float(given[d])!r} counts as {float(np.clip(given[d], a.lower, a.upper))!r}"
        " (sensor tolerance)"
        for d, a in enumerate(axes)
        if moved[d]
    )
