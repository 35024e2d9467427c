"""A model restricted to a plane, and the draws of a sweep."""

import numpy as np
import pytest

from sna_edge import CP, TT, Axis, Model, Output
from sna_edge.core.basis import bspline, graded_breaks, uniform_breaks
from sna_export.lpbf.plane import Plane, designs
from sna_export.lpbf.sweep import Uncertainty, relative_draws
from sna_export.solve import ProblemError

AXES = [
    Axis("x", "m", bspline(graded_breaks(-1.0, 2.0, 9, 0.0), 3)),
    Axis("z", "m", bspline(uniform_breaks(0.0, 1.0, 5), 3)),
    Axis("p", "", bspline(uniform_breaks(1.0, 2.0, 1), 1)),
    Axis("q", "", bspline(uniform_breaks(0.0, 1.0, 3), 2)),
]


def model(kind):
    rng = np.random.default_rng(0)
    rows = [a.basis.n_rows for a in AXES]
    if kind == "modes":
        part = CP.full([rng.standard_normal((n, 5)) for n in rows], rng.standard_normal((5, 1)))
    else:
        ranks = (1, 4, 3, 2, 2)
        cores = tuple(rng.standard_normal((n, ranks[d], ranks[d + 1])) for d, n in enumerate(rows))
        part = TT(cores, rng.standard_normal((2, 1)))
    return Model(AXES, part, [Output("t", "K", bias=0.3, scale=2.0, offset=-1.0)])


@pytest.mark.parametrize("kind", ["modes", "train"])
def test_a_plane_is_the_model(kind):
    whole = model(kind)
    plane = Plane(whole, "x", "z")
    x, z, p, q = points = np.random.default_rng(1).uniform([-1, 0, 1, 0], [2, 1, 2, 1], (40, 4)).T
    points = points.T
    context = plane.context(np.stack([p, q], axis=1))
    along, across = whole.derivative("x"), whole.derivative("z")
    wanted = [
        m(points)[:, 0]
        for m in (whole, along, along.derivative("x"), across, along.derivative("z"))
    ]
    for found, exact in zip(plane.jet(x, z, context), wanted):
        assert np.allclose(found, exact, rtol=1e-5, atol=1e-5 * np.abs(exact).max())
    assert np.allclose(plane.value(x, z, context), wanted[0], atol=1e-5 * np.abs(wanted[0]).max())
    xs, zs = np.linspace(-1, 2, 7), np.linspace(0, 1, 6)
    grid = plane.grid(xs, zs, context)
    assert grid[3] == pytest.approx(
        whole.grid({"x": xs, "z": zs}, at={"p": p[3], "q": q[3]})[..., 0], rel=1e-5, abs=1e-5
    )
    row = plane.row_at(zs[2], context)
    assert np.allclose(plane.line(xs, row), grid[:, :, 2])
    f, fx = plane.edge(np.full(40, xs[4]), row)
    assert np.allclose(f, grid[:, 4, 2])
    at = np.column_stack([np.full(40, xs[4]), np.full(40, zs[2]), p, q])
    assert np.allclose(fx, along(at)[:, 0], rtol=1e-5, atol=1e-4)


def test_designs_in_one_pass_are_those_of_the_basis():
    for basis in (a.basis for a in AXES):
        x = np.r_[
            basis.lower,
            basis.upper,
            basis.breaks,
            np.random.default_rng(2).uniform(basis.lower, basis.upper, 20),
        ]
        for nu, design in enumerate(designs(basis, x, 3)):
            assert np.allclose(design, basis.design(x, nu), atol=1e-9)


def test_a_plane_needs_its_axes_first():
    with pytest.raises(ProblemError, match="first"):
        Plane(model("modes"), "z", "x")


def test_draws_are_cut_normal_and_repeatable():
    spread = Uncertainty(power=0.02)
    first, second = (relative_draws(spread, 50_000, 7) for _ in range(2))
    assert all(np.array_equal(first[n], second[n]) for n in first)
    power = first["power"]
    assert np.abs(power - 1).max() <= 0.06
    assert power.mean() == pytest.approx(1.0, abs=4 * 0.02 / np.sqrt(50_000))
    assert power.std() == pytest.approx(0.02 * 0.98658, rel=0.02), (
        "a normal cut at three deviations"
    )
