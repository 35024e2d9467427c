"""Eigenvalues of parts, against scikit-fem on the same mesh: docs/tables/part_modes.md.

`python tools/physics/part_modes.py [--nodes 400]`. The bracket of `part_cases.py` as a membrane
with an insert of another tension, and as an elastic plate with an insert of another density, on
triangles of order 1 and 2. The estimate is compared with the error against scikit-fem on a mesh
refined twice (order 1) or once (order 2).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import skfem
from part_cases import CONDUCT, INSERT, SHEAR, SIDES, SWELL, bracket
from scipy.sparse.linalg import eigsh
from skfem.helpers import dot

from sna_export.solve import (
    MeshAxis,
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

TABLE = Path(__file__).parents[2] / "docs" / "tables" / "part_modes.md"
MODES, POINTS = 6, 50
LOOKED = (0.5, 1.125, 1.75, 2.375, 3.0)
HEAD = [
    "bracket", "order", "nodes", "numbers", "median error, same mesh",
    "largest error, same mesh", "error of the mesh",
    "estimate", "estimate / error", "time, s",
]  # fmt: skip
NOTE = (
    f"The lowest {MODES} eigenvalues over one parameter, a ratio of 0.5 to 3. Errors: relative, the"
    f" largest of all eigenvalues, on the same mesh at {POINTS} random ratios; that of the mesh is"
    f" against scikit-fem on a finer mesh, the largest at {len(LOOKED)} ratios. Where two"
    " eigenvalues nearly meet and turn away, the largest error on the same mesh is far above the"
    " median. Times: seconds of the processor, the estimate among them."
)


def stated(mesh: Any, elastic: bool, order: int) -> tuple[MeshAxis, Problem]:
    """A membrane whose insert has another tension, a plate whose insert has another density."""
    words: dict[str, Any] = {"held": ["left"], "sets": SIDES, "regions": INSERT}
    part = mesh_space("part", mesh, order=order, components=2 if elastic else 1, **words)
    ratio = parameter("ratio", 0.5, 3.0)
    u, v, insert = unknown(part), test_function(part), part.only("insert")
    share = 1.0 - insert + ratio * insert
    if not elastic:
        return part, Problem("membrane", (part, ratio), share * grad_grad(u, v, part), mass=u * v)
    stiff = div_div(u, v, part) + 2.0 * strain_strain(u, v, part)
    return part, Problem("plate", (part, ratio), stiff, mass=share * u * v)


def reference(part: MeshAxis, elastic: bool) -> Any:
    """Eigenvalues by ratio, of scikit-fem alone."""
    mesh, element = part.space.mesh, part.space.element
    element = skfem.ElementVector(element) if elastic else element
    whole = skfem.Basis(mesh, element, intorder=6)
    inside = skfem.Basis(mesh, element, elements=mesh.subdomains["insert"], intorder=6)
    mass = skfem.BilinearForm(lambda u, v, w: dot(u, v) if elastic else u * v)
    forms = (SWELL, SHEAR, SHEAR) if elastic else (CONDUCT,)
    stiff = sum(f.assemble(whole) for f in forms)
    more = (mass if elastic else CONDUCT).assemble(inside)
    weight, free = mass.assemble(whole), whole.complement_dofs(whole.get_dofs("left"))

    def at(ratio: float) -> Any:
        added = (ratio - 1) * more
        k, m = (stiff, weight + added) if elastic else (stiff + added, weight)
        k, m = (a[free][:, free].tocsc() for a in (k, m))
        return np.sort(eigsh(k, MODES, m, sigma=0.0, return_eigenvectors=False))

    return at


def row(nodes: int, elastic: bool, order: int) -> list[str]:
    """One line of the table."""
    mesh = bracket(nodes)
    part, problem = stated(mesh, elastic, order)
    began = process_time()
    found = eigenmodes(problem, MODES, tolerance=1.0)
    seconds = process_time() - began
    same = reference(part, elastic)
    draws = np.random.default_rng(0).uniform(0.5, 3.0, POINTS)
    own = [float(np.abs(found(ratio=r) / same(r) - 1).max()) for r in draws]
    fine = reference(part.halved().halved() if order == 1 else part.halved(), elastic)
    true = max(float(np.abs(found(ratio=r) / fine(r) - 1).max()) for r in LOOKED)
    told = found.estimate.worst
    return [
        "plate, elastic" if elastic else "membrane", f"{order}", f"{part.space.n_nodes}",
        f"{part.free.shape[1]}", f"{np.median(own):.1e}", f"{max(own):.1e}",
        f"{true:.1e}", f"{told:.1e}", f"{told / true:.2f}", f"{seconds:.0f}",
    ]  # fmt: skip


def main() -> None:
    """Solve, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1500)
    asked = parser.parse_args()
    rows = []
    for elastic in (False, True):
        for order in (1, 2):
            rows.append(row(asked.nodes, elastic, order))
            print(rows[-1], flush=True)
    text = "\n".join("| " + " | ".join(r) + " |" for r in [HEAD, ["---"] * len(HEAD), *rows])
    TABLE.write_text(f"{text}\n\n{NOTE}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
