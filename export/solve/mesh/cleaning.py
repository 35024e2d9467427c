"""Points of a mesh that no cell has, and points that lie on others; volumes of cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..weak_form.errors import ProblemError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SAME = 1e-6  # of the shortest edge: points nearer than that lie on each other


def volumes(points: Floats, cells: NDArray[np.int64]) -> Floats:
    """Signed volumes [M] of simplices, times dim!; points [dim, N], cells [dim + 1, M]."""
    edges = points[:, cells[1:]] - points[:, cells[0]][:, None, :]  # [dim, dim, M]
    return np.asarray(np.linalg.det(edges.transpose(2, 0, 1)))


def unused(mesh: Any) -> Ints:
    """The points that belong to no cell."""
    used = np.zeros(mesh.p.shape[1], dtype=bool)
    used[np.asarray(mesh.t)] = True
    return np.flatnonzero(~used)


def without_unused(mesh: Any) -> Any:
    """The mesh without points that belong to no cell; the others keep their order."""
    kept = np.setdiff1d(np.arange(mesh.p.shape[1]), unused(mesh))
    return _renumbered(mesh, np.searchsorted(kept, np.arange(mesh.p.shape[1])), kept)


def joined(mesh: Any, merge: bool | None) -> Any:
    """The mesh with points that lie on each other as one (`merge`), as they are (False). Raises
    ProblemError where there are such points and nobody said which (None)."""
    if merge is False:
        return mesh
    points = np.asarray(mesh.p, dtype=float)
    near = SAME * _shortest(points[:, np.asarray(mesh.t)])
    pairs = cKDTree(points.T).query_pairs(near, output_type="ndarray")
    if not len(pairs):
        return mesh
    if merge is None:
        place = ", ".join(f"{x:.4g}" for x in points[:, pairs[0, 0]])
        count = len(np.unique(pairs.max(axis=1)))
        raise ProblemError(
            f"{count} points of the mesh lie on others, the first at ({place}): its cells are not"
            " joined there; give merge=True to make them one node, or merge=False where the part"
            " is slit"
        )
    first = np.arange(points.shape[1])
    for low, high in np.sort(pairs, axis=1)[np.argsort(pairs.min(axis=1))]:
        first[high] = first[low]
    kept, numbers = np.unique(first, return_inverse=True)
    return _renumbered(mesh, numbers, kept)


def _shortest(corners: Floats) -> float:
    """The length of the shortest edge of cells with these corners [dim, corners, M]."""
    count = corners.shape[1]
    edges = [corners[:, i] - corners[:, j] for i in range(count) for j in range(i)]
    return min(float(np.linalg.norm(edge, axis=0).min()) for edge in edges)


def _renumbered(mesh: Any, numbers: Ints, kept: Ints) -> Any:
    """The mesh of the points `kept`, point i of it under numbers[i]; boundaries of facets that are
    still on the border, regions."""
    found = type(mesh)(mesh.p[:, kept], numbers[np.asarray(mesh.t)])
    if mesh.subdomains:
        found = found.with_subdomains(mesh.subdomains)
    if not mesh.boundaries:
        return found
    border = np.asarray(found.boundary_facets(), dtype=np.int64)
    corners = np.sort(found.facets[:, border], axis=0).T.tolist()
    known = {tuple(c): facet for c, facet in zip(corners, border.tolist(), strict=True)}
    named = {}
    for name, facets in mesh.boundaries.items():
        moved = np.sort(numbers[mesh.facets[:, np.asarray(facets, dtype=np.int64)]], axis=0)
        still = [known[key] for key in map(tuple, moved.T.tolist()) if key in known]
        named[name] = np.array(still, dtype=np.int64)
    return found.with_boundaries(named)
