"""Meshes from files and from scikit-fem: triangles or tetrahedra, looked at before use."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..weak_form.errors import ProblemError
from .cleaning import unused, volumes, without_unused

Floats = NDArray[np.float64]
KINDS = {"MeshTri1": "triangles", "MeshTet1": "tetrahedra"}
PLANE = 1e-9  # of its size: how far a plane mesh may leave its plane
FLAT = 1e-12  # of the longest edge to the power of the dimension: a cell without a volume


def scikit_fem() -> Any:
    """The package. Raises ProblemError where it is not installed."""
    try:
        return import_module("skfem")
    except ModuleNotFoundError as error:
        raise ProblemError(
            f"meshes need scikit-fem and meshio ({error.name} is missing); pip install"
            " 'sna-edge[mesh]'"
        ) from None


def mesh_of(source: Any) -> Any:
    """The scikit-fem mesh in a file (any format of meshio), or the one given. Raises ProblemError
    for a file that cannot be read and for cells that are not triangles or tetrahedra with a
    volume."""
    skfem = scikit_fem()
    if isinstance(source, (str, PathLike)):
        source = _read(skfem, Path(source))
    kind = type(source).__name__
    if kind not in KINDS:
        raise ProblemError(
            f"a mesh of kind {kind} is not taken; use straight triangles or tetrahedra (MeshTri,"
            " MeshTet; split quadrilaterals with to_meshtri())"
        )
    _need_points(source)
    if lost := len(unused(source)):
        warnings.warn(
            "points of the mesh that belong to no cell (centres of arcs, say) are left out, their"
            f" number is {lost}; its nodes are numbered without them",
            stacklevel=3,
        )
        source = without_unused(source)
    _need_cells(source)
    return source


def _read(skfem: Any, path: Path) -> Any:
    if not path.is_file():
        raise ProblemError(f"there is no mesh {path}; give the path of a file that meshio reads")
    try:
        with np.errstate(all="ignore"):
            found = import_module("meshio").read(path)
            _need_plane(found, path)
            _need_one_kind(found, path)
            return import_module("skfem.io.meshio").from_meshio(found)
    except ProblemError:
        raise
    except ModuleNotFoundError as error:
        raise ProblemError(
            f"reading {path} needs {error.name}; pip install 'sna-edge[mesh]'"
        ) from None
    except (Exception, SystemExit) as error:  # readers of meshio raise what they like, and exit
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ProblemError(
            f"{path} cannot be read as a mesh ({said}); write it again as triangles or tetrahedra"
        ) from error


def _need_plane(found: Any, path: Path) -> None:
    """Flat cells lie in a plane z = constant: their third coordinate is left out."""
    if any(_dimension(block.type) > 2 for block in found.cells) or np.shape(found.points)[1] < 3:
        return
    points = np.asarray(found.points, dtype=float)
    if np.ptp(points[:, 2]) > PLANE * float(np.ptp(points, axis=0).max()):
        raise ProblemError(
            f"{path} is a surface in space; give a mesh of volumes, or one in the plane of x and y"
        )


def _need_one_kind(found: Any, path: Path) -> None:
    """Of the cells of the highest dimension scikit-fem takes one kind and drops the others."""
    counts: dict[str, int] = {}
    for block in found.cells:
        counts[block.type] = counts.get(block.type, 0) + len(block.data)
    most = max(map(_dimension, counts), default=0)
    cells = [f"{n} {kind}" for kind, n in counts.items() if _dimension(kind) == most]
    if len(cells) > 1:
        raise ProblemError(
            f"{path} has cells of several kinds ({' and '.join(cells)}); mesh the part with"
            " straight triangles alone, or tetrahedra alone"
        )


def _dimension(kind: str) -> int:
    """Of a kind of cells of meshio."""
    if kind.startswith(("triangle", "quad", "polygon")):
        return 2
    return 0 if kind == "vertex" else 1 if kind.startswith("line") else 3


def _need_points(mesh: Any) -> None:
    if not np.asarray(mesh.t).size or not np.all(np.isfinite(mesh.p)):
        raise ProblemError("the mesh has no cells, or a point that is no number; write it again")


def _need_cells(mesh: Any) -> None:
    points, cells = np.asarray(mesh.p), np.asarray(mesh.t)
    found = volumes(points, cells)
    size = np.ptp(points[:, cells], axis=1).max(axis=0) ** len(points)
    flat = np.flatnonzero(np.abs(found) <= FLAT * size)
    if len(flat):
        raise ProblemError(
            f"cell {flat[0]} of the mesh has no volume ({len(flat)} such); remove it, or mesh the"
            " part again"
        )
    _need_unfolded(mesh)


def _need_unfolded(mesh: Any) -> None:
    """Two cells with a facet in common lie on its two sides; an inverted one does not."""
    first, second = np.asarray(mesh.f2t)
    inner = np.flatnonzero(second >= 0)
    facets = np.asarray(mesh.facets)[:, inner]
    sides = []
    for cells in (first[inner], second[inner]):
        own = np.asarray(mesh.t)[:, cells]
        opposite = own.sum(axis=0) - facets.sum(axis=0)
        sides.append(volumes(np.asarray(mesh.p), np.vstack([facets, opposite[None]])))
    folded = np.flatnonzero(sides[0] * sides[1] >= 0)
    if len(folded):
        raise ProblemError(
            f"cells {first[inner[folded[0]]]} and {second[inner[folded[0]]]} of the mesh overlap,"
            f" one of them is inverted ({len(folded)} such pairs); mesh the part again"
        )


def with_sets(mesh: Any, sets: Mapping[str, Any], regions: Mapping[str, Any]) -> Any:
    """The mesh with further boundaries and regions: functions of the coordinates of midpoints,
    which say where, or numbers of facets or cells. Raises ProblemError for one that is empty."""
    boundaries = {n: _facets(mesh, n, s) for n, s in sets.items()}
    subdomains = {n: _cells(mesh, n, s) for n, s in regions.items()}
    found = mesh.with_boundaries(boundaries) if boundaries else mesh
    return found.with_subdomains(subdomains) if subdomains else found


def _facets(mesh: Any, name: str, said: Any) -> NDArray[np.int64]:
    outer = np.asarray(mesh.boundary_facets(), dtype=np.int64)
    if callable(said):
        middle = mesh.p[:, mesh.facets[:, outer]].mean(axis=1)
        return _need_some(outer[_where(said, middle, "boundary", name)], "boundary", name)
    found = _numbers(said, mesh.facets.shape[1], "boundary", name)
    if not np.isin(found, outer).all():
        raise ProblemError(
            f"facet {found[~np.isin(found, outer)][0]} of boundary {name!r} lies inside the part;"
            " name facets of its border"
        )
    return found


def _cells(mesh: Any, name: str, said: Any) -> NDArray[np.int64]:
    if callable(said):
        middle = mesh.p[:, mesh.t].mean(axis=1)
        return _need_some(np.flatnonzero(_where(said, middle, "region", name)), "region", name)
    return _numbers(said, mesh.t.shape[1], "region", name)


def _where(said: Any, middle: Floats, what: str, name: str) -> NDArray[np.bool_]:
    """A function of midpoints [dim, M] as [M] truths."""
    try:
        return np.broadcast_to(np.asarray(said(*middle), dtype=bool), middle.shape[1:])
    except Exception as error:  # a user's function raises what it likes
        raise ProblemError(
            f"the function of {what} {name!r} does not work on {len(middle)} arrays of coordinates"
            f" ({type(error).__name__}: {error}); write it as lambda x, y: x < 0.1"
        ) from error


def _numbers(said: Any, count: int, what: str, name: str) -> NDArray[np.int64]:
    """Numbers of facets or cells."""
    try:
        found = np.asarray(said, dtype=float).reshape(-1)
    except (TypeError, ValueError):
        found = np.array([np.nan])
    if not np.all((found >= 0) & (found < count) & (found == np.floor(found))):
        raise ProblemError(
            f"{what} {name!r} is {said!r:.60}; give a function of the coordinates, or numbers from"
            f" 0 to {count - 1}"
        )
    return _need_some(found.astype(np.int64), what, name)


def _need_some(found: NDArray[np.int64], what: str, name: str) -> NDArray[np.int64]:
    if not len(found):
        raise ProblemError(f"{what} {name!r} is empty: no place of the mesh is in it; check it")
    return found
