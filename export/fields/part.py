"""The mesh of the runs as one of triangles or tetrahedra: other cells are split, their nodes stay
where they are."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.mesh import MOST_NODES, Mesh
from sna_edge.errors import InputError

from ..solve.mesh.axis import NAMES, nearest
from ..solve.mesh.cleaning import volumes
from ..solve.mesh.reading import mesh_of, scikit_fem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SIMPLICES: dict[str, tuple[tuple[int, ...], ...]] = {
    "triangle": ((0, 1, 2),),
    "quad": ((0, 1, 2), (0, 2, 3)),
    "triangle6": ((0, 1, 2, 3, 4, 5),),
    "tetra": ((0, 1, 2, 3),),
    "pyramid": ((0, 1, 2, 4), (0, 2, 3, 4)),
    "wedge": ((0, 1, 2, 5), (0, 1, 5, 4), (0, 4, 5, 3)),
    "hexahedron": (
        (0, 1, 2, 6), (0, 2, 3, 6), (0, 3, 7, 6), (0, 7, 4, 6), (0, 4, 5, 6), (0, 5, 1, 6),
    ),
    "tetra10": ((0, 1, 2, 3, 4, 5, 6, 7, 8, 9),),
}  # fmt: skip
"""{kind of cell in meshio: the simplices that it is split into, by its nodes in order}."""
FLAT_KINDS = ("triangle", "quad", "triangle6")
BESIDE = ("vertex", "line", "line3", *FLAT_KINDS)
"""Cells that a mesh of volumes may have beside them: its borders."""
PLANE = 1e-9
"""Of its size: how far a plane mesh may leave its plane."""


@dataclass(frozen=True, eq=False)
class Part:
    """`mesh` of N nodes; `points` [P, 3 or 2] of the file, of which `kept` [N] are the nodes;
    `share` [N] of the volume that each stands for, one in total; `blocks` of cells by their place
    in the file: nodes [M, n] and volumes [M]; `cell_counts` of all blocks of the file."""

    mesh: Mesh
    points: Floats
    kept: Ints
    share: Floats
    blocks: dict[int, tuple[Ints, Floats]]
    cell_counts: list[int]

    def averaged(self, data: list[Any]) -> Floats:
        """Values at the points [P, ..] of values of cells, a list as the blocks of the file: the
        mean of the cells around a point, by their volumes."""
        first = np.asarray(data[next(iter(self.blocks))], dtype=float)
        total = np.zeros((len(self.points), *first.shape[1:]))
        weight = np.zeros(len(self.points))
        for block, (nodes, volume) in self.blocks.items():
            values = np.asarray(data[block], dtype=float)
            for corner in nodes.T:
                np.add.at(weight, corner, volume)
                np.add.at(total, corner, (values.T * volume).T)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((total.T / weight).T)


def part_of(found: Any, path: str, probes: dict[str, list[float]]) -> Part:
    """The part in a mesh of meshio, with named places at its nearest nodes. Raises InputError for
    cells that cannot be split, that are flat or inverted, and for too many nodes."""
    kinds = {block.type for block in found.cells}
    solid = [k for k in kinds if k in SIMPLICES and k not in FLAT_KINDS]
    taken = [k for k in kinds if k in (solid or FLAT_KINDS)]
    other = sorted(kinds - set(taken) - set(BESIDE))
    if other or not taken:
        raise InputError(
            f"{path} has cells of kind {', '.join(other or sorted(kinds)) or 'none'}; write it with"
            f" {', '.join(SIMPLICES)}"
        )
    sizes = {len(SIMPLICES[k][0]) for k in taken}
    if len(sizes) > 1:
        raise InputError(
            f"{path} mixes cells of degree 1 and 2 ({', '.join(sorted(taken))}); write it with one"
            " degree"
        )
    points = _coordinates(np.asarray(found.points, dtype=float), bool(solid), path)
    blocks, cells = {}, []
    for place, block in enumerate(found.cells):
        if block.type in taken:
            nodes = np.asarray(block.data, dtype=np.int64)
            split = np.stack([nodes[:, list(s)] for s in SIMPLICES[block.type]], axis=1)
            volume = _volume(points, split.reshape(-1, split.shape[2])).reshape(split.shape[:2])
            blocks[place] = (nodes, volume.sum(axis=1))
            cells.append(split.reshape(-1, split.shape[2]))
    simplices = np.concatenate(cells)
    kept, numbers = np.unique(simplices, return_inverse=True)
    numbers = numbers.reshape(simplices.shape)
    if len(kept) > MOST_NODES:
        raise InputError(
            f"{path} has {len(kept)} nodes, at most {MOST_NODES} are taken; write a coarser mesh"
        )
    _need_good(points[kept], numbers, path)
    mesh = Mesh(points[kept], numbers, NAMES[: points.shape[1]])
    named = {name: nearest(mesh, name, place) for name, place in probes.items()}
    mesh = Mesh(mesh.points, mesh.cells, mesh.coordinates, named)
    counts = [len(block.data) for block in found.cells]
    return Part(mesh, np.asarray(found.points, dtype=float), kept, _share(mesh), blocks, counts)


def _coordinates(points: Floats, solid: bool, path: str) -> Floats:
    """[P, 3] of a mesh of volumes, [P, 2] of one in a plane z = constant."""
    if solid or points.shape[1] == 2:
        return points
    if np.ptp(points[:, 2]) > PLANE * max(float(np.ptp(points, axis=0).max()), 1e-300):
        raise InputError(
            f"{path} is a surface in space, of which no point lies inside; give a mesh of volumes,"
            " or one in the plane of x and y"
        )
    return points[:, :2]


def _volume(points: Floats, simplices: Ints) -> Floats:
    corners = simplices[:, : points.shape[1] + 1]
    return np.abs(volumes(points.T, corners.T)) / factorial(points.shape[1])


def _need_good(points: Floats, simplices: Ints, path: str) -> None:
    """As meshes of solved parts are looked at."""
    skfem = scikit_fem()
    corners, numbers = np.unique(simplices[:, : points.shape[1] + 1], return_inverse=True)
    numbers = numbers.reshape(len(simplices), -1)
    kind = skfem.MeshTri if points.shape[1] == 2 else skfem.MeshTet
    try:
        mesh_of(kind(*map(np.ascontiguousarray, (points[corners].T, numbers.T))))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _share(mesh: Mesh) -> Floats:
    volume = _volume(mesh.points, mesh.cells)
    share = np.zeros(len(mesh.points))
    for nodes in mesh.cells.T:
        np.add.at(share, nodes, volume)
    return np.asarray(share / share.sum())
