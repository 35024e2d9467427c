"""Coercivity, continuity, inf-sup, stability and quasi-optimality of the shipped forms, computed
and measured."""

from __future__ import annotations

from physics_rows import Section

from sna_export.solve.problems import advection_diffusion, beam, burgers, heat, lpbf, plume, poisson
from sna_export.solve.solve import solve
from sna_export.solve.solvers.theory import constants, linearised, quasi_optimality, stability

SPEEDS = (0.2, 0.6, 1.0)  # m/s


def theory() -> Section:
    section = Section("Theory by measurement")
    section.notes.append(
        "Constants on coarse meshes in the norm |u|^2 = sum L_d^2 |du/dx_d|^2 + |u|^2 over the"
        " whole parameter range; time derivatives make the continuity constant grow with the mesh."
    )
    rough = burgers(spans=16, degree=2, time_spans=10, viscosity_spans=2)
    forms = {
        "poisson, 2-D": poisson(2, spans=12, degree=3),
        "heat": heat(spans=12, degree=3),
        "burgers, linearised around its solution": linearised(rough, solve(rough).model),
        "advection-diffusion, 6-D": advection_diffusion(spans=7, degree=3, time_spans=5),
        "beam": beam(spans=16, degree=3),
        "lpbf": lpbf(refine=0.25),
    }
    for name, problem in forms.items():
        found = constants(problem)
        if name.startswith("burgers"):
            section.add(name, "coercivity constant", found.coercivity)
        else:
            section.add(name, "coercivity constant", found.coercivity, least=0.0)
        section.add(name, "inf-sup constant c", found.inf_sup, least=0.0)
        section.add(name, "continuity constant C", found.continuity)
        measured, bound = stability(problem)
        section.add(
            name,
            "stability: worst of 20 random loads, share of the bound 1 / c",
            measured / bound,
            most=1.0,
        )
    for a in SPEEDS:
        measured, bound = quasi_optimality(
            plume(a, 0.2, 0.05, spans=5, degree=2), plume(a, 0.2, 0.05, spans=10, degree=2)
        )
        section.add(
            f"advection-diffusion, {a:g} m/s", "error over best approximation", measured, most=bound
        )
    return section
