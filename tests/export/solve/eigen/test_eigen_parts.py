"""Eigenvalues of parts, against scikit-fem on the same mesh."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.linalg import eigh

from sna_export.solve import (
    Problem,
    div_div,
    eigenmodes,
    grad_grad,
    mesh_space,
    parameter,
    strain_strain,
    test_function,
    unknown,
)
from sna_export.solve.eigen.told import told

skfem: Any = pytest.importorskip("skfem")
LEFT = {"left": lambda x, y: x < 1e-9}
TIP = {"tip": lambda x, y: x > 1.5}
DENSITY = parameter("density", 0.5, 3.0)
FINER = "its mesh is too coarse for that: refine it, take order=2, or ask for a tolerance"


def beam(n: int = 2, components: int = 2, order: int = 1) -> tuple[Any, Problem]:
    """2 x 0.5, held at its left; the mass of its tip is a parameter."""
    mesh = skfem.MeshTri.init_tensor(np.linspace(0, 2, 4 * n + 1), np.linspace(0, 0.5, n + 1))
    words: dict[str, Any] = {"held": ["left"], "sets": LEFT, "regions": TIP}
    part = mesh_space("part", mesh, order=order, components=components, **words)
    u, v, tip = unknown(part), test_function(part), part.only("tip")
    if components == 2:
        weak = div_div(u, v, part) + 2.0 * strain_strain(u, v, part)
    else:
        weak = grad_grad(u, v, part)
    mass = (1.0 - tip + DENSITY * tip) * u * v
    return part, Problem("beam", (part, DENSITY), weak, mass=mass)


def reference(part: Any, count: int) -> Any:
    """Eigenvalues by density and shapes of scikit-fem."""
    from skfem.helpers import ddot, div, dot, grad, sym_grad

    mesh, vector = part.space.mesh, part.components == 2
    element = skfem.ElementVector(part.space.element) if vector else part.space.element
    basis = skfem.Basis(mesh, element, intorder=6)
    tip = skfem.Basis(mesh, element, elements=mesh.subdomains["tip"], intorder=6)
    elastic = skfem.BilinearForm(
        lambda u, v, w: (
            div(u) * div(v) + 2 * ddot(sym_grad(u), sym_grad(v))
            if vector
            else dot(grad(u), grad(v))
        )
    )
    weight = skfem.BilinearForm(lambda u, v, w: dot(u, v) if vector else u * v)
    free = basis.complement_dofs(basis.get_dofs(mesh.boundaries["left"]))
    stiff, mass, heavy = (
        m.toarray()[np.ix_(free, free)]
        for m in (elastic.assemble(basis), weight.assemble(basis), weight.assemble(tip))
    )

    def at(density: float) -> tuple[Any, Any]:
        weighed = mass + (density - 1.0) * heavy
        values, vectors = eigh(stiff, weighed, subset_by_index=[0, count - 1])
        shapes = np.zeros((basis.N, count))
        shapes[free] = vectors
        return values, shapes[np.asarray(basis.nodal_dofs)]  # [components, nodes, count]

    return at


@pytest.mark.parametrize(("components", "order"), [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_they_are_those_of_scikit_fem(components: int, order: int) -> None:
    part, problem = beam(components=components, order=order)
    found = eigenmodes(problem, 3, tolerance=1.0)
    exact = reference(part, 3)
    for density in (0.5, 1.3, 3.0):
        wanted = exact(density)[0]
        assert np.allclose(found(density=density), wanted, rtol=1e-3), density
    assert not found.doubts


def test_shapes_of_a_vector_have_its_components() -> None:
    part, problem = beam()
    shapes = eigenmodes(problem, 1, tolerance=0.5).shapes
    assert [a.name for a in shapes.axes] == ["part", "part component", "density"]
    wanted = reference(part, 1)(1.7)[1][..., 0].T
    nodes = {"part": np.arange(part.space.n_nodes), "part component": ["x", "y"]}
    found = shapes.grid(nodes, at={"density": 1.7})[..., 0]
    found = found * np.sign((found * wanted).sum())
    assert np.linalg.norm(found - wanted) < 5e-3 * np.linalg.norm(wanted)


@pytest.mark.parametrize("order", [1, 2])
def test_the_error_of_the_mesh_is_in_the_estimate(order: int) -> None:
    _, problem = beam(3, order=order)
    found = eigenmodes(problem, 2, tolerance=0.5)
    exact = reference(beam(12 if order == 1 else 6, 2, order)[0], 2)
    true = max(float((found(density=r) / exact(r)[0] - 1.0).max()) for r in (0.5, 1.3, 3.0))
    assert true / 2 < found.estimate.worst < 5 * true


def test_a_mesh_that_is_too_coarse_is_told_in_words_of_a_part() -> None:
    _, problem = beam()
    found = eigenmodes(problem, 2)
    assert FINER in found.doubts[0] and "spans" not in found.doubts[0]


def test_a_mesh_too_large_to_be_refined_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from sna_export.solve.eigen import run

    monkeypatch.setattr(run, "fits", lambda sizes: False)
    _, problem = beam()
    found = eigenmodes(problem, 2, tolerance=0.5)
    assert "the error of the mesh is not in it: a finer mesh is too large" in told(found)[-1]
