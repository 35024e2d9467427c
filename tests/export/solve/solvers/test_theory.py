"""Theory by measurement: constants of every shipped form, stability, quasi-optimality."""

import numpy as np
import pytest

from sna_export.solve import Problem, ProblemError, d, space, test_function, unknown
from sna_export.solve.problems import advection_diffusion, beam, heat, lpbf, plume, poisson
from sna_export.solve.solvers.theory import constants, quasi_optimality, stability

SMALL = {
    "poisson": lambda: poisson(2, spans=8, degree=3),
    "heat": lambda: heat(spans=8, degree=3),
    "advection-diffusion": lambda: advection_diffusion(spans=6, degree=3, time_spans=4),
    "beam": lambda: beam(spans=10, degree=3),
    "lpbf": lambda: lpbf(refine=0.25),
}


@pytest.mark.parametrize("name", SMALL)
def test_every_shipped_form_is_coercive_and_its_bound_of_stability_holds(name):
    problem = SMALL[name]()
    found = constants(problem)
    assert 0 < found.coercivity <= found.inf_sup * (1 + 1e-9) <= found.continuity * (1 + 1e-9)
    measured, bound = stability(problem, trials=8)
    assert measured <= bound * (1 + 1e-9)
    assert measured >= 1e-3 * bound, "random loads come near the bound, else it says nothing"


def test_constants_of_the_laplacian_are_known():
    u, v = unknown(), test_function()
    x = space("x", 0.0, 1.0, spans=40, degree=3, zero="both")
    found = constants(Problem("p", (x,), d(u, x) * d(v, x), 1.0 * v))
    assert found.coercivity == pytest.approx(np.pi**2 / (np.pi**2 + 1), rel=1e-6)
    assert found.continuity == pytest.approx(1.0, rel=1e-3)


def test_quasi_optimality_on_advection_and_diffusion():
    measured, bound = quasi_optimality(
        plume(0.6, 0.2, 0.05, spans=5, degree=2), plume(0.6, 0.2, 0.05, spans=10, degree=2)
    )
    assert 1.0 <= measured <= bound
    assert measured <= 1.5


def test_meshes_that_are_not_nested_and_forms_that_are_too_large_are_refused():
    with pytest.raises(ProblemError, match="contain"):
        quasi_optimality(plume(0.6, 0.2, 0.05, spans=3), plume(0.6, 0.2, 0.05, spans=4))
    with pytest.raises(ProblemError, match="fewer spans"):
        constants(plume(0.6, 0.2, 0.05, spans=40))
