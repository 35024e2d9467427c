"""Linear systems too large to be factorised, by GMRES: those of problems linearised by hand."""

import numpy as np
import pytest

from sna_export.solve import (
    Problem,
    d,
    expression,
    parameter,
    solve,
    space,
    test_function,
    total,
    unknown,
)
from sna_export.solve.direct.factor import direct_solution
from sna_export.solve.direct.iterated import iterated_solution
from sna_export.solve.meshes import crowded, sinh_breaks
from sna_export.solve.solvers.assembly import assemble
from sna_export.solve.trust.held import slice_of
from sna_export.solve.weak_form.iterate import Iterate
from sna_export.solve.weak_form.linearised import linearised
from sna_export.solve.weak_form.restated import restated

u, v = unknown(), test_function()


def block(slope: float) -> Problem:
    """-div((1 + b T) grad T) + T_x = q on a box, linearised by hand."""
    box = [space(n, spans=4, degree=2, zero="both") for n in "xyz"]
    q = parameter("q", 5.0, 40.0, spans=2)

    def newton(at: Iterate):
        w, by = at.value(), [at.derivative(s) for s in box]
        more = total(
            w * d(u, s) * d(v, s) + slopes * u * d(v, s) for s, slopes in zip(box, by, strict=True)
        )
        there = total(w * slopes * d(v, s) for s, slopes in zip(box, by, strict=True))
        return slope * more, slope * there

    weak = total(d(u, s) * d(v, s) for s in box) + d(u, box[0]) * v
    options = {"newton": newton, "lift": expression(0.0)}
    return Problem("block", (*box, q), weak, q * v, defaults={"tolerance": 1e-5}, **options)


@pytest.fixture(scope="module")
def solved():
    return solve(block(0.5))


def test_it_finds_what_a_factorisation_finds(solved):
    problem = block(0.5)
    at, rows = {"q": 30.0}, list(problem.axes[:3])
    held = restated(problem, at)
    around = linearised(held, Iterate(held.axes, slice_of(solved.model, at), rows))
    system, _ = assemble(around)
    assert len(system.operators) or any(len(t) > 1 for t in system.terms)
    wanted = direct_solution(system)
    found = iterated_solution(system)
    assert np.linalg.norm(found - wanted) < 1e-5 * np.linalg.norm(wanted)


def test_a_problem_linearised_by_hand_has_an_estimate_where_no_factorisation_fits(
    solved, monkeypatch
):
    monkeypatch.setattr("sna_export.solve.direct.factor.MOST_FILLED", {1: 20, 2: 20, 3: 20})
    dear, usual = solve(block(0.5)).estimate, solved.estimate
    assert dear.worst == pytest.approx(usual.worst, rel=0.5)
    assert dear.relative > 0.0


def test_a_system_without_terms_of_one_axis_is_left_alone():
    x, y = (space(n, spans=3, zero="both") for n in "xy")
    k = x.function(lambda s: 1.0 + s) * y.function(lambda s: 1.0 + s)
    system, _ = assemble(Problem("p", (x, y), k * d(u, x) * d(v, x) + k * u * v, 1.0 * v))
    assert iterated_solution(system) is None


def test_files_written_earlier_find_their_breaks():
    assert np.array_equal(crowded(-1.0, 2.0, 9, 0.0, 0.1), sinh_breaks(-1.0, 2.0, 9, 0.0, 0.1))
