"""A border that is a polygon of a curve: its middles, and errors that know of the gap."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sna_export.solve import Problem, field_of, grad_grad, mesh_space, solve, test_function, unknown
from sna_export.solve.mesh.refining import refined

skfem: Any = pytest.importorskip("skfem")


def ring(p: Any) -> Any:
    """Half a ring of radii 0.3 and 1."""
    r = 0.3 + 0.7 * p[0]
    return np.array([r * np.cos(np.pi * p[1]), r * np.sin(np.pi * p[1])])


def waves(p: Any) -> Any:
    """2 wide, with a top that goes up and down."""
    return np.array([2 * p[0], p[1] * (0.7 + 0.3 * np.sin(2 * np.pi * p[0] + 0.4))])


def square(n: int, m: int) -> Any:
    return skfem.MeshTri.init_tensor(np.linspace(0, 1, n + 1), np.linspace(0, 1, m + 1))


def test_middles_lie_on_circles_and_straight_sides_stay() -> None:
    plain = square(3, 9)
    mesh = skfem.MeshTri(ring(plain.p), plain.t)
    fine, border = refined(mesh), mesh.boundary_facets()
    at = fine.p[:, mesh.p.shape[1] + border]
    middle = mesh.p[:, mesh.facets[:, border]].mean(axis=1)
    straight = np.abs(middle[1]) < 1e-9
    radius = np.where(np.hypot(*middle) > 0.7, 1.0, 0.3)
    assert np.abs(np.hypot(*at) - radius)[~straight].max() < 1e-4
    assert np.array_equal(at[:, straight], middle[:, straight])


@pytest.mark.parametrize("turn", [0.1, 0.5, 1.5])
def test_a_kink_between_straight_sides_is_none(turn: float) -> None:
    plain = square(4, 2)
    bent = np.array([plain.p[0], plain.p[1] + np.tan(turn) * np.maximum(plain.p[0] - 0.5, 0.0)])
    mesh = skfem.MeshTri(bent, plain.t)
    assert np.array_equal(refined(mesh).p, mesh.refined().p)


def test_cells_that_would_fold_are_left_straight() -> None:
    """A layer of cells far thinner than the gap of the hole between polygon and curve."""
    plain = skfem.MeshTri.init_tensor(np.array([0.0, 1e-4, 1.0]), np.linspace(0, 1, 6))
    mesh = skfem.MeshTri(ring(plain.p), plain.t)
    assert np.array_equal(refined(mesh).p, mesh.refined().p)


def conducting(mesh: Any) -> tuple[Any, Problem]:
    part = mesh_space("part", mesh, held=["side"])
    u, v = unknown(), test_function()
    load = part.function(lambda x, y: 1.0 + x) * v
    return part, Problem("warm", (part,), grad_grad(u, v, part), load)


@pytest.mark.parametrize("shape", [ring, waves])
@pytest.mark.parametrize("side", [0, 1])
def test_the_gap_is_in_the_estimate(shape: Any, side: int) -> None:
    plain = square(3, 12) if shape is ring else square(10, 5)
    found = []
    for _ in range(4):
        held = plain.facets_satisfying(lambda p: p[side] > 1 - 1e-9, boundaries_only=True)
        mesh = skfem.MeshTri(shape(plain.p), plain.t).with_boundaries({"side": held})
        part, problem = conducting(mesh)
        found.append((part, solve(problem, accept=True, estimate=not found)))
        plain = plain.refined()
    part, solution = found[0]
    nodes = {"part": np.arange(part.space.n_nodes)}
    here, exact = (s.model.grid(nodes)[:, 0] for s in (solution, found[-1][1]))
    true = np.sqrt((part.size @ (here - exact) ** 2) / (part.size @ exact**2))
    assert 0.9 * true < solution.estimate.worst < 2 * true


def test_a_field_goes_on_beyond_its_polygon() -> None:
    """T = 1 + x, which a coarse mesh holds exactly, at nodes that lie outside of it."""
    coarse, plain = square(3, 9), square(6, 36)
    part = mesh_space("part", skfem.MeshTri(ring(coarse.p), coarse.t))
    u, v = unknown(), test_function()
    straight = part.function(lambda x, y: 1.0 + x)
    warm = solve(Problem("warm", (part,), u * v, straight * v), estimate=False).model
    other = mesh_space("part", skfem.MeshTri(ring(plain.p), plain.t))
    carried = Problem("carried", (other,), u * v, field_of(warm, other) * v)
    found = solve(carried, estimate=False, tolerance=1e-9).model
    values = found.grid({"part": np.arange(other.space.n_nodes)})[:, 0]
    assert np.allclose(values, 1.0 + other.points[0], atol=1e-5)
