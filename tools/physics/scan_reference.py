"""The temperature rise of a Gaussian beam on tracks over a box with an insulated upper side and all
others cold, by superposition and images: no mesh.

    u = 2 P / (pi R^2 c) int_0^t X(tau) Y(tau) Z(tau) dtau,
    X = sqrt(R^2 / s2) sum_n exp(-2 (x - x_s - 2 n L)^2 / s2) - exp(-2 (x + x_s - 2 n L)^2 / s2),
    Z = 2 / sqrt(4 pi a tau) sum_n (-1)^n exp(-(z - 2 n H)^2 / (4 a tau)),

s2 = R^2 + 8 a tau, x_s at the time t - tau; Gauss quadrature in sqrt(tau), track by track.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_export.solve import Path

Floats = NDArray[np.float64]
PANELS, NODES = 8, 8  # of the quadrature over a track: nine digits for tracks of 20 beam radii
IMAGES = 3


@dataclass(frozen=True)
class Box:
    """Sides, m; heat capacity c, J/(m3 K); conductivity k, W/(m K); radius R of the beam, m; the
    share of its power that is absorbed."""

    length: float
    width: float
    height: float
    capacity: float
    conductivity: float
    radius: float
    absorbed: float

    def rise(self, path: Path, power: float, x: Floats, y: Floats, z: Floats, t: float) -> Floats:
        """The rise at places [..] at one time, for a power in W."""
        total = np.zeros(np.broadcast(x, y, z).shape)
        gauss, weights = np.polynomial.legendre.leggauss(NODES)
        for track in path.tracks:
            until = min(track.until, t)
            if until <= track.begin:
                continue
            edges = np.linspace(np.sqrt(t - until), np.sqrt(t - track.begin), PANELS + 1)
            half = np.diff(edges) / 2
            roots = ((edges[:-1] + edges[1:]) / 2)[:, None] + half[:, None] * gauss
            for root, weight in zip(roots.ravel(), (half[:, None] * weights).ravel(), strict=True):
                share = (t - root**2 - track.begin) / (track.until - track.begin)
                place = [a + share * (b - a) for a, b in zip(track.start, track.end, strict=True)]
                total += weight * self._pulse(root, place, x, y, z)
        flux = 2 * self.absorbed * power / (np.pi * self.radius**2)
        return flux / self.capacity * total

    def _pulse(self, root: float, place: list[float], x: Floats, y: Floats, z: Floats) -> Floats:
        """X Y Z 2 sqrt(tau), tau = root^2."""
        a, tau = self.conductivity / self.capacity, root**2
        s2 = self.radius**2 + 8 * a * tau
        sides = [
            _between(x, place[0], s2, self.length),
            _between(y, place[1], s2, self.width),
        ]
        depth = sum(
            (-1) ** n * np.exp(-((z - 2 * n * self.height) ** 2) / (4 * a * tau))
            for n in range(-IMAGES, IMAGES + 1)
        )
        return self.radius**2 / s2 * sides[0] * sides[1] * depth * 4 / np.sqrt(4 * np.pi * a)


def _between(x: Floats, at: float, s2: float, length: float) -> Floats:
    """exp(-2 (x - at)^2 / s2) and its images in two cold walls."""
    shifts = 2 * length * np.arange(-IMAGES, IMAGES + 1)
    return np.asarray(
        sum(np.exp(-2 * (x - at - s) ** 2 / s2) - np.exp(-2 * (x + at - s) ** 2 / s2)
            for s in shifts)
    )  # fmt: skip
