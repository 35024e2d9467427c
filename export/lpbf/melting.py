"""Melting under a moving beam, stated once: the solver and its references read the same numbers.

Steady temperature T(x, y, z), K, of a half space z > 0 in the frame of a beam that moves towards
+x at speed v:

    -v rho C(T) T_x = div(k(T) grad T),   C(T) = c(T) + L f'(T)

* surface z = 0: -k T_z = 2 eta P / (pi r^2) exp(-2 (x^2 + y^2) / r^2), a Gaussian beam;
* T = preheat far ahead (x upper), beside (y upper) and below (z upper);
* symmetric in y; free outflow behind (x lower): k T_x = 0.

c(T) is the specific heat without, C(T) with the latent heat L of the liquid fraction f(T), an
apparent capacity over the mushy interval. Mass rests in its volume at room temperature, so that rho
is constant. No evaporation and no flow: far above the boiling point the field is a formal one, and
what is of use is the outline of the pool, the isotherm of the liquidus.

`BOX` and `RANGES` are the domain and the parameters; absorptivity is that of the alloy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

BOX = {"x": (-1000e-6, 220e-6), "y": (0.0, 600e-6), "z": (0.0, 600e-6)}  # m
RANGES = {
    "power": (100.0, 250.0),  # W
    "speed": (0.4, 1.6),  # m/s
    "radius": (40e-6, 80e-6),  # m, of 1 / e^2
    "preheat": (293.0, 673.0),  # K
}


class Melts(Protocol):
    """What the melting problem asks of an alloy, in SI; temperatures in K, arrays of any shape."""

    @property
    def density(self) -> float:
        """kg/m3."""

    @property
    def liquidus(self) -> float:
        """K."""

    @property
    def absorptivity(self) -> float:
        """Share of the beam that stays."""

    @property
    def conductivity(self) -> Callable[[ArrayLike], Floats]:
        """k(T), W/(m K)."""

    def conductivity_slope(self, temperature: ArrayLike) -> Floats:
        """dk / dT."""

    def enthalpy(self, temperature: ArrayLike) -> Floats:
        """H(T), J/kg, latent heat included."""

    def apparent_heat(self, temperature: ArrayLike) -> Floats:
        """dH / dT."""


def _share(temperature: ArrayLike, solidus: float, liquidus: float) -> Floats:
    t = np.asarray(temperature, dtype=float)
    return np.clip((t - solidus) / (liquidus - solidus), 0.0, 1.0)


def liquid_share(temperature: ArrayLike, solidus: float, liquidus: float) -> Floats:
    """f(T) = 3 s^2 - 2 s^3 of the share s of the mushy interval, 0 below and 1 above."""
    s = _share(temperature, solidus, liquidus)
    return np.asarray(s * s * (3 - 2 * s))


def liquid_share_slope(temperature: ArrayLike, solidus: float, liquidus: float) -> Floats:
    """df / dT, 1/K."""
    s = _share(temperature, solidus, liquidus)
    return np.asarray(6 * s * (1 - s) / (liquidus - solidus))


@dataclass(frozen=True)
class Alloy:
    """k(T), c(T), latent heat: straight lines a + b T of the solid, constants of the liquid, a
    smooth step between solidus and liquidus.

    conductivity W/(m K), specific heat J/(kg K), density kg/m3, latent heat J/kg, temperatures K.
    """

    density: float
    conductivity_solid: tuple[float, float]
    conductivity_liquid: float
    heat_solid: tuple[float, float]
    heat_liquid: float
    latent_heat: float
    solidus: float
    liquidus: float
    absorptivity: float

    def liquid_fraction(self, temperature: ArrayLike) -> Floats:
        """f(T) = 3 s^2 - 2 s^3 of the share s of the mushy interval, 0 below and 1 above."""
        return liquid_share(temperature, self.solidus, self.liquidus)

    def conductivity(self, temperature: ArrayLike) -> Floats:
        """k(T): (1 - f) (a + b T) + f k_liquid."""
        return self._mixed(self.conductivity_solid, self.conductivity_liquid, temperature)

    def specific_heat(self, temperature: ArrayLike) -> Floats:
        """c(T), without the latent heat: (1 - f) (a + b T) + f c_liquid."""
        return self._mixed(self.heat_solid, self.heat_liquid, temperature)

    def apparent_heat(self, temperature: ArrayLike) -> Floats:
        """C(T) = c(T) + L f'(T), J/(kg K)."""
        spike = self.latent_heat * self._fraction_slope(temperature)
        return np.asarray(self.specific_heat(temperature) + spike)

    def conductivity_slope(self, temperature: ArrayLike) -> Floats:
        """dk / dT, W/(m K2)."""
        t = np.asarray(temperature, dtype=float)
        f, rise = self.liquid_fraction(t), self.conductivity_liquid
        slope = self.conductivity_solid[1]
        line = self.conductivity_solid[0] + slope * t
        return np.asarray((1 - f) * slope + self._fraction_slope(t) * (rise - line))

    def enthalpy(self, temperature: ArrayLike) -> Floats:
        """H(T) = int_0 C dT, J/kg: latent heat included; the lines of the solid reach down to 0."""
        t, width = np.asarray(temperature, dtype=float), self.liquidus - self.solidus
        a, b = self.heat_solid
        s, below = self._share(t), np.minimum(t, self.liquidus)
        cube = s * s * s
        melted = width * cube * (1 - s / 2)  # int f dT
        weighted = self.solidus * melted + width**2 * cube * s * (0.75 - 0.4 * s)  # int f T dT
        solid = a * below + b * below * below / 2 - a * melted - b * weighted
        liquid = self.heat_liquid * (melted + np.maximum(t - self.liquidus, 0.0))
        return np.asarray(solid + liquid + self.latent_heat * self.liquid_fraction(t))

    def _fraction_slope(self, temperature: ArrayLike) -> Floats:
        return liquid_share_slope(temperature, self.solidus, self.liquidus)

    def _share(self, temperature: ArrayLike) -> Floats:
        return _share(temperature, self.solidus, self.liquidus)

    def _mixed(self, line: tuple[float, float], liquid: float, temperature: ArrayLike) -> Floats:
        f = self.liquid_fraction(temperature)
        solid = line[0] + line[1] * np.asarray(temperature, dtype=float)
        return np.asarray((1 - f) * solid + f * liquid)


# Solid: straight lines within 10 % of Agazhanov, Samoshkin & Kozlovskii, J. Phys.: Conf. Ser. 1382
# (2019) 012175, 298 .. 1375 K. Liquid, melting range, latent heat, density: Mills, Recommended
# values of thermophysical properties for selected commercial alloys, Woodhead (2002). Absorptivity:
# of the order that calorimetry finds for conduction mode.
IN718 = Alloy(
    density=8190.0,
    conductivity_solid=(6.0, 0.0134),
    conductivity_liquid=29.6,
    heat_solid=(395.0, 0.17),
    heat_liquid=720.0,
    latent_heat=210e3,
    solidus=1533.0,
    liquidus=1609.0,
    absorptivity=0.35,
)
