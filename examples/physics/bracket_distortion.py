"""How far a heated bracket bends: temperature on a finite-element mesh, then the displacement that
it causes, with the film coefficient as an input.

An angle bracket of alloy 625, 100 x 100 mm, 5 mm thick, legs of 40 mm, with a window, stands in a
furnace with its foot on a plate 200 K hotter than the gas. It loses heat to the gas through both
faces: k t lap T = 2 h (T - gas); where it stands, the plate passes heat through a contact of
1,000 W/(m2 K). It swells by alpha T (plane stress) and stands freely: the foot stays on the plate,
the lowest cell of its side keeps its place along it.

    python examples/physics/bracket_distortion.py     (needs scikit-fem: pip install '.[mesh]')

Numbers of alloy 625 from Special Metals, SMC-063 (2006): mean expansion 13.1e-6 / K from 21 to
204 C, Poisson number 0.278 at 21 C; conductivity from its card at 450 K.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sna_edge import Model
from sna_edge.inverse import roots
from sna_export.lpbf.alloys import IN625
from sna_export.solve import (
    Problem,
    d,
    div,
    div_div,
    field_of,
    mesh_space,
    on,
    parameter,
    solve,
    strain_strain,
    test_function,
    unknown,
)

SIZE, LEG, THICK = 0.1, 0.04, 0.005  # m
PLATE, CONTACT = 200.0, 1000.0  # K above the gas, W/(m2 K)
EXPANSION, POISSON = 13.1e-6, 0.278  # 1/K
FILM = (20.0, 200.0)  # W/(m2 K)
FOOT = {"foot": lambda x, y: y < 1e-9}
CORNER = {"corner": (0.0, 0.0), "tip": (SIZE, SIZE)}


def bracket(cells: int = 30) -> Any:
    """A mesh of the bracket: both legs, less a window in the corner of 20 mm."""
    import skfem

    ticks = np.linspace(0.0, SIZE, cells + 1)
    whole = skfem.MeshTri.init_tensor(ticks, ticks)
    x, y = whole.p[:, whole.t].mean(axis=1)
    outside = (x > LEG) & (y < SIZE - LEG)
    window = (abs(x - LEG / 2) < 0.01) & (abs(y - (SIZE - LEG / 2)) < 0.01)
    return whole.remove_elements(np.flatnonzero(outside | window))


def heated(mesh: Any) -> Any:
    """T(part, film), K above the gas."""
    part = mesh_space("part", mesh, order=2, sets=FOOT)
    film = parameter("film", *FILM, breaks=np.geomspace(*FILM, 6), unit="W/(m2 K)")
    u, v = unknown(part), test_function(part)
    conductivity = float(IN625.conductivity(450.0))
    spread = (
        conductivity
        * THICK
        * (d(u, part, "x") * d(v, part, "x") + d(u, part, "y") * d(v, part, "y"))
    )
    foot = CONTACT * THICK * on(part, "foot")
    weak = spread + 2.0 * film * u * v + foot * u * v
    problem = Problem("heat", (part, film), weak, PLATE * foot * v, output="rise", unit="K")
    return solve(problem, tolerance=2e-3)


def bent(mesh: Any, heat: Model) -> Any:
    """The displacement, m: x and y at every node."""
    held = {"foot": "y", "corner": "x"}
    sets = {**FOOT, "corner": lambda x, y: (x < 1e-9) & (y < 0.04 * SIZE)}
    part = mesh_space("part", mesh, order=2, components=2, held=held, sets=sets, probes=CORNER)
    film = parameter("film", *FILM, breaks=np.geomspace(*FILM, 6), unit="W/(m2 K)")
    u, v = unknown(part), test_function(part)
    lame = 2.0 * POISSON / (1.0 - POISSON)  # lambda / mu of plane stress
    weak = lame * div_div(u, v, part) + 2.0 * strain_strain(u, v, part)
    swelling = EXPANSION * (2.0 * lame + 2.0) * field_of(heat, part, film) * div(v, part)
    problem = Problem("distortion", (part, film), weak, swelling, output="shift", unit="m")
    return solve(problem, tolerance=2e-2)


def main() -> float:
    mesh = bracket()
    heat = heated(mesh)
    print(f"{mesh.p.shape[1]} corners of cells; temperature: error {heat.estimate.worst:.1e}")
    shift = bent(mesh, heat.model)
    error, passed = shift.estimate.worst, shift.estimate.passed
    print(f"displacement: error {error:.1e}, of that from the heat {passed:.1e}")
    tip = shift.model.at({"part": "tip", "part component": "y"})
    for film in (20.0, 60.0, 200.0):
        print(
            f"film {film:3.0f} W/(m2 K): the tip rises by {1e6 * float(tip(film=film)[0]):.0f} um"
        )
    wanted = (float(tip(film=20.0)[0]) + float(tip(film=200.0)[0])) / 2
    found = roots(tip, "film", wanted, {})
    print(f"{1e6 * wanted:.0f} um at a film of {found.values[0]:.1f} W/(m2 K)")
    return float(tip(film=60.0)[0])


if __name__ == "__main__":
    main()
