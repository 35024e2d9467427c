"""Meshes of result files: cells are split, nodes stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_export.fields.part import SIMPLICES, part_of
from sna_export.fields.result_files import read_array

from ...runs_of_a_plate import meshio

BRICK = np.array(
    [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], float
)
WHOLE: dict[str, tuple[Any, float]] = {
    "triangle": (BRICK[:3, :2], 0.5),
    "quad": (BRICK[:4], 1.0),
    "tetra": (BRICK[[0, 1, 3, 4]], 1 / 6),
    "pyramid": (BRICK[[0, 1, 2, 3, 4]], 1 / 3),
    "wedge": (BRICK[[0, 1, 3, 4, 5, 7]], 0.5),
    "hexahedron": (BRICK, 1.0),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_the_simplices_of_a_cell_fill_it(kind: str) -> None:
    points, volume = WHOLE[kind]
    found = part_of(meshio.Mesh(points, [(kind, [list(range(len(points)))])]), "a.vtu", {})
    ((_, volumes),) = found.blocks.values()
    assert np.isclose(volumes[0], volume) and np.isclose(found.share.sum(), 1.0)
    assert len(found.mesh.points) == len(points)
    rng = np.random.default_rng(0)
    inside = rng.dirichlet(np.ones(len(points)), 50) @ found.mesh.points
    nodes, weights, distance = found.mesh.located(inside)
    assert not distance.any()  # no point of it is outside: a linear function comes back
    assert np.allclose(np.einsum("pn,pnd->pd", weights, found.mesh.points[nodes]), inside)


@pytest.mark.parametrize("kind", ["triangle6", "tetra10"])
def test_cells_of_degree_two_give_a_quadratic_function(kind: str) -> None:
    corners = BRICK[:3, :2] if kind == "triangle6" else BRICK[[0, 1, 3, 4]]
    edges = [(0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3)][
        : len(SIMPLICES[kind][0]) - len(corners)
    ]
    points = np.concatenate([corners, [(corners[i] + corners[j]) / 2 for i, j in edges]])
    found = part_of(meshio.Mesh(points, [(kind, [list(range(len(points)))])]), "a.vtu", {})
    x = np.random.default_rng(0).dirichlet(np.ones(len(corners)), 20) @ corners
    nodes, weights, _ = found.mesh.located(x)
    values = (points**2).sum(axis=1) + points[:, 0] * points[:, 1]
    assert np.allclose(
        (weights * values[nodes]).sum(axis=1), (x**2).sum(axis=1) + x[:, 0] * x[:, 1]
    )


def test_points_of_no_cell_are_no_nodes() -> None:
    points = np.concatenate([[[9.0, 9.0]], BRICK[:4, :2]])
    found = part_of(meshio.Mesh(points, [("quad", [[1, 2, 3, 4]])]), "a.vtu", {})
    assert found.kept.tolist() == [1, 2, 3, 4] and len(found.mesh.points) == 4
    assert found.averaged([[7.0]])[found.kept].tolist() == [7.0] * 4


def test_cells_that_cannot_be_taken_are_named() -> None:
    with pytest.raises(InputError, match=r"a\.vtu has cells of kind hexahedron20; write it with"):
        part_of(meshio.Mesh(np.zeros((20, 3)), [("hexahedron20", [list(range(20))])]), "a.vtu", {})
    flat = meshio.Mesh(BRICK[[0, 1, 1]] * [1, 0, 0], [("triangle", [[0, 1, 2]])])
    with pytest.raises(InputError, match=r"a\.vtu: cell 0 of the mesh has no volume"):
        part_of(flat, "a.vtu", {})


def test_cells_count_by_their_volume_around_a_point() -> None:
    points = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [4, 0], [4, 1]], float)
    two = meshio.Mesh(points, [("quad", [[0, 1, 2, 3], [1, 4, 5, 2]])])
    found = part_of(two, "a.vtu", {}).averaged([[0.0, 4.0]])
    assert np.allclose(found, [0, 3, 3, 0, 4, 4])  # volumes 1 and 3


def test_an_array_of_another_name_is_not_taken_for_the_one_asked(tmp_path: Path) -> None:
    np.savez(tmp_path / "named.npz", T=np.arange(3.0))
    np.savez(tmp_path / "plain.npz", np.arange(3.0))
    with pytest.raises(InputError, match="has no field 'X', it has T"):
        read_array(tmp_path / "named.npz", "X")
    for file, name in (("named", "T"), ("named", None), ("plain", "X")):
        assert read_array(tmp_path / f"{file}.npz", name).tolist() == [0.0, 1.0, 2.0]
