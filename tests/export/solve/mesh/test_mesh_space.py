"""Parts as axes: their matrices against scikit-fem's, solves against its direct solutions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_export.solve import (
    Problem,
    ProblemError,
    d,
    div,
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
from sna_export.solve.solvers.assembly import assemble

skfem: Any = pytest.importorskip("skfem")
SIDES = {
    "left": lambda x, *rest: x < 1e-9,
    "right": lambda x, *rest: x > 1 - 1e-9,
    "top": lambda x, y, *rest: y > 1 - 1e-9,
}
REGIONS = {"core": lambda x, y, *rest: (x > 0.25) & (x < 0.75) & (y > 0.5)}


def square(refine: int = 3) -> Any:
    return skfem.MeshTri().refined(refine)


def cube(refine: int = 1) -> Any:
    return skfem.MeshTet().refined(refine)


def form(f: Any) -> Any:
    return skfem.BilinearForm(f)


def dot(u: Any, v: Any) -> Any:
    return (u.grad * v.grad).sum(axis=0)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("mesh", [square, cube])
def test_matrices_are_those_of_scikit_fem(mesh: Any, order: int) -> None:
    part = mesh_space("part", mesh(), order=order, sets=SIDES)
    u, v = unknown(), test_function()
    problem = Problem(
        "p", (part,), grad_grad(u, v, part) + u * v * on(part, "top") + d(u, part, "x") * v, 1.0 * v
    )
    factors = [p.factors.get(part) for p in problem.operator.products]
    basis = part.space.basis
    facets = skfem.FacetBasis(basis.mesh, basis.elem, facets="top", intorder=2 * order + 2)
    expected = [
        form(lambda u, v, w: dot(u, v)).assemble(basis),
        form(lambda u, v, w: u * v).assemble(facets),
        form(lambda u, v, w: u.grad[0] * v).assemble(basis),
    ]
    for factor, matrix in zip(factors, expected, strict=True):
        assert abs(part.matrix(factor) - matrix).max() < 1e-12  # rounding of sums of order 1


def plate(order: int = 1) -> tuple[Any, Problem]:
    part = mesh_space(
        "part", square(), order=order, held=["left"], sets=SIDES, regions=REGIONS,
        probes={"tip": (1.0, 1.0)},
    )  # fmt: skip
    ratio = parameter("ratio", 0.5, 3.0, spans=4, degree=4)
    film = parameter("film", 0.5, 4.0, spans=4, degree=4)
    u, v = unknown(), test_function()
    inner = part.only("core")
    weak = (1.0 - inner + ratio * inner) * grad_grad(u, v, part) + film * u * v * on(part, "top")
    load = 1.0 * v + part.function(lambda x, y: np.sin(3 * x) * y) * v * on(part, "right")
    return part, Problem("plate", (part, ratio, film), weak, load, output="rise", unit="K")


def reference(part: Any, ratio: float, film: float) -> Any:
    basis = part.space.basis
    top, right = (
        skfem.FacetBasis(basis.mesh, basis.elem, facets=n, intorder=8) for n in ("top", "right")
    )
    inside = skfem.Basis(
        basis.mesh, basis.elem, elements=part.space.cells_of("core"), quadrature=basis.quadrature
    )
    stiffness = form(lambda u, v, w: dot(u, v))
    matrix = stiffness.assemble(basis) + (ratio - 1.0) * stiffness.assemble(inside)
    matrix += film * form(lambda u, v, w: u * v).assemble(top)
    load = skfem.LinearForm(lambda v, w: v).assemble(basis)
    load = load + skfem.LinearForm(lambda v, w: np.sin(3 * w.x[0]) * w.x[1] * v).assemble(right)
    return skfem.solve(*skfem.condense(matrix, load, D=basis.get_dofs("left")))


@pytest.mark.parametrize("order", [1, 2])
def test_a_plate_of_two_materials_is_that_of_scikit_fem_for_all_parameters(order: int) -> None:
    part, problem = plate(order)
    solution = solve(problem, tolerance=1e-5, accept=True, estimate=False)
    for ratio, film in ((0.5, 0.5), (3.0, 4.0), (1.3, 0.7)):
        exact = reference(part, ratio, film)
        nodes = np.arange(len(exact))
        found = solution.model.grid({"part": nodes}, at={"ratio": ratio, "film": film})[:, 0]
        assert np.linalg.norm(found - exact) < 1e-3 * np.linalg.norm(exact)  # parameter splines


def test_the_estimate_of_a_part_holds_its_error() -> None:
    part, problem = plate()
    solution = solve(problem, tolerance=1e-4, accept=True)
    told = solution.estimate
    assert told is not None
    fine = mesh_space("part", square(5), sets=SIDES, regions=REGIONS)
    at = {n: told.at[n] for n in ("ratio", "film")}
    nodes = np.arange(part.space.n_nodes)
    exact = reference(fine, **at)[nodes]  # a refined mesh keeps its nodes
    found = solution.model.grid({"part": nodes}, at=at)[:, 0]
    error = np.linalg.norm(found - exact) / np.linalg.norm(exact)
    assert error / 2 < told.worst < 5 * error


def test_what_is_held_at_a_function_is_met() -> None:
    part = mesh_space("part", square(2), held=["left", "right"], sets=SIDES)
    k = parameter("k", 1.0, 2.0, spans=1, degree=2)
    u, v = unknown(), test_function()
    lift = part.function(lambda x, y: 2.0 + x)
    problem = Problem("p", (part, k), k * grad_grad(u, v, part), 0.0 * v, lift=lift)
    found = solve(problem, estimate=False).model.grid({"part": np.arange(25)}, at={"k": 1.4})[:, 0]
    assert np.allclose(found, 2.0 + part.space.nodes[0], atol=1e-8)


def elastic(held: Any, mesh: Any = square, order: int = 2) -> tuple[Any, Problem]:
    part = mesh_space("part", mesh(2), order=order, components=2, held=held, sets={
        **SIDES, "bottom": lambda x, y: y < 1e-9})  # fmt: skip
    first = parameter("lambda", 0.5, 2.0, spans=2, degree=4)
    u, v = unknown(part), test_function(part)
    weak = first * div_div(u, v, part) + 2.0 * strain_strain(u, v, part)
    return part, Problem("e", (part, first), weak, 3.0 * v["y"] * on(part, "right"))


def test_elasticity_with_components_held_on_different_borders() -> None:
    part, problem = elastic({"left": "x", "bottom": "y"})
    model = solve(problem, tolerance=1e-6, estimate=False).model
    basis = skfem.Basis(part.space.mesh, skfem.ElementVector(skfem.ElementTriP2()))
    from skfem.helpers import ddot, sym_grad
    from skfem.helpers import div as divergence

    matrix = form(
        lambda u, v, w: 1.3 * divergence(u) * divergence(v) + 2 * ddot(sym_grad(u), sym_grad(v))
    ).assemble(basis)
    right = skfem.FacetBasis(basis.mesh, basis.elem, facets="right")
    load = skfem.LinearForm(lambda v, w: 3.0 * v[1]).assemble(right)
    names = [("left", "u^1"), ("bottom", "u^2")]
    fixed = [basis.get_dofs(n).all([c]) for n, c in names]
    exact = skfem.solve(*skfem.condense(matrix, load, D=np.unique(np.concatenate(fixed))))
    nodes = np.arange(part.space.n_nodes)
    found = model.grid({"part": nodes, "part component": ["x", "y"]}, at={"lambda": 1.3})[..., 0]
    places = {tuple(np.round(p, 9)): i for i, p in enumerate(part.space.nodes.T)}
    for i, (place, value) in enumerate(zip(basis.doflocs.T, exact, strict=True)):
        node = places[tuple(np.round(place, 9))]
        component = 0 if i in basis.get_dofs(elements=True).all(["u^1"]) else 1
        assert abs(found[node, component] - value) < 1e-4 * np.abs(exact).max()


def test_thermal_swelling_is_free_where_nothing_resists() -> None:
    """div of the test function as load: of a strain a everywhere the shift is a x."""
    part = mesh_space("part", square(1), components=2, held={"left": "x", "bottom": "y"}, sets={
        **SIDES, "bottom": lambda x, y: y < 1e-9})  # fmt: skip
    a = parameter("a", 0.0, 1.0, spans=1, degree=1)
    u, v = unknown(part), test_function(part)
    weak = div_div(u, v, part) + 2.0 * strain_strain(u, v, part)
    model = solve(Problem("s", (part, a), weak, a * 4.0 * div(v, part)), estimate=False).model
    for i, (x, y) in enumerate(part.space.nodes.T):
        for label, wanted in (("x", x), ("y", y)):
            found = model({"part": i, "part component": label, "a": 0.5})[0]
            assert found == pytest.approx(0.5 * wanted, abs=1e-8)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mesh_space("p", "no.msh"), "there is no mesh"),
        (lambda: mesh_space("p", __file__), "cannot be read as a mesh"),
        (lambda: mesh_space("p", skfem.MeshQuad()), "use straight triangles or tetrahedra"),
        (lambda: mesh_space("p", square(), order=3), "order=3"),
        (lambda: mesh_space("p", square(), components=3), "components=3"),
        (lambda: mesh_space("p", square(), held=["foot"]), "no boundary 'foot'"),
        (lambda: mesh_space("p", square(), sets={"a": lambda x, y: x > 9}), "'a' is empty"),
        (lambda: mesh_space("p", square(), sets={"a": [9999]}), "numbers from 0 to"),
        (lambda: mesh_space("p", square(), sets={"a": "left"}), "boundary 'a' is 'left'"),
        (lambda: mesh_space("p", square(), sets={"a": lambda x: x < 1}), "does not work on 2"),
        (lambda: mesh_space("p", square(), sets={"a": range(99)}), "lies inside the part"),
        (lambda: mesh_space("p", square(), regions={"a": [-1]}), "region 'a' is"),
        (lambda: mesh_space("p", square(), probes={"tip": "xy"}), "give 2 numbers"),
        (lambda: mesh_space("p", square(), held={"left": 0}, sets=SIDES), "0 is no component"),
        (
            lambda: mesh_space("p", square(0), held=["a"], sets={"a": lambda x, y: x > -1}),
            "every node of 'p' is held",
        ),
        (lambda: mesh_space("p", square(), held={"left": "y"}, sets=SIDES), "no component"),
        (lambda: mesh_space("p", square(), probes={"tip": (1.0,)}), "give 2 numbers"),
        (lambda: on(mesh_space("p", square()), "foot"), "no boundary 'foot'"),
        (lambda: mesh_space("p", square()).only("x"), "no region 'x'"),
        (lambda: d(unknown(), mesh_space("p", square()), "z"), "names no coordinate"),
        (lambda: 2 * mesh_space("p", square()), "is a part and has no one coordinate"),
        (
            lambda: div(test_function(), mesh_space("p", square())),
            "needs an unknown with components",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(call: Any, said: str) -> None:
    with pytest.raises(ProblemError, match=said):
        call()


def test_meshes_that_are_wrong_are_refused() -> None:
    flat = skfem.MeshTri(np.array([[0.0, 1, 2], [0, 0, 0]]), np.array([[0], [1], [2]]))
    with pytest.raises(ProblemError, match="has no volume"):
        mesh_space("p", flat)
    folded = skfem.MeshTri(
        np.array([[0.0, 1, 0.1, 0.2], [0, 0, 1.0, 0.5]]), np.array([[0, 0], [1, 1], [2, 3]])
    )
    with pytest.raises(ProblemError, match="overlap"):
        mesh_space("p", folded)
    loose = skfem.MeshTri(np.array([[0.0, 1, 0, 5], [0, 0, 1, 5]]), np.array([[0], [1], [2]]))
    with pytest.warns(UserWarning, match="belong to no cell"):
        assert mesh_space("p", loose).space.n_nodes == 3


@pytest.mark.parametrize(
    ("held", "said"), [({"left": "x"}, "shift along y"), ({"left": "y"}, "nothing holds 'part'")]
)
def test_supports_that_leave_a_part_free_are_refused(held: Any, said: str) -> None:
    _, problem = elastic(held)
    with pytest.raises(ProblemError, match=said):
        assemble(problem)


def test_meshes_of_files_are_read_with_their_boundaries(tmp_path: Path) -> None:
    mesh = square(1).with_boundaries({"left": lambda x: x[0] < 1e-9})
    mesh.save(tmp_path / "part.msh")
    part = mesh_space("part", tmp_path / "part.msh", held=["left"])
    assert part.space.n_nodes == 9 and part.free.shape == (9, 6)


def apart() -> Any:
    """Two squares that do not touch."""
    one = square(1)
    return skfem.MeshTri(
        np.hstack([one.p, one.p + 3.0]), np.hstack([one.t, one.t + one.p.shape[1]])
    )


def test_a_body_that_nothing_holds_is_refused_and_one_with_a_reaction_is_not() -> None:
    part = mesh_space("part", apart(), held=["left"], sets=SIDES)
    u, v = unknown(), test_function()
    with pytest.raises(ProblemError, match="2 bodies, and nothing holds the one of node 9"):
        assemble(Problem("p", (part,), grad_grad(u, v, part), 1.0 * v))
    assemble(Problem("p", (part,), grad_grad(u, v, part) + u * v, 1.0 * v))
