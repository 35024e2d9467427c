"""Result files of other solvers: meshes with values at their points or cells (whatever meshio
reads), and arrays of numpy."""

from __future__ import annotations

import contextlib
import io
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError

from .part import Part

Floats = NDArray[np.float64]
ARRAYS = (".npy", ".npz")
UNNAMED = ["arr_0"]  # what numpy.savez calls an array without a name


def suffixes() -> set[str]:
    """Ends of names of files that can be read, in lower case. Raises InputError without meshio."""
    return {*_meshio().extension_to_filetypes, *ARRAYS}


def _meshio() -> Any:
    try:
        return import_module("meshio")
    except ModuleNotFoundError:
        raise InputError("result files need meshio; pip install 'sna-edge[mesh]'") from None


def read_mesh(path: Path) -> Any:
    """The mesh in a file, with its data. Raises InputError where it cannot be read."""
    meshio = _meshio()
    if not path.is_file():
        raise InputError(f"there is no file {path}; check the path, which starts at the table")
    printed = io.StringIO()
    try:
        with (
            np.errstate(all="ignore"),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            return meshio.read(path)
    except ModuleNotFoundError as error:
        raise InputError(f"reading {path} needs {error.name}; pip install {error.name}") from None
    except (Exception, SystemExit) as error:  # readers of meshio raise what they like, and exit
        text = printed.getvalue() if isinstance(error, SystemExit) else str(error)
        said = " ".join(text.replace("Error:", "").split()) or type(error).__name__
        raise InputError(
            f"{path} cannot be read ({said}); write it again, as .vtu for example"
        ) from None


def read_array(path: Path, name: str | None) -> Floats:
    """The array in an .npy file, or the one called `name` in an .npz file: the only one where no
    name is given, or it has none. Raises InputError."""
    if not path.is_file():
        raise InputError(f"there is no file {path}; check the path, which starts at the table")
    try:
        found = np.load(path, allow_pickle=False)
        if path.suffix.lower() == ".npz":
            known = list(found.files)
            if name not in known and (len(known) != 1 or (name and known != UNNAMED)):
                raise InputError(_choose(path, name, known))
            found = found[name if name in known else known[0]]
        return np.asarray(found, dtype=float)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{path} cannot be read as an array of numbers ({error}); write it with numpy.save"
        ) from None


def _choose(path: Path, name: str | None, known: list[str]) -> str:
    has = f"{path} has {', '.join(known) or 'no fields'}"
    if name is None:
        return f"{has}; say which with --field"
    return f"{path} has no field {name!r}, it has {', '.join(known) or 'none'}; name one of these"


def field_name(mesh: Any, name: str | None, path: Path) -> str:
    """`name` where the file has such a field, or its only one. Raises InputError with all that it
    has."""
    known = list(dict.fromkeys([*mesh.point_data, *mesh.cell_data]))
    if name in known:
        return str(name)
    if name is None and len(known) == 1:
        return str(known[0])
    raise InputError(_choose(path, name, known))


def values_of(mesh: Any, name: str, part: Part, path: Path) -> Floats:
    """The field at the nodes of the part [N, C]: values of points, or means of cells around them.
    Raises InputError where the file is on another mesh."""
    points = np.asarray(mesh.points, dtype=float)
    if points.shape != part.points.shape:
        raise InputError(
            f"{path} has {len(points)} points where the mesh has {len(part.points)}; all runs need"
            " one mesh: interpolate them to one, or run them on it"
        )
    size = float(np.ptp(part.points, axis=0).max())
    away = np.abs(points - part.points).max(axis=1)
    if not away.max() <= 1e-6 * size:
        raise InputError(
            f"point {int(np.argmax(away))} of {path} lies {away.max():.3g} from that of the mesh;"
            " all runs need the same points in the same order"
        )
    if name in mesh.point_data:
        values = np.asarray(mesh.point_data[name], dtype=float)
    elif [len(b.data) for b in mesh.cells] == part.cell_counts:
        values = part.averaged(mesh.cell_data[name])
    else:
        raise InputError(f"{path} has other cells than the mesh; all runs need one mesh")
    return values.reshape(len(points), -1)[part.kept]


def at_nodes(values: Floats, part: Part, what: str) -> Floats:
    """Values [P] or [P, C] of an array, in the order of the points of the file, at the nodes [N,
    C]. Raises InputError for another number of points."""
    if values.ndim not in (1, 2) or len(values) != len(part.points):
        raise InputError(
            f"{what} has the shape {list(values.shape)} where the mesh has {len(part.points)}"
            " points; give a value, or a row of components, a point"
        )
    return values.reshape(len(values), -1)[part.kept]
