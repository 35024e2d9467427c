"""Points of a mesh that no cell has, points that lie on others, cells of several kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_export.solve import ProblemError, mesh_space

skfem: Any = pytest.importorskip("skfem")
SIDES = {"left": lambda x: x[0] < 1e-9, "right": lambda x: x[0] > 2 - 1e-9}


def halves(middle: float = 1.0) -> Any:
    """[0, 2] x [0, 1] of two blocks whose points at x = 1 are there twice; the border between them
    is a boundary of the first."""
    one = skfem.MeshTri().refined(2)
    points = np.hstack([one.p, one.p + np.array([[middle], [0.0]])])
    mesh = skfem.MeshTri(points, np.hstack([one.t, one.t + one.p.shape[1]]))
    between = {"between": lambda x: abs(x[0] - 1) < 1e-9}
    return mesh.with_boundaries({**SIDES, **between}).with_subdomains({"first": lambda x: x[0] < 1})


def test_points_that_lie_on_others_are_a_question() -> None:
    with pytest.raises(ProblemError, match=r"5 points .* the first at \(1, .*merge=True .*slit"):
        mesh_space("part", halves())
    assert mesh_space("part", halves(), merge=False).space.n_nodes == 50
    assert mesh_space("part", halves(1.1)).space.n_nodes == 50  # a gap


def test_merged_points_are_one_node_and_names_stay() -> None:
    part = mesh_space("part", halves(), merge=True, held=["left"])
    mesh = part.space.mesh
    assert part.space.n_nodes == 45 and part.weights.sum() == pytest.approx(2.0)
    assert len(mesh.boundary_facets()) == 4 * 6
    for name, value in (("left", 0.0), ("right", 2.0)):
        facets = mesh.boundaries[name]
        assert len(facets) == 4 and np.all(mesh.p[0, mesh.facets[:, facets]] == value)
    assert len(mesh.boundaries["between"]) == 0  # no longer a border
    assert np.all(mesh.p[0, mesh.t[:, mesh.subdomains["first"]]] <= 1.0)


def test_points_of_no_cell_are_left_out_with_a_word(tmp_path: Path) -> None:
    meshio: Any = pytest.importorskip("meshio")
    mesh = skfem.MeshTri().refined(2)
    points = np.vstack([[9.0, 9.0], mesh.p.T[:7], [5.0, 5.0], mesh.p.T[7:]])
    numbers = np.r_[1:8, 9 : mesh.p.shape[1] + 2]
    meshio.Mesh(points, [("triangle", numbers[mesh.t].T)]).write(tmp_path / "arcs.vtu")
    with pytest.warns(UserWarning, match="centres of arcs, say.*number is 2"):
        part = mesh_space("part", tmp_path / "arcs.vtu")
    assert np.array_equal(part.points, mesh.p) and part.weights.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([("triangle", [[0, 1, 2]]), ("quad", [[1, 3, 4, 2]])], "1 triangle and 1 quad"),
        ([("tetra", [[0, 1, 2, 5]]), ("wedge", [[0, 1, 2, 5, 6, 7]])], "1 tetra and 1 wedge"),
    ],
)
def test_cells_of_several_kinds_are_refused(tmp_path: Path, cells: Any, said: str) -> None:
    meshio: Any = pytest.importorskip("meshio")
    flat = [[0, 0], [1, 0], [0, 1], [2, 0], [2, 1], [0, 0], [1, 0], [0, 1]]
    points = np.c_[flat, [0, 0, 0, 0, 0, 1, 1, 1]].astype(float)
    points = points if len(cells[1][1][0]) == 6 else points[:5]
    meshio.Mesh(points, cells).write(tmp_path / "mixed.vtu")
    with pytest.raises(ProblemError, match=f"cells of several kinds \\({said}\\); mesh the part"):
        mesh_space("part", tmp_path / "mixed.vtu")
