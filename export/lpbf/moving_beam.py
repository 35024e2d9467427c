"""Laser powder bed fusion: the quasi-steady temperature rise around a moving beam, over seven axes.

-v T_x = alpha lap T in the half space z > 0, the beam at the origin moving towards +x, surface flux
q = 2 eta P / (pi r^2) ((1 - m) + m 2 rho^2 / r^2) exp(-2 rho^2 / r^2), rho^2 = x^2 + y^2, m from
Gaussian to ring. Symmetric in y; zero far ahead, beside and below; free outflow behind, whose error
decays upstream within alpha / v (14 um at 0.4 m/s).

Weak form: int alpha grad T . grad w - v T_x w = int_{z=0} q / (rho c) w. It is coercive: -int v T_x
T is half of v T^2 at the outflow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import ArrayLike, NDArray

from sna_edge import Model

from ..solve.weak_form.axes import parameter, space
from ..solve.weak_form.forms import d, on, test, total, unknown
from ..solve.weak_form.meshes import sinh_breaks
from ..solve.weak_form.problem import Problem
from ..solve.weak_form.separate import Separated, separate
from .meltpool import MeltPool

Floats = NDArray[np.float64]
UM = 1e-6  # m
MODES = 144  # products delivered: 0.13 % beside the train, two fifths of its size
KICK = 8  # directions of the residual that enrich a bond: slow, wide rings are seen early
LOAD_TOLERANCE = 1e-5  # relative L2 error allowed to the separated flux
POINTS_AT_ONCE = 500  # points of the reference integrated at once


@dataclass(frozen=True)
class Material:
    """Constant properties: conductivity W/(m K), density kg/m3, heat capacity J/(kg K),
    absorptivity, melting rise K."""

    conductivity: float = 26.0
    density: float = 7800.0
    heat_capacity: float = 600.0
    absorptivity: float = 0.4
    melting_rise: float = 1360.0

    @property
    def diffusivity(self) -> float:
        """alpha = k / (rho c), m2/s."""
        return self.conductivity / self.volumetric

    @property
    def volumetric(self) -> float:
        """rho c, J/(m3 K)."""
        return self.density * self.heat_capacity


STEEL = Material()


def lpbf(
    material: Material = STEEL,
    *,
    power: tuple[float, float] = (100.0, 400.0),
    speed: tuple[float, float] = (0.4, 1.6),
    radius: tuple[float, float] = (40e-6, 80e-6),
    refine: float = 1.0,
) -> Problem:
    """T(x, y, z, power, speed, radius, ring); `refine` divides the mesh width."""
    spans = [round(n * refine) for n in (60, 20, 20)]
    widths = [h * UM / refine for h in (8.0, 10.0, 5.0)]
    x = space("x", breaks=sinh_breaks(-1000 * UM, 220 * UM, spans[0], 0.0, widths[0]), zero="upper")
    y = space("y", breaks=sinh_breaks(0.0, 600 * UM, spans[1], 0.0, widths[1]), zero="upper")
    z = space("z", breaks=sinh_breaks(0.0, 600 * UM, spans[2], 0.0, widths[2]), zero="upper")
    p = parameter("power", *power, spans=1, degree=1, unit="W")
    v = parameter("speed", *speed, spans=5, unit="m/s")
    r = parameter("radius", *radius, spans=5, unit="m")
    m = parameter("ring", 0.0, 1.0, spans=1, degree=1)
    u, w = unknown(), test()
    gauss, ring = (_flux(material, shape, (x, y, r)) for shape in (_gauss, _ring))
    load = p * (m.function(lambda s: 1 - s) * gauss + m * ring) * w * on(z, "lower")
    return Problem(
        "lpbf",
        (x, y, z, p, v, r, m),
        material.diffusivity * total(d(u, s) * d(w, s) for s in (x, y, z)) - v * d(u, x) * w,
        load,
        output="temperature_rise",
        unit="K",
        title="Laser powder bed fusion, quasi-steady, seven-dimensional",
        quantities={
            f"melt-pool {what} in the middle of the process axes (m)": _pool(material, what)
            for what in ("depth", "width")
        },
        reference=lambda points: semi_analytic(points, material),
        defaults={
            "tolerance": 1e-4,
            "rank_max": 40,
            "sweeps": 8,
            "kick": KICK,
            "order": ORDER,
            "modes": MODES,
        },
    )


ORDER = ["x", "y", "z", "speed", "radius", "ring", "power"]  # of the train


def _pool(material: Material, what: str) -> Callable[[Model], float]:
    def query(model: Model) -> float:
        pool = MeltPool(model, material.melting_rise)
        middle = {a.name: (a.lower + a.upper) / 2 for a in model.axes if a.name in pool.names}
        return float(getattr(pool, what)(middle)[0])

    return query


def _gauss(s: Floats) -> Floats:
    return np.asarray(np.exp(-s))


def _ring(s: Floats) -> Floats:
    return np.asarray(s * np.exp(-s))


def _flux(material: Material, shape: object, axes: tuple[object, ...]) -> Separated:
    """q / (rho c) per watt, K m/(s W): shape(s) of s = 2 rho^2 / r^2, compressed to products over
    x, y, r."""
    factor = 2 * material.absorptivity / (pi * material.volumetric)

    def flux(x: Floats, y: Floats, r: Floats) -> Floats:
        return factor / r**2 * shape(2 * (x * x + y * y) / r**2)  # type: ignore[operator, no-any-return]

    return separate(flux, axes, LOAD_TOLERANCE)  # type: ignore[arg-type]


def semi_analytic(
    points: ArrayLike, material: Material = STEEL, *, nodes: int = 400, horizon: float = 8e-3
) -> Floats:
    """T at points [N, 7] by quadrature over past heat release, independent of the solver.

    T = eta P / (rho c) int_0^inf F(x + v t, y; a + 2 alpha t) 2 / sqrt(4 pi alpha t) exp(-z^2 / (4
    alpha t)) dt, a = r^2 / 4, F the 2-D Gaussian of variance S; ring: F + a dF/da. Substituted t =
    horizon s^4: the integrand is smooth at 0; heat released more than `horizon` (s) ago lies beyond
    3 mm behind the beam.
    """
    g, w = leggauss(nodes)
    s = (g + 1) / 2
    t, dt = horizon * s**4, horizon * 4 * s**3 * w / 2
    array = np.asarray(points, dtype=float)
    return np.concatenate(
        [
            _integral(array[i : i + POINTS_AT_ONCE], t, dt, material)
            for i in range(0, len(array), POINTS_AT_ONCE)
        ]
    )


def _integral(points: Floats, t: Floats, dt: Floats, material: Material) -> Floats:
    x, y, z, power, speed, radius, ring = (c[:, None] for c in points.T)
    spread = 2 * material.diffusivity * t
    a = radius**2 / 4
    variance, square = a + spread, (x + speed * t) ** 2 + y * y
    flat = np.exp(-square / (2 * variance)) / (2 * pi * variance)
    plane = flat * (1 + ring * a * (square / (2 * variance**2) - 1 / variance))
    deep = 2 * np.exp(-z * z / (2 * spread)) / np.sqrt(2 * pi * spread)
    factor = material.absorptivity * power[:, 0] / material.volumetric
    return np.asarray(factor * ((plane * deep) @ dt))
