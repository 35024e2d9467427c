"""A solved model as a coefficient: the temperature of a part that bends it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, Model, Output, spline_axis
from sna_export.solve import (
    Problem,
    ProblemError,
    Solution,
    div,
    div_div,
    field_of,
    grad_grad,
    mesh_space,
    on,
    parameter,
    solve,
    space,
    strain_strain,
    test_function,
    unknown,
)

skfem: Any = pytest.importorskip("skfem")
SIDES = {
    "left": lambda x, y: x < 1e-9,
    "right": lambda x, y: x > 1 - 1e-9,
    "bottom": lambda x, y: y < 1e-9,
    "top": lambda x, y: y > 1 - 1e-9,
}
HELD = {"left": "x", "bottom": "y"}
FILM = parameter("film", 0.5, 4.0, spans=4, degree=4)
FLUX = parameter("flux", 1.0, 2.0, spans=1, degree=1)
LAME = parameter("lame", 0.5, 2.0, spans=2, degree=4)


def mesh(refine: int = 3) -> Any:
    return skfem.MeshTri().refined(refine)


def heat(film: Any = FILM) -> Solution:
    """T of a plate held at 0 at its left, with a flux at its right and a film on its top."""
    part = mesh_space("part", mesh(), held=["left"], sets=SIDES)
    u, v = unknown(), test_function()
    weak = grad_grad(u, v, part) + (
        film * u * v * on(part, "top") if film is not None else 0.0 * u * v
    )
    axes = (part, FLUX) if film is None else (part, film, FLUX)
    problem = Problem("heat", axes, weak, FLUX * v * on(part, "right"), output="T", unit="K")
    return solve(problem, tolerance=1e-6, estimate=False)


def warped(rise: Any, axes: Any, refine: int = 3) -> tuple[Any, Problem]:
    part = mesh_space("part", mesh(refine), components=2, held=HELD, sets=SIDES)
    u, v = unknown(part), test_function(part)
    weak = LAME * div_div(u, v, part) + 2.0 * strain_strain(u, v, part)
    load = (3.0 * LAME + 2.0) * rise(part) * div(v, part)
    return part, Problem("warped", (part, *axes, LAME), weak, load)


def reference(part: Any, film: float, flux: float, lame: float) -> Any:
    """The shift at the nodes by scikit-fem alone, heat first."""
    from skfem.helpers import ddot, grad, sym_grad
    from skfem.helpers import div as divergence
    from skfem.helpers import dot as product

    basis = skfem.Basis(part.space.mesh, skfem.ElementTriP1())
    top, right = (skfem.FacetBasis(basis.mesh, basis.elem, facets=n) for n in ("top", "right"))
    conduct = skfem.BilinearForm(lambda u, v, w: product(grad(u), grad(v))).assemble(basis)
    conduct += film * skfem.BilinearForm(lambda u, v, w: u * v).assemble(top)
    heated = flux * skfem.LinearForm(lambda v, w: v).assemble(right)
    rise = skfem.solve(*skfem.condense(conduct, heated, D=basis.get_dofs("left")))
    vector = skfem.Basis(basis.mesh, skfem.ElementVector(basis.elem), intorder=4)
    matrix = skfem.BilinearForm(
        lambda u, v, w: lame * divergence(u) * divergence(v) + 2 * ddot(sym_grad(u), sym_grad(v))
    ).assemble(vector)
    values = vector.with_element(basis.elem).interpolate(rise)
    load = skfem.LinearForm(lambda v, w: (3 * lame + 2) * w["T"] * divergence(v))
    fixed = [vector.get_dofs(n).all([c]) for n, c in (("left", "u^1"), ("bottom", "u^2"))]
    D = np.unique(np.concatenate(fixed))
    found = skfem.solve(*skfem.condense(matrix, load.assemble(vector, T=values), D=D))
    return found[vector.nodal_dofs].T


def shift(model: Model, nodes: Any, at: dict[str, float]) -> Any:
    return model.grid({"part": nodes, "part component": ["x", "y"]}, at=at)[..., 0]


@pytest.fixture(scope="module")
def temperature(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("heat") / "heat.sna"
    heat().model.save(path)
    return path


@pytest.mark.parametrize("turned", [False, True])
def test_a_part_bends_in_the_temperature_of_another_file(temperature: Path, turned: bool) -> None:
    axes = (FLUX, FILM) if turned else (FILM, FLUX)  # in another order than the file's
    part, problem = warped(lambda part: field_of(temperature, part, FILM, FLUX), axes)
    model = solve(problem, tolerance=1e-5, estimate=False).model
    nodes = np.arange(part.space.n_nodes)
    for film, flux, lame in ((0.5, 1.0, 0.5), (4.0, 2.0, 2.0), (1.7, 1.3, 0.9)):
        exact = reference(part, film, flux, lame)
        found = shift(model, nodes, {"film": film, "flux": flux, "lame": lame})
        assert np.linalg.norm(found - exact) < 1e-3 * np.linalg.norm(exact)  # parameter splines


def test_the_mesh_may_be_another_one_and_inputs_may_be_held() -> None:
    """T = flux x, which both meshes hold exactly."""
    model = heat(film=None).model
    part, problem = warped(lambda part: field_of(model, part, at={"flux": 1.5}), (), refine=2)
    _, straight = warped(lambda part: part.function(lambda x, y: 1.5 * x), (), refine=2)
    found, exact = (solve(p, tolerance=1e-8, estimate=False).model for p in (problem, straight))
    nodes = np.arange(part.space.n_nodes)
    assert np.allclose(*(shift(m, nodes, {"lame": 1.1}) for m in (found, exact)), atol=1e-7)


def test_a_load_on_a_boundary_takes_the_field_there() -> None:
    model = heat(film=None).model
    part = mesh_space("part", mesh(2), held=["left"], sets=SIDES)
    u, v = unknown(), test_function()
    loads = (field_of(model, part, FLUX), FLUX * part.function(lambda x, y: x))
    found, exact = (
        solve(
            Problem("p", (part, FLUX), grad_grad(u, v, part), load * v * on(part, "top")),
            tolerance=1e-8,
            estimate=False,
        ).model
        for load in loads
    )
    for node in (3, 11, 24):
        at = {"part": node, "flux": 1.7}
        assert found(at)[0] == pytest.approx(exact(at)[0], rel=1e-6)


def test_a_model_of_one_axis_is_a_coefficient_too() -> None:
    """u'' = -c with c from a file of x alone, in a problem that has k as well."""
    axis = spline_axis("x", "m", 0, 1, spans=1, degree=1)
    line = Model([axis], CP.full([[[1.0], [3.0]]]), [Output("c", scale=2.0, offset=1.0)])
    x, k = space("x", spans=8, zero="both"), parameter("k", 1.0, 2.0, spans=1, degree=2)
    u, v = unknown(), test_function()
    from sna_export.solve import d

    one, two = (
        solve(Problem("p", (x, k), d(u, x) * d(v, x), load * v), tolerance=1e-8, estimate=False)
        for load in (field_of(line, x), x.function(lambda s: 3.0 + 4.0 * s))
    )
    assert one.model(x=0.4, k=1.3)[0] == pytest.approx(two.model(x=0.4, k=1.3)[0], rel=1e-8)


def with_error(model: Model, worst: float) -> Model:
    return model.replace(metadata={**model.metadata, "estimate": {"worst": worst}})


def test_the_error_of_the_temperature_is_passed_on() -> None:
    model = heat(film=None).model
    own = []
    for worst in (0.0, 0.05):
        known = with_error(model, worst)
        _, problem = warped(lambda part, known=known: field_of(known, part, FLUX), (FLUX,), 2)
        told = solve(problem, tolerance=1e-3, accept=True).estimate
        assert told is not None and told.passed == pytest.approx(worst)
        own.append(told.worst - worst)
        assert told.described().get("passed", 0.0) == pytest.approx(worst)
    assert 0.0 < own[0] == pytest.approx(own[1])


def test_beside_another_load_only_its_share_is_passed_on() -> None:
    known = with_error(heat(film=None).model, 0.05)
    part, problem = warped(lambda part: field_of(known, part, FLUX), (FLUX,), 2)
    pulled = 1e3 * test_function(part)["x"] * on(part, "right")
    strong = replace(problem, load=problem.load + pulled)
    told = solve(strong, tolerance=1e-2, accept=True).estimate
    assert told is not None and 0.0 < told.passed < 5e-3


def test_a_model_without_an_estimate_is_a_doubt() -> None:
    model = heat(film=None).model
    _, problem = warped(lambda part: field_of(model, part, FLUX), (FLUX,), 2)
    solution = solve(problem, tolerance=1e-1, accept=True)
    assert any("error of the model 'heat'" in d and "not known" in d for d in solution.doubts)


def other(dimension: int = 2) -> Any:
    return mesh_space("part", skfem.MeshTet() if dimension == 3 else mesh(1).translated((3.0, 0)))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda p: field_of(p, mesh_space("part", mesh(1)), FILM), "nothing stands for .*'flux'"),
        (lambda p: field_of(p, FILM, FLUX), "is one of a part in 2 dimensions"),
        (lambda p: field_of(p, other(3), FILM, FLUX), "is one of a part in 2 dimensions"),
        (
            lambda p: field_of(p, mesh_space("part", mesh(1)), FILM, FLUX, LAME),
            "has no input 'lame'",
        ),
        (
            lambda p: field_of(
                p, mesh_space("part", mesh(1)), parameter("film", 0.1, 4.0), at={"flux": 1.0}
            ),
            "reaches from 0.1 to 4",
        ),
        (
            lambda p: field_of(p, mesh_space("part", mesh(1)), FLUX, at={"film": 9.0}),
            "holds 'film' at 9.0, and the model 'heat' reaches from 0.5 to 4 only; hold it in",
        ),
        (
            lambda p: field_of(p, mesh_space("part", mesh(1)), FLUX, at={"part": 999}),
            "at= of the model 'heat' does not fit it: .*node 0 .. 80",
        ),
    ],
)
def test_what_does_not_fit_the_model_is_refused(temperature: Path, call: Any, said: str) -> None:
    with pytest.raises(ProblemError, match=said):
        call(temperature)


def test_another_part_is_refused(temperature: Path) -> None:
    part = other()
    v = test_function()
    load = field_of(temperature, part, FILM, FLUX) * v
    problem = Problem("p", (part, FILM, FLUX), unknown() * v, load)
    with pytest.raises(ProblemError, match="is not that of the model 'heat'"):
        solve(problem, estimate=False)


def test_an_unheld_part_under_heat_is_refused_too() -> None:
    model = heat(film=None).model
    part = mesh_space("part", mesh(1), components=2, held={"left": "x"}, sets=SIDES)
    u, v = unknown(part), test_function(part)
    load = field_of(model, part, FLUX) * div(v, part)
    problem = Problem("p", (part, FLUX), strain_strain(u, v, part), load)
    with pytest.raises(ProblemError, match="shift along y"):
        solve(problem, estimate=False)
