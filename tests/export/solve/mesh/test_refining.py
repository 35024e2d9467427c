"""Meshes cut finer keep their boundaries; estimates hold the error of every component."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from sna_export.solve import (
    Problem,
    div_div,
    grad_grad,
    mesh_space,
    on,
    parameter,
    solve,
    strain_strain,
    test_function,
    unknown,
)
from sna_export.solve.direct import factor
from sna_export.solve.direct.factor import inverse_of
from sna_export.solve.mesh.refining import refined
from sna_export.solve.weak_form.restated import restated

skfem: Any = pytest.importorskip("skfem")


@pytest.mark.parametrize("mesh", [skfem.MeshTri().refined(2), skfem.MeshTet().refined(1)])
def test_a_boundary_covers_the_same_after_cutting(mesh: Any) -> None:
    """Its area is the same, and all its points lie on it."""
    named = mesh.with_boundaries({"low": lambda x: x[0] < 1e-9, "top": lambda x: x[1] > 1 - 1e-9})
    fine = refined(named.with_subdomains({"near": lambda x: x[0] < 0.4}))
    assert np.array_equal(fine.p[:, : named.p.shape[1]], named.p)
    element = skfem.ElementTriP1() if mesh.p.shape[0] == 2 else skfem.ElementTetP1()
    for name, (axis, value) in {"low": (0, 0.0), "top": (1, 1.0)}.items():
        facets = fine.boundaries[name]
        assert len(facets) == len(named.boundaries[name]) * 2 ** (mesh.p.shape[0] - 1)
        assert np.all(fine.p[axis, fine.facets[:, facets]] == value)
        assert skfem.FacetBasis(fine, element, facets=name).dx.sum() == pytest.approx(1.0)
    assert np.all(fine.p[0, fine.t[:, fine.subdomains["near"]]].mean(axis=0) < 0.5)


def test_a_part_of_tetrahedra_has_an_estimate_that_holds() -> None:
    walls = {"foot": lambda x, y, z: z < 1e-9, "tip": lambda x, y, z: z > 1 - 1e-9}
    part = mesh_space("part", skfem.MeshTet().refined(1), held=["foot"], sets=walls)
    film = parameter("film", 0.5, 2.0, spans=2, degree=4)
    u, v = unknown(), test_function()
    weak = grad_grad(u, v, part) + film * u * v
    problem = Problem("p", (part, film), weak, 1.0 * v * on(part, "tip"))
    told = solve(problem, tolerance=1e-4, accept=True).estimate
    assert told is not None
    z, at = part.space.nodes[2], np.sqrt(told.at["film"])
    exact = np.sinh(at * z) / (at * np.cosh(at))
    solution = solve(problem, tolerance=1e-4, estimate=False).model
    found = solution.grid({"part": np.arange(len(z))}, at=told.at)[:, 0]
    error = np.sqrt((part.size * (found - exact) ** 2).sum() / (part.size * exact**2).sum())
    assert error / 2 < told.worst < 5 * error


def test_the_estimate_is_that_of_the_worst_component() -> None:
    """The cross contraction is a part of the pull, and errs by more of itself."""
    sides = {"left": lambda x, y: x < 1e-9, "right": lambda x, y: x > 1 - 1e-9}
    bottom = {"bottom": lambda x, y: y < 1e-9}
    mesh = skfem.MeshTri.init_tensor(np.linspace(0, 1, 9), np.linspace(0, 0.5, 5))
    part = mesh_space("part", mesh, components=2, held=["left"], sets={**sides, **bottom})
    lame = parameter("lame", 0.5, 1.0, spans=1, degree=3)
    u, v = unknown(part), test_function(part)
    weak = lame * div_div(u, v, part) + 2.0 * strain_strain(u, v, part)
    problem = Problem("p", (part, lame), weak, 1.0 * v["x"] * on(part, "right"))
    solution = solve(problem, tolerance=1e-5, accept=True)
    told = solution.estimate
    assert told is not None
    finer = restated(problem, {"part": part.halved().halved()})
    exact = solve(finer, tolerance=1e-6, estimate=False).model
    nodes, labels = np.arange(part.space.n_nodes), ["x", "y"]
    both = [
        m.grid({"part": nodes, "part component": labels}, at=told.at)[..., 0]
        for m in (solution.model, exact)
    ]
    miss, size = (
        np.sqrt((part.size[:, None] * f**2).sum(axis=0)) for f in (both[0] - both[1], both[1])
    )
    error = (miss / size).max()
    assert miss[1] / size[1] > 2 * np.linalg.norm(miss) / np.linalg.norm(size)  # y is the worst
    assert error / 2 < told.worst < 5 * error


def test_large_systems_are_solved_as_small_ones_are(monkeypatch: pytest.MonkeyPatch) -> None:
    part = mesh_space("part", skfem.MeshTri().refined(4), sets={"left": lambda x, y: x < 1e-9})
    u, v = unknown(), test_function()
    form = grad_grad(u, v, part) + u * v
    matrix = sum(part.matrix(p.factors.get(part)) for p in form.products[:1])
    mass = part.size
    whole = sparse.csc_matrix(matrix + sparse.diags_array(mass))
    load = np.random.default_rng(0).standard_normal(len(mass))
    direct = inverse_of(whole)(load)
    monkeypatch.setattr(factor, "LARGE", 10)
    assert np.allclose(inverse_of(whole)(load), direct, rtol=1e-6, atol=1e-8)
    tilted = sparse.csc_matrix(whole - 0.5 * sparse.eye_array(len(mass)))  # of both signs
    assert np.allclose(tilted @ inverse_of(tilted)(load), load, atol=1e-6)
