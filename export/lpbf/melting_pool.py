"""The melting problem as one to solve, over seven axes that wander with the pool: reach, across,
down (for x, y, z), speed, radius, preheat, power.

With the enthalpy H, conservatively, for all w:

    int k(T) grad T . grad w + v rho int H(T) w_x + v rho int_outflow H(T) w = int_surface q w

The border of the pool, where the melting range makes a plateau and a kink, wanders by a factor of
three over the box of the parameters, and no short sum of products follows that. Lengths are
therefore measured in those of the pool, which are about powers of the parameters (`POWERS`):

    y = s_y across,  z = s_z down,  x = reach ahead of the beam, and behind it, with xi = -reach,
    -x = xi (w + s_x xi) / (w + xi), w = 60 um: x itself near the beam, x / s_x far behind it.

The model computes these inputs from x, y and z; the box of the problem is one of them.
"""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import NDArray

from ..solve.weak_form.axes import parameter, space
from ..solve.weak_form.forms import Expression, d, on, test, unknown
from ..solve.weak_form.functions import function_of
from ..solve.weak_form.meshes import sinh_breaks
from ..solve.weak_form.problem import Problem
from .melting import BOX, IN718, RANGES, Melts

Floats = NDArray[np.float64]
UM = 1e-6  # m
DEGREES = {"speed": 6, "radius": 5, "preheat": 4, "power": 5}
REACH = (-1500e-6, 220e-6)  # m
NEAR = 60e-6  # m, w
MIDDLE = {"speed": 1.0, "radius": 60e-6, "rise": 1126.0, "power": 175.0}
"""Where all lengths are those of x, y and z; rise: of the liquidus above the preheat, K."""
POWERS = {
    "reach": {"speed": -0.22, "radius": -0.26, "rise": -0.89, "power": 1.24},
    "across": {"speed": -0.27, "radius": 0.44, "rise": -0.24, "power": 0.35},
    "down": {"speed": -0.67, "radius": -0.41, "rise": -0.53, "power": 0.75},
}
"""Of the length (behind w), width and depth of pools, which they meet to 5 %:
`tools/physics/lpbf_pool_powers.py` fits them at settings of its own."""


def melting(alloy: Melts = IN718, *, refine: float = 1.0) -> Problem:
    """T(reach, across, down, speed, radius, preheat, power), K; `refine` divides the mesh width."""
    spans = [round(n * refine) for n in (128, 20, 20)]
    widths = [h * UM / refine for h in (9.0, 11.0, 5.0)]
    grid = zip(POWERS, (REACH, BOX["y"], BOX["z"]), spans, widths, strict=True)
    x, y, z = (
        space(name, breaks=sinh_breaks(*ends, n, 0.0, h), zero="upper") for name, ends, n, h in grid
    )
    units = {"speed": "m/s", "radius": "m", "preheat": "K", "power": "W"}
    v, r, start, p = (
        parameter(n, *RANGES[n], spans=1, degree=DEGREES[n], unit=units[n]) for n in DEGREES
    )
    pool = Moving(alloy)
    u, w = unknown(), test()

    def flux(_: Floats, reach: Floats, across: Floats, *at: Floats) -> Floats:
        radius, power = at[1], at[3]
        square = pool.place(reach, *at) ** 2 + (pool.size("across", *at) * across) ** 2
        peak = 2 * alloy.absorptivity * power / (pi * radius**2)
        return np.asarray(peak * np.exp(-2 * square / radius**2) * pool.slope(reach, *at))

    def conducted(power: int) -> Expression:
        """k(T) (dx / d reach)^power."""

        def value(t: Floats, *at: Floats) -> Floats:
            return alloy.conductivity(t) * pool.slope(*at) ** power

        def slope(t: Floats, *at: Floats) -> Floats:
            return alloy.conductivity_slope(t) * pool.slope(*at) ** power

        return function_of(u, value, x, v, r, start, p, derivative=slope)

    def size(name: str, sign: int = 1) -> Expression:
        """s_y or s_z, or 1 over it."""
        q = {n: sign * power for n, power in POWERS[name].items()}
        rise = start.function(lambda t: ((alloy.liquidus - t) / MIDDLE["rise"]) ** q["rise"])
        narrow = (r / MIDDLE["radius"]) ** q["radius"] * (p / MIDDLE["power"]) ** q["power"]
        return v ** q["speed"] * narrow * rise

    wide, deep = size("across"), size("down")
    across = deep * size("across", -1) * d(u, y) * d(w, y)
    down = wide * size("down", -1) * d(u, z) * d(w, z)
    enthalpy = function_of(u, alloy.enthalpy, derivative=alloy.apparent_heat)
    carried = alloy.density * v * enthalpy * (d(w, x) + w * on(x, "lower"))
    heating = function_of(u, flux, x, y, v, r, start, p, derivative=lambda t, *_: 0.0 * t)
    return Problem(
        "melting",
        (x, y, z, v, r, start, p),
        conducted(1) * (across + down)
        + wide * deep * (conducted(-1) * d(u, x) * d(w, x) + carried),
        wide * heating * w * on(z, "lower"),
        lift=start.coordinate,
        output="temperature",
        unit="K",
        title="Melting under a moving beam, properties of temperature and latent heat",
        computed=pool.formulas,
        readings={n: (*BOX[n], "m") for n in "xyz"},
        defaults={"method": "points", "tolerance": 5e-3, "rank_max": 56, "points": 250},
    )


class Moving:
    """x, y, z of reach, across, down, and the formulas back; `at`: speed, radius, preheat,
    power."""

    def __init__(self, alloy: Melts) -> None:
        self.top = alloy.liquidus

    def size(
        self, name: str, speed: Floats, radius: Floats, preheat: Floats, power: Floats
    ) -> Floats:
        """s of one of the three."""
        given = {"speed": speed, "radius": radius, "rise": self.top - preheat, "power": power}
        parts = [(q / MIDDLE[n]) ** POWERS[name][n] for n, q in given.items()]
        return np.asarray(parts[0] * parts[1] * parts[2] * parts[3])

    def place(self, reach: Floats, *at: Floats) -> Floats:
        """x, m."""
        xi = np.maximum(-reach, 0.0)
        behind = xi * (NEAR + self.size("reach", *at) * xi) / (NEAR + xi)
        return np.asarray(np.maximum(reach, 0.0) - behind)

    def slope(self, reach: Floats, *at: Floats) -> Floats:
        """dx / d reach."""
        xi, s = np.maximum(-reach, 0.0), self.size("reach", *at)
        return np.asarray((NEAR**2 + 2 * s * NEAR * xi + s * xi**2) / (NEAR + xi) ** 2)

    def inputs(self, x: Floats, y: Floats, z: Floats, **at: float) -> tuple[Floats, ...]:
        """reach, across, down of x, y, z, m."""
        given = [np.asarray(at[n]) for n in DEGREES]
        ahead, s = np.minimum(x, 0.0) + NEAR, self.size("reach", *given)
        root = np.sqrt(ahead**2 - 4 * NEAR * s * np.minimum(x, 0.0))
        reach = np.maximum(x, 0.0) + 2 * NEAR * np.minimum(x, 0.0) / (root + ahead)
        return reach, y / self.size("across", *given), z / self.size("down", *given)

    @property
    def formulas(self) -> dict[str, str]:
        """Those of `inputs`, as a query computes them."""
        s = self._size("reach")
        root = f"sqrt((min(x, 0) + {NEAR:g})**2 - {4 * NEAR:g} * ({s}) * min(x, 0))"
        reach = f"max(x, 0) + {2 * NEAR:g} * min(x, 0) / ({root} + min(x, 0) + {NEAR:g})"
        sides = {n: f"{q} / ({self._size(n)})" for n, q in (("across", "y"), ("down", "z"))}
        return {"reach": reach, **sides}

    def _size(self, name: str) -> str:
        readings = {**{n: n for n in MIDDLE}, "rise": f"({self.top:g} - preheat)"}
        scale = np.prod([MIDDLE[n] ** -q for n, q in POWERS[name].items()])
        parts = [f"{readings[n]}**({q:g})" for n, q in POWERS[name].items()]
        return " * ".join([f"{scale:.9g}", *parts])
