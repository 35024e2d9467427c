"""What noise and model error are at one setting of the unknowns: the local width of the model, and
what readings of known inputs that are a little off do to the outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from ....core.beside import Role
from ....core.inputs import axis_index
from ....errors import InputError
from ....model import Model
from ....uncertainty.companions import sigma
from ....uncertainty.readings import of_sensors
from ....uncertainty.typical import middle_scale
from ...query.question import number
from .model_error import with_model_error
from .observations import Observations

Floats = NDArray[np.float64]
EVEN = sqrt(3.0)
"""A reading that is off by at most t, evenly, has the standard deviation t / sqrt(3)."""


def input_deviations(
    model: Model, unknowns: Sequence[str], given: Mapping[str, float] | None
) -> dict[int, float]:
    """{axis: standard deviation of readings of a known input}: `given`, or where it is None, that
    of the sensors the file has tolerances of. Raises InputError for an input that is unknown, has
    levels or is none, and for what is no deviation."""
    if given is None:
        told = {n: t / EVEN for n, t in of_sensors(model).items() if n not in unknowns}
        return {axis_index(model.axes, name): deviation for name, deviation in told.items()}
    found = {}
    for name, value in given.items():
        d = axis_index(model.axes, name)
        if name in unknowns or model.axes[d].kind == "categorical":
            what = "is unknown" if name in unknowns else "has levels"
            raise InputError(f"input {name!r} {what} and has no reading error; leave it out")
        deviation = number(value, f"the reading error of {name!r}")
        if deviation < 0:
            raise InputError(f"the reading error of {name!r} is {deviation:g}; give 0 or more")
        if deviation:
            found[d] = deviation
    return found


def is_local(model: Model, deviations: Mapping[int, float]) -> bool:
    """Whether noise or model error depend on the setting of the unknowns."""
    return bool(deviations) or any(c.role == Role.SCALE for c in model.companions)


def at_setting(
    model: Model, data: Observations, x: Floats, deviations: Mapping[int, float]
) -> Observations:
    """The observations as read, with the noise and model error that they have at the full point x
    [D], of which the known inputs are put in: errors of readings count as noise of each number,
    sigma^2 + sum_d (dy/dx_d s_d)^2."""
    points = np.repeat(x[None], data.count, axis=0)
    for d, column in data.known.items():
        points[:, d] = column
    value, slope = model.backend.value_and_gradient(points)
    wide = sigma(model, points, value) / middle_scale(model)
    scale = wide[data.point, data.output]
    scale = np.where(np.isfinite(scale), scale, 1.0)
    added = np.zeros(len(data.y))
    for d, deviation in deviations.items():
        if d in data.known:
            added += np.square(np.nan_to_num(slope[data.point, data.output, d]) * deviation)
    noisy = replace(data, sigma=np.sqrt(np.square(data.sigma) + added))
    return with_model_error(model, noisy, scale)
