"""A laser line as it might be: a track's width and depth by the thick-plate formula, the noise of
sensors and gauges, and what goes wrong on it in the course of a shift.

    width = sqrt(8 A P / (pi e rho c v (Tm - T0)))      A: absorbed share, P: power, v: speed
    depth = width (0.3 + 0.6 exp(-spot / 0.1 mm))

Source: D. Rosenthal, The theory of moving sources of heat, Trans. ASME 68 (1946), for a point on a
thick plate; the depth is made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import e, exp, pi, sqrt

import numpy as np

INPUTS = {"power": (150.0, 350.0), "speed": (400.0, 1400.0), "spot": (0.05, 0.15),
          "plate": (20.0, 200.0)}  # fmt: skip
"""Inputs and their range."""
OUTPUTS = {"width": 1.5, "depth": 2.0}
"""Outputs, and the standard deviation of their gauge."""
UNITS = {"power": "W", "speed": "mm/s", "spot": "mm", "plate": "degC", "width": "um", "depth": "um"}
USUAL = np.array([250.0, 800.0, 0.09, 80.0])
SPREAD = np.array([6.0, 20.0, 0.003, 6.0])
"""How the machine is set, and how it varies from part to part."""
ABSORBED, HEAT, MELTING = 0.38, 7800.0 * 700.0, 1400.0
"""Share of the light; density times heat, J/(m3 K); degC."""
STUCK, BURST, BATCH, DRIFT = 800, 1200, 1600, 2000
"""Parts from which on the plate's sensor stands still, speed is set wrong, the plates are of
another batch, the window of the laser gets dirty."""


def track(x: np.ndarray, absorbed: float = ABSORBED) -> np.ndarray:
    """Width and depth in um of one part x [4]."""
    power, speed, spot, plate = (float(v) for v in x)
    heated = pi * e * HEAT * speed / 1e3 * (MELTING - plate)
    width = 1e6 * sqrt(8.0 * absorbed * power / heated)
    return np.array([width, width * (0.3 + 0.6 * exp(-spot / 0.1))])


def table(rows: int, seed: int) -> str:
    """A measured table over the whole domain, as CSV."""
    rng = np.random.default_rng(seed)
    low, high = (np.array([ends[k] for ends in INPUTS.values()]) for k in (0, 1))
    x = rng.uniform(low, high, (rows, len(INPUTS)))
    noise = rng.normal(0.0, list(OUTPUTS.values()), (rows, len(OUTPUTS)))
    y = np.array([track(one) for one in x]) + noise
    lines = [",".join([*INPUTS, *OUTPUTS])]
    lines += [",".join(f"{v:.6g}" for v in (*a, *b)) for a, b in zip(x, y, strict=True)]
    return "\n".join(lines) + "\n"


@dataclass
class Line:
    """`part(n)`: what the machine reports of part n, and what a gauge measures of it later."""

    seed: int = 1

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.stuck = 0.0

    def part(self, n: int) -> tuple[dict[str, float], dict[str, float]]:
        """(readings, measured) of part n, from 1 on."""
        x = USUAL + SPREAD * self.rng.normal(size=len(USUAL))
        if BURST <= n < BURST + 12:
            x[1] = 480.0 + 5.0 * self.rng.normal()
        absorbed = ABSORBED * (0.97 if n >= BATCH else 1.0)
        if n >= DRIFT:
            absorbed *= max(0.8, 1.0 - 1e-4 * (n - DRIFT))
        noise = self.rng.normal(0.0, list(OUTPUTS.values()))
        y = track(x, absorbed) + noise
        seen = x.copy()
        if STUCK <= n < STUCK + 60:
            self.stuck = self.stuck or float(x[3])
            seen[3] = self.stuck
        readings = {name: float(f"{v:.5g}") for name, v in zip(INPUTS, seen, strict=True)}
        return readings, {name: round(float(v), 1) for name, v in zip(OUTPUTS, y, strict=True)}
