"""What a part does not take: one sentence each, before anything is solved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sna_export.solve import (
    Problem,
    ProblemError,
    field_of,
    function_of,
    grad_grad,
    mesh_space,
    parameter,
    separate,
    solve,
    test_function,
    unknown,
)

skfem: Any = pytest.importorskip("skfem")
SIDES = {"left": lambda x, y: x < 1e-9}


def part(**settings: Any) -> Any:
    return mesh_space("part", skfem.MeshTri().refined(2), sets=SIDES, **settings)


def branching(x: Any, y: Any) -> Any:
    return 1.0 if x > 0.5 else 0.0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: part(held=3), "held=3 of 'part' names no boundary"),
        (lambda: mesh_space("p", skfem.MeshTri(), sets=["left"]), "sets of 'p' are"),
        (lambda: mesh_space("p", skfem.MeshTri(), probes=[(0, 0)]), "probes of 'p' are"),
        (lambda: part(components=True), "components=True"),
        (lambda: part(probes={"far": (9.0, 9.0)}), "'far' lies 11.3 outside the part"),
        (lambda: part().function(lambda x: x), "does not work on 2 arrays"),
        (lambda: part().function(branching), "np.where in place of if"),
        (lambda: field_of(object()), "not a object; give solution.model"),  # type: ignore[arg-type]
        (
            lambda: separate(lambda x, k: k, (part(), parameter("k", 1.0, 2.0))),
            "'part' is a part, which separate",
        ),
    ],
)
def test_words_that_are_no_such_things(call: Any, said: str) -> None:
    with pytest.raises(ProblemError, match=said):
        call()


def test_two_components_may_be_said_as_a_float() -> None:
    assert part(components=2.0).free.shape == (50, 50)


def test_a_probe_a_little_outside_is_at_its_nearest_node() -> None:
    found = part(probes={"corner": (1.005, 1.005)})
    assert found.points[:, found.probes["corner"]].tolist() == [1.0, 1.0]


def test_functions_of_the_unknown_and_models_in_the_operator() -> None:
    u, v, body = unknown(), test_function(), part(held=["left"])
    warm = function_of(u, lambda T: 1.0 + T)
    with pytest.raises(ProblemError, match=r"which the part 'part' .* solve for the integral of k"):
        Problem("hot", (body,), warm * grad_grad(u, v, body), 1.0 * v)
    with pytest.raises(ProblemError, match="has a function of the unknown, which the part 'part'"):
        Problem("hot", (body,), grad_grad(u, v, body), warm * v)
    known = solve(Problem("known", (body,), grad_grad(u, v, body), 1.0 * v), estimate=False)
    rise = field_of(known.model, body)
    with pytest.raises(ProblemError, match="in the operator of 'p', which the part 'part'"):
        Problem("p", (body,), rise * u * v, 1.0 * v)
    assert np.isfinite(Problem("p", (body,), u * v, rise * v).load.products[0].scale)


@pytest.mark.parametrize("height", [lambda x, y: x, lambda x, y: 0.1 * x * y])
def test_a_surface_in_space_is_not_flattened(height: Any, tmp_path: Any) -> None:
    meshio: Any = pytest.importorskip("meshio")
    mesh = skfem.MeshTri().refined(2)
    for z, name in ((height(*mesh.p), "tilted.vtu"), (5.0 + 0.0 * mesh.p[0], "plane.vtu")):
        points = np.c_[mesh.p.T, z]
        meshio.Mesh(points, [("triangle", mesh.t.T)]).write(tmp_path / name)
    with pytest.raises(ProblemError, match=r"tilted\.vtu is a surface in space"):
        mesh_space("part", tmp_path / "tilted.vtu")
    assert mesh_space("part", tmp_path / "plane.vtu").weights.sum() == pytest.approx(1.0)
