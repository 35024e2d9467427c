"""What noise and model error are at one setting of the unknowns: the local width of the model, and
what readings of known inputs that are a little off do to the outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from ....core.inputs import axis_index
from ....errors import InputError
from ....model import Model
from ....uncertainty.companions import sigma
from ....uncertainty.readings import of_sensors
from ....uncertainty.typical import middle_scale
from ...query.question import number
from .model_error import MOST_GROUPS, Shared, with_model_error
from .objective import Objective
from .observations import Observations

Floats = NDArray[np.float64]
MOST = 24
"""Numbers up to which samples are weighted with the width of each setting itself."""
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


class LocalEnergy:
    """E [M] with the model error m(x) of each setting x itself:

        r' C^-1 r / 2 + log det C / 2 - log p(x),   C_ij = [i = j] + a_i(x) a_j(x) K_ij

    r the residuals and a = m(x) / sigma of the N numbers, in units of the noise at the best
    setting, where m is that of the `data`.
    """

    def __init__(
        self,
        model: Model,
        sought: list[int],
        data: Observations,
        objective: Objective,
        best: Floats,
    ) -> None:
        self._model, self._sought, self._data, self._objective = model, sought, data, objective
        shared = Shared.of(model, data, MOST_GROUPS)
        assert shared is not None
        self._share = shared.share
        self._together = shared.correlation[np.ix_(shared.group, shared.group)]
        self._points = np.zeros((data.count, len(model.axes)))
        for d, column in data.known.items():
            self._points[:, d] = column
        self._there = self._wide(objective.x(best[None]))[0]

    def _wide(self, x: Floats) -> Floats:
        """Scale [M, N] of the numbers at settings x [M, U]."""
        points = np.repeat(self._points[None], len(x), axis=0)
        points[:, :, self._sought] = x[:, None, :]
        flat = points.reshape(-1, points.shape[2])
        found = sigma(self._model, flat, self._model.backend.value(flat))
        found = found.reshape(len(x), self._data.count, -1)
        return np.asarray(found[:, self._data.point, self._data.output])

    def __call__(self, z: Floats) -> Floats:
        """Of unit points z [M, U]."""
        objective = self._objective
        parts = [self._value(objective.x(some)) for some in objective.pace.chunks("own width", z)]
        return np.concatenate(parts) if parts else np.empty(0)

    def _value(self, x: Floats) -> Floats:
        ratio = self._wide(x) / self._there
        a = self._share * np.where(np.isfinite(ratio), ratio, 1.0)
        n = len(self._share)
        c = np.eye(n) + a[:, :, None] * a[:, None, :] * self._together
        root = np.linalg.cholesky(c)
        r = self._objective.residuals(x)
        white = np.linalg.solve(root, r[:, :, None])[:, :, 0]
        size = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
        return np.asarray(0.5 * np.square(white).sum(axis=1) + size + self._objective.prior(x))


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
