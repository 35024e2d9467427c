"""Monte-Carlo sweeps over uncertain process values: samples kept inside the model's axes, robust
choice of a design."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..solve.weak_form.errors import ProblemError
from .meltpool import MeltPool

Floats = NDArray[np.float64]
CUT = 3.0  # normal deviations are cut at three standard deviations


@dataclass(frozen=True)
class Uncertainty:
    """Relative standard deviations of power, speed, radius and absorptivity (the latter scales the
    power)."""

    power: float = 0.02
    speed: float = 0.015
    radius: float = 0.03
    absorptivity: float = 0.05


@dataclass(frozen=True)
class Robust:
    """designs [M, 2] (power, speed), depth [M, N] (m), their miss (m, root mean square off target),
    the best design."""

    designs: Floats
    depth: Floats
    miss: Floats

    @property
    def best(self) -> int:
        """Row of the design with the least miss."""
        return int(np.argmin(self.miss))


def robust_depth(
    pool: MeltPool,
    powers: ArrayLike,
    speeds: ArrayLike,
    target: float,
    *,
    radius: float = 60e-6,
    ring: float = 0.0,
    samples: int = 2000,
    uncertainty: Uncertainty | None = None,
    seed: int = 0,
) -> Robust:
    """Depth of every design under `samples` draws of the uncertain values; the design nearest to
    `target` (m).

    The same draws serve every design, so that designs are compared on equal terms.
    Raises ProblemError when a draw would leave an axis of the model.
    """
    designs = np.array(
        list(product(np.asarray(powers, dtype=float), np.asarray(speeds, dtype=float)))
    )
    draw = relative_draws(uncertainty or Uncertainty(), samples, seed)
    power = designs[:, :1] * draw["power"] * draw["absorptivity"]
    speed = designs[:, 1:] * draw["speed"]
    spot = np.broadcast_to(radius * draw["radius"], power.shape)
    _inside(pool, {"power": power, "speed": speed, "radius": spot})
    values = {"power": power, "speed": speed, "radius": spot, "ring": np.full(power.shape, ring)}
    depth = pool.depth({n: values[n].reshape(-1) for n in pool.names}).reshape(power.shape)
    return Robust(designs, depth, np.sqrt(np.mean((depth - target) ** 2, axis=1)))


def relative_draws(uncertainty: Uncertainty, samples: int, seed: int) -> dict[str, Floats]:
    """Factors around 1, normal and cut at three deviations, [N] each."""
    rng = np.random.default_rng(seed)
    return {
        name: 1.0 + spread * _cut_normal(rng, samples) for name, spread in vars(uncertainty).items()
    }


def _cut_normal(rng: np.random.Generator, count: int) -> Floats:
    out = rng.standard_normal(count)
    while np.any(far := np.abs(out) > CUT):
        out[far] = rng.standard_normal(int(far.sum()))
    return out


def _inside(pool: MeltPool, values: Mapping[str, Floats]) -> None:
    for name, value in values.items():
        axis = pool.model.axes[pool.model.axis_index(name)]
        if value.min() < axis.lower or value.max() > axis.upper:
            raise ProblemError(
                f"samples of {name} reach [{value.min():g}, {value.max():g}], outside"
                f" {axis.describe()}; narrow the designs"
            )
