"""Parts as one axis, against scikit-fem on the same mesh: docs/tables/parts.md.

A bracket with a hole: held at its left end, a film in the hole, a flux at its right end, an insert
of another conductivity. `python tools/physics/parts.py [--nodes 20000]`.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import skfem

import sna_edge
from sna_export.solve import (
    MeshAxis,
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

TABLE = Path(__file__).parents[2] / "docs" / "tables" / "parts.md"
LENGTH, HEIGHT, CENTRE, RADIUS = 0.12, 0.08, (0.04, 0.04), 0.015  # m
POINTS = 50
SIDES = {
    "left": lambda x, y: x < 1e-9,
    "right": lambda x, y: x > LENGTH - 1e-9,
    "bottom": lambda x, y: y < 1e-9,
    "hole": lambda x, y: np.hypot(x - CENTRE[0], y - CENTRE[1]) < 1.01 * RADIUS,
}


def bracket(nodes: int) -> Any:
    """Rings of triangles between the hole and the outline, about so many nodes."""
    rings = max(int(np.sqrt(nodes / 2)), 4)
    around = max(nodes // rings, 16)
    width = 2 * (LENGTH + HEIGHT)
    corners = np.array([[0, 0], [LENGTH, 0], [LENGTH, HEIGHT], [0, HEIGHT], [0, 0]])
    place = np.r_[0, np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))]
    along = np.arange(around) * width / around
    nearest = np.abs(along[None] - place[:4, None]).argmin(axis=1)
    along[nearest] = place[:4]  # the corners are nodes
    outer = np.stack([np.interp(along, place, corners[:, i]) for i in (0, 1)])
    angle = np.arctan2(outer[1] - CENTRE[1], outer[0] - CENTRE[0])
    inner = np.array(CENTRE)[:, None] + RADIUS * np.stack([np.cos(angle), np.sin(angle)])
    share = np.linspace(0, 1, rings) ** 1.3
    points = inner[:, None] + (outer - inner)[:, None] * share[None, :, None]
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(around), indexing="ij")
    a, b = i * around + j, i * around + (j + 1) % around
    c, d = a + around, b + around
    cells = np.concatenate([[a, b, c], [b, d, c]], axis=1).reshape(3, -1)
    return skfem.MeshTri(points.reshape(2, -1), cells)


def heat(mesh: Any) -> tuple[MeshAxis, Problem]:
    """The temperature rise of the bracket."""
    part = mesh_space(
        "part", mesh, held=["left"], sets=SIDES, regions={"insert": lambda x, y: x > 0.08}
    )
    ratio = parameter("ratio", 0.5, 5.0, breaks=np.geomspace(0.5, 5.0, 7), degree=4)
    film = parameter(
        "film", 5.0, 50.0, breaks=np.geomspace(5.0, 50.0, 7), degree=4, unit="1/m"
    )  # h / k
    flux = parameter("flux", 1e3, 1e4, spans=1, degree=1, unit="K/m")  # q / k
    u, v = unknown(), test_function()
    insert = part.only("insert")
    weak = (1.0 - insert + ratio * insert) * grad_grad(u, v, part) + film * u * v * on(part, "hole")
    load = flux * v * on(part, "right")
    return part, Problem("bracket", (part, ratio, film, flux), weak, load, output="rise", unit="K")


def heat_reference(part: MeshAxis) -> Any:
    """(ratio, film, flux) -> rise at the nodes, by scikit-fem alone."""
    basis = skfem.Basis(part.space.mesh, skfem.ElementTriP1())
    inside = skfem.Basis(basis.mesh, basis.elem, elements=basis.mesh.subdomains["insert"])
    stiff = skfem.BilinearForm(lambda u, v, w: u.grad[0] * v.grad[0] + u.grad[1] * v.grad[1])
    hole, right = (skfem.FacetBasis(basis.mesh, basis.elem, facets=n) for n in ("hole", "right"))
    whole, part_, film_ = (
        stiff.assemble(basis),
        stiff.assemble(inside),
        skfem.BilinearForm(lambda u, v, w: u * v).assemble(hole),
    )
    load = skfem.LinearForm(lambda v, w: v).assemble(right)

    def at(ratio: float, film: float, flux: float) -> Any:
        matrix = whole + (ratio - 1.0) * part_ + film * film_
        return skfem.solve(*skfem.condense(matrix, flux * load, D=basis.get_dofs("left")))

    return at


def elastic(mesh: Any) -> tuple[MeshAxis, Problem]:
    """The bracket drawn at its right end: x held at the left, y at the bottom alone."""
    part = mesh_space("part", mesh, components=2, held={"left": "x", "bottom": "y"}, sets=SIDES)
    first = parameter("lame", 0.5, 3.0, spans=4, degree=4)  # lambda / mu
    pull = parameter("pull", 0.5, 2.0, spans=1, degree=1)  # traction / mu
    u, v = unknown(part), test_function(part)
    weak = first * div_div(u, v, part) + 2.0 * strain_strain(u, v, part)
    load = pull * v["x"] * on(part, "right")
    return part, Problem("pulled", (part, first, pull), weak, load, output="shift", unit="m")


def elastic_reference(part: MeshAxis) -> Any:
    """(lame, pull) -> shift [N, 2], by scikit-fem alone."""
    from skfem.helpers import ddot, div, sym_grad

    basis = skfem.Basis(part.space.mesh, skfem.ElementVector(skfem.ElementTriP1()))
    swell = skfem.BilinearForm(lambda u, v, w: div(u) * div(v)).assemble(basis)
    shear = skfem.BilinearForm(lambda u, v, w: ddot(sym_grad(u), sym_grad(v))).assemble(basis)
    right = skfem.FacetBasis(basis.mesh, basis.elem, facets="right")
    load = skfem.LinearForm(lambda v, w: v[0]).assemble(right)
    held = [basis.get_dofs(n).all([c]) for n, c in (("left", "u^1"), ("bottom", "u^2"))]
    fixed = np.unique(np.concatenate(held))

    def at(lame: float, pull: float) -> Any:
        found = skfem.solve(*skfem.condense(lame * swell + 2.0 * shear, pull * load, D=fixed))
        return found[basis.nodal_dofs].T

    return at


def compared(problem: Problem, reference: Any, tolerance: float) -> list[str]:
    """One row of the table; the file stores the nodes in float16."""
    began = perf_counter()
    solution = solve(problem, tolerance=tolerance, estimate=False)
    seconds = perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "part.sna"
        stored = ["float16"] + ["float32"] * (len(solution.model.axes) - 1)
        solution.model.replace(dtypes=stored).save(path)
        began = perf_counter()
        model = sna_edge.load(path)
        loading, size = perf_counter() - began, path.stat().st_size
    rng, errors = np.random.default_rng(0), []
    part, *axes = problem.axes
    assert isinstance(part, MeshAxis)
    named: dict[str, Any] = {"part": np.arange(part.space.n_nodes)}
    if part.labels:
        named["part component"] = list(part.labels)
    for _ in range(POINTS):
        at = {a.name: float(rng.uniform(a.basis.lower, a.basis.upper)) for a in axes}
        exact = np.asarray(reference(*at.values()))
        found = model.grid(named, at=at)[..., 0]
        errors.append(np.linalg.norm(found - exact) / np.linalg.norm(exact))
    return [
        problem.name, f"{part.space.n_nodes}", f"{len(axes)}", f"{np.median(errors):.1e}",
        f"{max(errors):.1e}", f"{seconds:.0f}", f"{size / 1e3:.0f}", f"{1e3 * loading:.0f}",
    ]  # fmt: skip


def main() -> None:
    """Solve, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=20_000)
    parser.add_argument("--elastic-nodes", type=int, default=1500)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    asked = parser.parse_args()
    rows = []
    for stated, exact, nodes in (
        (elastic, elastic_reference, asked.elastic_nodes),
        (heat, heat_reference, asked.nodes),
    ):
        part, problem = stated(bracket(nodes))
        rows.append(compared(problem, exact(part), asked.tolerance))
        print(rows[-1], flush=True)
    head = ["problem", "nodes", "parameters", "median error", "largest error", "solve, s", "KB",
            "load, ms"]  # fmt: skip
    lines = [head, ["---"] * len(head), *rows]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    note = (
        f"Relative L2 error over all nodes against scikit-fem on the same mesh, at {POINTS} random"
        " parameter points."
    )
    TABLE.write_text(f"{text}\n\n{note}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
