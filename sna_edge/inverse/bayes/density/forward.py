"""What the observations would be for given unknowns: known axes are contracted once per
observation."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ....core.interaction import CP
from ....model import Model
from ...query.contraction import atoms
from ...query.linear_part import linearised
from ...query.unknown_atoms import UnknownAtoms
from .observations import Observations

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Forward(Protocol):
    """y [M, N] of the N observations at M settings x [M, U] of the unknowns, and dy/dx [M, N,
    U]."""

    model: Model

    def value(self, x: Floats) -> Floats:
        """y [M, N] at settings x [M, U]."""

    def value_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        """y [M, N] and dy/dx [M, N, U]."""


class Contracted:
    """y_i = g(bias_i + sum_r w[i, r] prod_{unknown u} phi_{u,r}(x_u)),
    w[i, r] = W[r, k_i] prod_{known d} phi_{d,r}(x_id).

    Only the products over the unknowns are computed per setting; all N observations follow by one
    matrix product.
    """

    def __init__(self, model: Model, unknowns: list[int], data: Observations) -> None:
        self.model, self.unknowns = model, unknowns
        cp = model.interaction
        assert isinstance(cp, CP)
        weight = cp.weights.T[data.output]
        for d, x in data.known.items():
            if len(cp.modes[d]):
                weight = weight * atoms(model, d, x)[data.point]
        self.weight: Floats = weight
        self.bias: Floats = np.array([o.bias for o in model.outputs])[data.output]
        self.table = UnknownAtoms(model, unknowns)
        self._outputs = data.seen_as
        self._rows = [np.flatnonzero(data.output == k) for k in range(len(model.outputs))]
        self.plain = all(
            o.link == "identity" for k, o in enumerate(data.seen_as) if len(self._rows[k])
        )
        self.scale: Floats = np.array([o.scale for o in data.seen_as])[data.output]
        self.offset: Floats = np.array([o.offset for o in data.seen_as])[data.output]

    def value(self, x: Floats) -> Floats:
        """y [M, N] at settings x [M, U]."""
        f = self.table.products(x) @ self.weight.T + self.bias
        if self.plain:
            return np.asarray(f * self.scale + self.offset)
        for k, rows in enumerate(self._rows):
            f[:, rows] = self._outputs[k].value(f[:, rows])
        return np.asarray(f)

    def value_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        """y [M, N] and dy/dx [M, N, U]."""
        both = self.table.products_and_slopes(x) @ self.weight.T
        f, slope = both[:, 0] + self.bias, both[:, 1:].transpose(0, 2, 1)
        if self.plain:
            return f * self.scale + self.offset, slope * self.scale[:, None]
        y, rate = np.empty_like(f), np.empty_like(f)
        for k, rows in enumerate(self._rows):
            y[:, rows] = self._outputs[k].value(f[:, rows])
            rate[:, rows] = self._outputs[k].slope(f[:, rows])
        return y, slope * rate[:, :, None]


class Filled:
    """The same through any backend: the known columns are filled in for every setting (tensor
    trains, tflite).

    The answer for the settings asked last is kept: writing an answer asks for them again, and a
    call is dear here.
    """

    def __init__(self, model: Model, unknowns: list[int], data: Observations) -> None:
        self.model, self._unknowns, self._data = model, unknowns, data
        self._known = np.zeros((data.count, len(model.axes)))
        for d, x in data.known.items():
            self._known[:, d] = x
        self._before = [
            k
            for k, (o, face) in enumerate(zip(model.outputs, data.seen_as, strict=True))
            if o is not face
        ]
        self._asked, self._answer = np.empty((0, 0)), (np.empty(0), np.empty(0))

    def _inputs(self, x: Floats) -> Floats:
        full = np.repeat(self._known[None], len(x), axis=0)
        full[:, :, self._unknowns] = x[:, None, :]
        return full.reshape(-1, self._known.shape[1])

    def value(self, x: Floats) -> Floats:
        """y [M, N] at settings x [M, U]."""
        if np.array_equal(x, self._asked):
            return self._answer[0].copy()
        y = self.model.backend.value(self._inputs(x)).reshape(len(x), self._data.count, -1)
        return self._seen(y[:, self._data.point, self._data.output])[0]

    def value_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        """y [M, N] and dy/dx [M, N, U]."""
        if not np.array_equal(x, self._asked):
            y, slope = self.model.backend.value_and_gradient(self._inputs(x))
            y = y.reshape(len(x), self._data.count, -1)
            slope = slope.reshape(len(x), self._data.count, y.shape[2], -1)[..., self._unknowns]
            seen, rate = self._seen(y[:, self._data.point, self._data.output])
            self._asked, self._answer = (
                x.copy(),
                (
                    seen,
                    slope[:, self._data.point, self._data.output] * rate[:, :, None],
                ),
            )
        return self._answer[0].copy(), self._answer[1].copy()

    def _seen(self, y: Floats) -> tuple[Floats, Floats]:
        """y [M, N] as the observations see it, and the slope of that: before the link where they
        are."""
        rate = np.ones_like(y)
        for k in self._before:
            rows = np.flatnonzero(self._data.output == k)
            f, per_y = linearised([self.model.outputs[k]], y[:, rows].reshape(-1, 1))
            y[:, rows], rate[:, rows] = f.reshape(len(y), -1), per_y.reshape(len(y), -1)
        return y, rate


def forward(model: Model, unknowns: list[int], data: Observations) -> Forward:
    """Contracted where the model is a CP served by numpy or native, else filled in."""
    if isinstance(model.interaction, CP) and model.backend.name in ("numpy", "native"):
        return Contracted(model, unknowns, data)
    return Filled(model, unknowns, data)
