"""Operators that are not stable over the whole parameter box are refused and placed; those that are
pass."""

import pytest

from sna_export.solve import (
    Problem,
    ProblemError,
    d,
    parameter,
    solve,
    space,
    test_function,
    time_axis,
    unknown,
)
from sna_export.solve.problems import SHIPPED
from sna_export.solve.trust.doubts import Doubtful
from sna_export.solve.trust.stability import stability_of

u, v = unknown(), test_function()
x, t = space("x", zero="both"), time_axis("t", 0.0, 0.1)
y, inflow = space("y", zero="both"), space("s", zero="lower")


def stated(axes, operator, load=None):
    return Problem("p", axes, operator, 1.0 * v if load is None else load)


def q(low, high):
    return parameter("q", low, high)


def elliptic(axis):
    return stated((x, axis), axis * d(u, x) * d(v, x))


def helmholtz(axis):
    return stated((x, axis), d(u, x) * d(v, x) - axis * axis * u * v)


def damped(axis):
    return stated((x, axis), axis * d(u, x) * d(v, x) + 2.0 * d(u, x) * v)


def drifting(axis):
    return stated((x, axis), d(u, x) * d(v, x) - 12.0 * u * v + axis * d(u, x) * v)


def evolving(axis, sign=1.0):
    return stated((x, t, axis), d(u, t) * v + sign * axis * d(u, x) * d(v, x))


def plane(axis):
    weak = d(u, x) * d(v, x) + d(u, y) * d(v, y) - axis * u * v
    return stated((x, y, axis), weak)


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (elliptic(q(-1.0, 1.0)), "changes sign near q = 0"),
        (elliptic(q(-3.0, 1.0)), "changes sign near q = 0"),
        (elliptic(q(0.0, 1.0)), "singular at q = 0"),
        (damped(q(-1.0, 2.0)), "changes sign near q = 0"),
        (helmholtz(q(4.0, 8.0)), r"singular near q = 6\.28"),
        (plane(q(45.0, 52.0)), r"singular near q = 49\.3"),  # two modes at once, 5 pi^2
        (evolving(q(0.5, 1.5), -1.0), "backwards"),
        (evolving(q(1e-3, 2e-3), -1.0), "backwards"),
        (evolving(q(-0.1, 1.0)), "backwards"),
    ],
)
def test_what_is_not_stable_is_named_with_its_place(problem, words):
    with pytest.raises(Doubtful, match=words):
        solve(problem)


@pytest.mark.parametrize(
    "problem",
    [
        elliptic(q(0.1, 1.0)),
        elliptic(q(-2.0, -1.0)),
        helmholtz(q(4.0, 6.0)),
        helmholtz(q(0.0, 3.0)),
        damped(q(0.1, 2.0)),
        evolving(q(0.5, 1.5)),
        stated((x, t), d(u, t) * v + 0.01 * d(u, x) * d(v, x) - 5.0 * u * v),
        stated((x, t), -1.0 * d(u, t) * v - d(u, x) * d(v, x)),
        stated((inflow, t), d(u, t) * v + d(u, inflow) * v),
        drifting(q(0.0, 1.0)),  # symmetric at one corner only
    ],
)
def test_what_is_stable_passes(problem):
    found = stability_of(problem)
    assert found.checked and found.fault == ""


@pytest.mark.parametrize("name", [n for n in SHIPPED if "burgers" not in n])
def test_every_shipped_linear_problem_passes(name):
    found = stability_of(SHIPPED[name]())
    assert found.checked and not found.fault


def test_nothing_to_solve_for_names_the_eigenvalue_form():
    problem = stated((x,), d(u, x) * d(v, x), 0.0 * v)
    with pytest.raises(ProblemError, match="eigenvalues are meant"):
        solve(problem)
    solution = solve(problem, accept=True)
    assert "eigenvalue" in solution.doubts[0] and solution.model.metadata["doubts"]


def test_a_nonlinear_problem_whose_answer_is_zero_says_so():
    problem = Problem(
        "p",
        (x,),
        d(u, x) * d(v, x),
        0.0 * v,
        newton=lambda now: (3.0 * now.value() * now.value() * u * v, 0.0 * now.value() * v),
    )
    with pytest.raises(Doubtful, match="0 everywhere"):
        solve(problem)
