"""The melting problem as one to solve, over seven axes: the distance from the beam in units of the
pool (`reach`), y, z, speed, radius, preheat, power.

With the enthalpy H, conservatively, for all w:

    int k(T) grad T . grad w + v rho int H(T) w_x + v rho int_outflow H(T) w = int_surface q w

The end of the pool, where the melting range makes a plateau and a kink, wanders along x by a factor
of three over the box of the parameters, and no short sum of products follows that. Behind the beam
the pool is therefore measured by `reach`,

    -x = m = xi (w + s xi) / (w + xi),  reach = -xi,  w = 60 um;    reach = x ahead of it:

x itself near the beam, x / s far behind it. `s` is the length of the pool behind w over that in the
middle of the box, about (P - 42 W) / (T_l - T_0) as for a moving point source (Rosenthal, Trans.
ASME 68 (1946)), less for fast and wide beams. `reach` is an input that the model computes from x;
the box of the problem is one of reach.
"""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import NDArray

from ..solve.weak_form.axes import parameter, space
from ..solve.weak_form.forms import d, on, test, unknown
from ..solve.weak_form.functions import function_of
from ..solve.weak_form.meshes import sinh_breaks
from ..solve.weak_form.problem import Problem
from .melting import BOX, IN718, RANGES, Alloy

Floats = NDArray[np.float64]
UM = 1e-6  # m
DEGREES = {"speed": 6, "radius": 5, "preheat": 4, "power": 5}
REACH = (-1500e-6, 220e-6)  # m
NEAR = 60e-6  # m, w
NO_POOL, MIDDLE = 42.0, 133.0  # W: without a tail; from there to the middle of the box
FASTER, WIDER = -0.17, 5000.0  # power of the speed; per m of radius, around 60 um


def melting(alloy: Alloy = IN718, *, refine: float = 1.0) -> Problem:
    """T(reach, y, z, speed, radius, preheat, power), K; `refine` divides the mesh width."""
    spans = [round(n * refine) for n in (128, 20, 20)]
    widths = [h * UM / refine for h in (9.0, 11.0, 5.0)]
    grid = zip(("reach", "y", "z"), (REACH, BOX["y"], BOX["z"]), spans, widths, strict=True)
    x, y, z = (
        space(name, breaks=sinh_breaks(*ends, n, 0.0, h), zero="upper") for name, ends, n, h in grid
    )
    units = {"speed": "m/s", "radius": "m", "preheat": "K", "power": "W"}
    v, r, start, p = (
        parameter(n, *RANGES[n], spans=1, degree=DEGREES[n], unit=units[n]) for n in DEGREES
    )
    pool = Moving(alloy)
    u, w = unknown(), test()
    at = (x, v, r, start, p)

    def flux(_: Floats, reach: Floats, y: Floats, *at: Floats) -> Floats:
        radius, power = at[1], at[3]
        square = pool.place(reach, *at) ** 2 + y**2
        peak = 2 * alloy.absorptivity * power / (pi * radius**2)
        return np.asarray(peak * np.exp(-2 * square / radius**2) * pool.slope(reach, *at))

    def along(t: Floats, *at: Floats) -> Floats:
        return alloy.conductivity(t) / pool.slope(*at)

    def across(t: Floats, *at: Floats) -> Floats:
        return alloy.conductivity(t) * pool.slope(*at)

    k_along = function_of(
        u, along, *at, derivative=lambda t, *at: alloy.conductivity_slope(t) / pool.slope(*at)
    )
    k_across = function_of(
        u, across, *at, derivative=lambda t, *at: alloy.conductivity_slope(t) * pool.slope(*at)
    )
    enthalpy = function_of(u, alloy.enthalpy, derivative=alloy.apparent_heat)
    heating = function_of(u, flux, x, y, v, r, start, p, derivative=lambda t, *_: 0.0 * t)
    conducted = k_along * d(u, x) * d(w, x) + k_across * (d(u, y) * d(w, y) + d(u, z) * d(w, z))
    carried = alloy.density * v * enthalpy * (d(w, x) + w * on(x, "lower"))
    return Problem(
        "melting",
        (x, y, z, v, r, start, p),
        conducted + carried,
        heating * w * on(z, "lower"),
        lift=start.coordinate,
        output="temperature",
        unit="K",
        title="Melting under a moving beam, properties of temperature and latent heat",
        computed={"reach": pool.formula},
        readings={"x": (BOX["x"][0], BOX["x"][1], "m")},
        defaults={"method": "points", "tolerance": 3e-3, "rank_max": 60, "points": 300},
    )


class Moving:
    """x of reach, dx / d reach, and the formula of reach; `at`: speed, radius, preheat, power."""

    def __init__(self, alloy: Alloy) -> None:
        self.top = alloy.liquidus
        self.rise = self.top - sum(RANGES["preheat"]) / 2

    def stretch(self, speed: Floats, radius: Floats, preheat: Floats, power: Floats) -> Floats:
        """s."""
        heat = (power - NO_POOL) / MIDDLE * self.rise / (self.top - preheat)
        return np.asarray(heat * speed**FASTER * (1 + WIDER * (60e-6 - radius)))

    def place(self, reach: Floats, *at: Floats) -> Floats:
        """x, m."""
        xi = np.maximum(-reach, 0.0)
        behind = xi * (NEAR + self.stretch(*at) * xi) / (NEAR + xi)
        return np.asarray(np.maximum(reach, 0.0) - behind)

    def slope(self, reach: Floats, *at: Floats) -> Floats:
        """dx / d reach."""
        xi, s = np.maximum(-reach, 0.0), self.stretch(*at)
        return np.asarray((NEAR**2 + 2 * s * NEAR * xi + s * xi**2) / (NEAR + xi) ** 2)

    @property
    def formula(self) -> str:
        """reach of x and the parameters, as a query computes it."""
        size = WIDER * self.rise / MIDDLE
        s = (
            f"{size:.9g} * (power - {NO_POOL:g}) * ({1 / WIDER + 60e-6:g} - radius)"
            f" / ({self.top:g} - preheat) / speed**{-FASTER:g}"
        )
        root = f"sqrt((min(x, 0) + {NEAR:g})**2 - {4 * NEAR:g} * ({s}) * min(x, 0))"
        return f"max(x, 0) + {2 * NEAR:g} * min(x, 0) / ({root} + min(x, 0) + {NEAR:g})"

    def reach(self, x: Floats, **at: Floats) -> Floats:
        """reach of x, m."""
        s = self.stretch(at["speed"], at["radius"], at["preheat"], at["power"])
        ahead = np.minimum(x, 0.0) + NEAR
        root = np.sqrt(ahead**2 - 4 * NEAR * s * np.minimum(x, 0.0))
        return np.asarray(np.maximum(x, 0.0) + 2 * NEAR * np.minimum(x, 0.0) / (root + ahead))
