"""What a correction is made of: the modes of the model, a constant, and every input on its own.

delta_k(x) = phi(x) theta_k,   phi = (1, the modes m_r(x), the inputs u_d in -1 .. 1)

Adding it to the linear part changes the output weights W and adds one linear function of each
input, so that a corrected model is a separable one, too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.interaction import TT
from ...core.record import ModelRecord
from ...numerics.domain_points import domain_points

Floats = NDArray[np.float64]

POINTS = 512
LARGEST = 4.0
BYTES = 16384
"""What the triangles of all outputs may take in a state."""


class Features:
    """phi [N, M] of coordinates x [N, D], of unit size over points that fill the domain and cut to
    LARGEST times that; `gram` [M, M] of phi over these points. Of more modes than a state may hold,
    as many directions are kept as fit, those first in which the modes vary most."""

    def __init__(self, model: ModelRecord) -> None:
        self._axes, self._interaction = model.axes, model.interaction
        self._numbers = [d for d, a in enumerate(model.axes) if a.kind != "categorical"]
        ends = np.array([(model.axes[d].lower, model.axes[d].upper) for d in self._numbers])
        ends = ends.reshape(-1, 2)
        self._middle, self._half = ends.mean(axis=1), (ends[:, 1] - ends[:, 0]) / 2.0
        points = domain_points(model.axes, POINTS)
        self._turn = self._kept(self._modes(points), most(len(model.outputs)))
        phi = self._raw(points)
        self._scale = np.sqrt((phi**2).mean(axis=0)) + 1e-12
        phi = phi / self._scale
        self.gram = phi.T @ phi / len(phi)

    def __call__(self, x: Floats) -> Floats:
        """phi [N, M]."""
        phi = self._raw(x) / self._scale
        return np.asarray(np.minimum(np.maximum(phi, -LARGEST), LARGEST))

    def terms(self, theta: Floats) -> tuple[float, float, dict[str, float]]:
        """In words of coefficients theta [M]: the constant, how much the modes add (root mean
        square over the domain), and what each input adds from its lower to its upper end."""
        start = len(theta) - len(self._numbers)
        modes, gram = theta[1:start], self.gram[1:start, 1:start]
        slopes = 2.0 * theta[start:] / self._scale[start:]
        names = [self._axes[d].name for d in self._numbers]
        rms = float(np.sqrt(max(float(modes @ gram @ modes), 0.0)))
        return float(theta[0] / self._scale[0]), rms, dict(zip(names, slopes.tolist(), strict=True))

    def _raw(self, x: Floats) -> Floats:
        u = np.clip((x[:, self._numbers] - self._middle) / self._half, -1.0, 1.0)
        modes = self._modes(x)
        modes = modes if self._turn is None else modes @ self._turn
        return np.concatenate([np.ones((len(x), 1)), modes, u], axis=1)

    def _kept(self, modes: Floats, most: int) -> Floats | None:
        """Directions [R, m] of the modes that are kept; None for all."""
        room = max(most - 1 - len(self._numbers), 1)
        if modes.shape[1] <= room:
            return None
        spread = modes / (np.abs(modes).max(axis=0) + 1e-300)
        _, _, turn = np.linalg.svd(spread - spread.mean(axis=0), full_matrices=False)
        return np.asarray(turn[:room].T / (np.abs(modes).max(axis=0) + 1e-300)[:, None])

    def _modes(self, x: Floats) -> Floats:
        """m [N, R]."""
        given = self._interaction
        atoms = [a.basis.expand(x[:, d], given.tables[d]) for d, a in enumerate(self._axes)]
        if isinstance(given, TT):
            v: Floats = np.ones((len(x), 1, 1))
            for core, atom in zip(given.cores, atoms, strict=True):
                v = v @ atom.reshape(len(x), *core.shape[1:])
            return v[:, 0]
        product = np.ones((len(x), given.rank))
        for modes, atom in zip(given.modes, atoms, strict=True):
            product[:, modes] *= atom
        return product


def most(outputs: int) -> int:
    """Features whose triangles of all outputs fit into a state."""
    return max(int(np.sqrt(BYTES / 4.0 / outputs)) - 1, 2)
