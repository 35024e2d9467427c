"""Regions that are images of a box, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from sna_export.solve import (
    Problem,
    ProblemError,
    eigenmodes,
    mapped,
    parameter,
    solve,
    space,
    test_function,
    unknown,
)

u, v = unknown(), test_function()


def polar(r, a):
    return r * np.cos(a), r * np.sin(a)


def ring(**held):
    r = space("r", 1.0, 2.0, spans=8, zero=held.get("r"))
    return r, space("angle", 0.0, np.pi / 2, spans=6, zero=held.get("angle"))


def test_a_source_in_a_ring():
    """-div grad u = 1, u = 0 at both radii: u = (1 - r^2) / 4 + 3 log r / (4 log 2)."""
    r, a = ring(r="both")
    region = mapped(r, a, onto=polar)
    model = solve(Problem("ring", (r, a), region.grad_grad(u, v), region.volume * v)).model
    for radius in (1.2, 1.5, 1.9):
        wanted = (1 - radius**2) / 4 + 3 * np.log(radius) / (4 * np.log(2))
        assert model(r=radius, angle=0.4)[0] == pytest.approx(wanted, rel=1e-4)


def test_the_terms_of_a_ring_are_two():
    r, a = ring()
    assert len(mapped(r, a, onto=polar).grad_grad(u, v).products) == 2


def test_derivatives_along_the_region_and_a_field_in_its_coordinates():
    """int X_x v = int v, and u = X solves int u v = int X v."""
    r, a = ring()
    region = mapped(r, a, onto=polar)
    plain = Problem("X", (r, a), region.volume * u * v, region.integral(lambda X, Y: X * Y) * v)
    value = solve(plain).model(r=1.5, angle=0.7)[0]
    assert value == pytest.approx(1.5**2 * np.cos(0.7) * np.sin(0.7), rel=1e-4)
    slope = region.d(u, 1) * v
    lifted = Problem("slope", (r, a), region.volume * u * v + 0.0 * slope, region.volume * v)
    assert solve(lifted).model(r=1.5, angle=0.7)[0] == pytest.approx(1.0, rel=1e-4)


def test_convection_along_a_coordinate_of_the_region():
    """u_X + u = X + 1 with u = X on the side X = 0 .. of a sheared box: u = X everywhere."""
    x, y = space("x", spans=8, zero="lower"), space("y", spans=8)
    region = mapped(x, y, onto=lambda x, y: (2.0 * x, y + 0.3 * x))
    form = region.d(u, 0) * v + 0.6 * region.d(u, 1) * v + region.volume * u * v
    load = region.integral(lambda X, Y: X + 1.0) * v
    model = solve(Problem("stream", (x, y), form, load), form="residual", tolerance=1e-6).model
    assert model(x=0.4, y=0.6)[0] == pytest.approx(0.8, rel=1e-3)


def test_a_flux_through_a_curved_border():
    """A flux of 1 through the outer circle, held at the inner one: u = 2 log r."""
    r, a = ring(r="lower")
    region = mapped(r, a, onto=polar)
    problem = Problem("flux", (r, a), region.grad_grad(u, v), region.on(r, "upper") * v)
    model = solve(problem).model
    assert model(r=2.0, angle=0.3)[0] == pytest.approx(2 * np.log(2), rel=1e-4)


def test_a_length_that_is_a_parameter():
    """-u'' = 1 on [0, length], 0 at both ends."""
    x, length = space("x", spans=8, zero="both"), parameter("length", 0.5, 2.0, spans=4)
    region = mapped(x, length, onto=lambda x, length: (x * length,))
    problem = Problem("rod", (x, length), region.grad_grad(u, v), region.volume * v)
    model = solve(problem, tolerance=1e-6).model
    for long in (0.6, 1.7):
        assert model(x=0.5, length=long)[0] == pytest.approx(long**2 / 8, rel=1e-3)


def test_eigenvalues_of_half_a_disc_with_a_hole():
    """The lowest of a quarter ring held all around: sin(2 a) (J_2 Y_2(k) - ..), k = 3.4069."""
    r, a = ring(r="both", angle="both")
    region = mapped(r, a, onto=polar)
    found = eigenmodes(
        Problem("ring", (r, a), region.grad_grad(u, v), mass=region.volume * u * v), modes=1
    )
    from scipy.optimize import brentq
    from scipy.special import jv, yv

    k = brentq(lambda k: jv(2, k) * yv(2, 2 * k) - jv(2, 2 * k) * yv(2, k), 3.0, 4.0)
    assert found()[0] == pytest.approx(k**2, rel=1e-5)


@pytest.mark.parametrize(
    ("onto", "said"),
    [
        (lambda r, a: r + a, "must return a tuple"),
        (lambda r, a: ((r - 1.5) ** 2, a), "folds or collapses"),
    ],
)
def test_mappings_that_are_none(onto, said):
    r, a = ring()
    with pytest.raises(ProblemError, match=said):
        mapped(r, a, onto=onto).grad_grad(u, v)


def test_parameters_stand_behind_the_region():
    r, _ = ring()
    length = parameter("length", 1.0, 2.0)
    with pytest.raises(ProblemError, match="parameters behind"):
        mapped(length, r, onto=lambda length, r: (r * length,))
    with pytest.raises(ProblemError, match="axes of the box first"):
        mapped(onto=polar)
    with pytest.raises(ProblemError, match="none of the region"):
        mapped(r, length, onto=lambda r, length: (r * length,)).on(length, "upper")
