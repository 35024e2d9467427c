"""Material cards: properties of temperature as curves, constants with their sources, and what is
not known left out.

A `Curve` is a function on arrays of temperatures in K, with its slope, its integral and the places
where it bends, so that it serves as a coefficient: `function_of(u, k, derivative=k.slope)` of the
unknown, `t.function(k)` of an axis of temperature, whose mesh, if it was not stated, gets breaks
at its `bends`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..solve.weak_form.errors import ProblemError
from .melting import liquid_share, liquid_share_slope

Floats = NDArray[np.float64]
BESIDE_A_STEP = 1.0  # K, to each side: a step of a property is a steep line


@dataclass(frozen=True)
class Source:
    """What was printed, by whom and when; `read_in` says where it was read if not there."""

    printed: str
    read_in: str = ""


@dataclass(frozen=True)
class Constant:
    """A number with its unit, its sources, the uncertainty that a source states (as it states it)
    and what else there is to know."""

    value: float
    unit: str
    source: Source
    uncertainty: str = "not stated"
    note: str = ""


@dataclass(frozen=True, eq=False)
class Curve:
    """y(T): straight lines between the rows (T_i, y_i), T in K, constant beyond them.

    `stated_K` is the range of temperatures for which the source gives values; `note` says what is
    assumed outside of it.
    """

    temperatures_K: Floats
    values: Floats
    unit: str
    source: Source
    stated_K: tuple[float, float]
    uncertainty: str = "not stated"
    note: str = ""

    def __post_init__(self) -> None:
        t, y = (np.asarray(a, dtype=float) for a in (self.temperatures_K, self.values))
        if t.shape != y.shape or len(t) < 2 or not np.all(np.diff(t) > 0) or np.any(y <= 0):
            raise ProblemError(
                f"a curve in {self.unit} has rows that do not increase in temperature or are not"
                " positive; sort them and check their signs"
            )
        object.__setattr__(self, "temperatures_K", t)
        object.__setattr__(self, "values", y)

    def __call__(self, temperature_K: ArrayLike) -> Floats:
        """y at temperatures, of any shape."""
        t = np.asarray(temperature_K, dtype=float)
        return np.asarray(np.interp(t, self.temperatures_K, self.values))

    def slope(self, temperature_K: ArrayLike) -> Floats:
        """dy / dT, from the right at a row; 0 beyond the rows."""
        slopes = np.diff(self.values) / np.diff(self.temperatures_K)
        at = np.searchsorted(self.temperatures_K, temperature_K, side="right")
        return np.asarray(np.r_[0.0, slopes, 0.0][at])

    def integral(self, temperature_K: ArrayLike) -> Floats:
        """int y dT from the first row, exactly."""
        t, first = np.asarray(temperature_K, dtype=float), self.temperatures_K[0]
        at = np.clip(np.searchsorted(self.temperatures_K, t, "right") - 1, 0, len(self.values) - 1)
        rest = t - self.temperatures_K[at]
        slope = np.where(t < first, 0.0, self.slope(self.temperatures_K[at]))
        whole = self._sums[at] + rest * (self.values[at] + slope * rest / 2)
        return np.asarray(whole)

    @cached_property
    def _sums(self) -> Floats:
        middle = (self.values[1:] + self.values[:-1]) / 2
        return np.r_[0.0, np.cumsum(middle * np.diff(self.temperatures_K))]

    @property
    def bends(self) -> tuple[float, ...]:
        """Rows at which the slope changes, K: the solve gives a mesh breaks there."""
        slopes = np.r_[0.0, np.diff(self.values) / np.diff(self.temperatures_K), 0.0]
        return tuple(float(t) for t in self.temperatures_K[slopes[1:] != slopes[:-1]])


@dataclass(frozen=True)
class Material:
    """An alloy: curves through solid and, where values were found, mushy and liquid states.

    `latent_heat`, `solidus`, `liquidus` are None where no source was found; `absorptivity` holds
    measured values, each with the state of the surface that it is for.
    """

    name: str
    conductivity: Curve  # W/(m K)
    specific_heat: Curve  # J/(kg K), without latent heat
    density: Constant  # kg/m3
    latent_heat: Constant | None = None  # J/kg
    solidus: Constant | None = None  # K
    liquidus: Constant | None = None  # K
    absorptivity: tuple[Constant, ...] = ()

    def melting(self, absorptivity: float) -> Melting:
        """The card as `sna_export.lpbf.melting_pool.melting` takes it. Raises ProblemError where
        the card lacks latent heat or melting range."""
        known = {n: getattr(self, n) for n in ("latent_heat", "solidus", "liquidus")}
        lacking = [n.replace("_", " ") for n, v in known.items() if v is None]
        if lacking:
            raise ProblemError(
                f"{self.name} has no {', '.join(lacking)} in its card, for want of a source; give"
                " them with dataclasses.replace(material, ...)"
            )
        latent, solidus, liquidus = (known[n].value for n in known)
        return Melting(
            self.density.value, self.conductivity, self.specific_heat, latent, solidus, liquidus,
            absorptivity,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Melting:
    """Enthalpy, apparent heat and conductivity of a card through its melting range, in SI."""

    density: float
    conductivity: Curve
    specific_heat: Curve
    latent_heat: float
    solidus: float
    liquidus: float
    absorptivity: float

    def conductivity_slope(self, temperature: ArrayLike) -> Floats:
        """dk / dT, W/(m K2)."""
        return self.conductivity.slope(temperature)

    def enthalpy(self, temperature: ArrayLike) -> Floats:
        """H(T) = int c dT + L f(T), J/kg, from the first row of c."""
        share = liquid_share(temperature, self.solidus, self.liquidus)
        return np.asarray(self.specific_heat.integral(temperature) + self.latent_heat * share)

    def apparent_heat(self, temperature: ArrayLike) -> Floats:
        """dH / dT, J/(kg K)."""
        spike = liquid_share_slope(temperature, self.solidus, self.liquidus)
        return np.asarray(self.specific_heat(temperature) + self.latent_heat * spike)


def lines(*pieces: tuple[float, float, float, float]) -> tuple[Floats, Floats]:
    """Rows of pieces (from, to, a, b) of a + b T, K; where two meet, a step of 2 K."""
    t: list[float] = []
    y: list[float] = []
    for i, (low, high, a, b) in enumerate(pieces):
        start = low + (BESIDE_A_STEP if i and pieces[i - 1][1] == low else 0.0)
        end = high - (BESIDE_A_STEP if i + 1 < len(pieces) and pieces[i + 1][0] == high else 0.0)
        t += [start, end]
        y += [a + b * start, a + b * end]
    return np.array(t), np.array(y)


def celsius(*degrees: float) -> Floats:
    """In K."""
    return np.array(degrees) + 273.15
