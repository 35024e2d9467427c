"""Small files of parts, and questions that any of them must answer."""

from __future__ import annotations

import struct

import numpy as np
from file_fields import sections
from mutations import sealed

from sna_edge import CP, TT, Axis, Model, Output, spline_axis
from sna_edge.basis import levels
from sna_edge.core.mesh import Mesh
from sna_edge.core.mesh.boxes import boxes


def parts() -> dict[str, bytes]:
    """{name: file} of triangles and tetrahedra, products and trains."""
    made = {"triangles": (*triangles(13), "int8", False), "curved": (*curved(), "float32", True)}
    made["tetrahedra"] = (*tetrahedra(5), "float16", True)
    return {name: part(*told).to_bytes() for name, told in made.items()}


def part(points: np.ndarray, cells: np.ndarray, dtype: str, train: bool) -> Model:
    """Two probes, one more input, numbers on the grid of int8."""
    probes = {"root": 0, "tip": len(points) - 1}
    mesh = Mesh(points, cells, ("x", "y", "z")[: points.shape[1]], probes)
    axes = [Axis("part", "", levels(len(points)), mesh=mesh)]
    axes.append(spline_axis("k", "W", 0.0, 1.0, spans=2, degree=1))
    rng = np.random.default_rng(0)
    tables = [rng.integers(-127, 127, (a.basis.n_rows, 2)) / 128.0 for a in axes]
    weights = np.array([[0.5], [0.25]])
    work: CP | TT = CP.full(tables, weights)
    if train:
        cores = (tables[0][:, None, :], np.stack([tables[1], tables[1] / 2], axis=1))
        work = TT(cores, weights)
    stored = [dtype, "int8" if dtype == "int8" else "float32"]
    return Model(axes, work, [Output("u", "K")], dtypes=stored)


def triangles(n: int) -> tuple[np.ndarray, np.ndarray]:
    """A square of n x n squares, each cut in two."""
    x, y = np.meshgrid(*[np.linspace(0, 1, n + 1)] * 2, indexing="ij")
    i = (np.arange(n)[:, None] * (n + 1) + np.arange(n)).reshape(-1)
    corners = [np.stack([i + a, i + b, i + c], axis=1)
               for a, b, c in ((0, 1, n + 1), (1, n + 2, n + 1))]  # fmt: skip
    return np.stack([x.reshape(-1), y.reshape(-1)], axis=1), np.concatenate(corners)


def curved() -> tuple[np.ndarray, np.ndarray]:
    """One triangle of degree 2."""
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.5, 0.0], [0.5, 0.5], [0.0, 0.5]])
    return points, np.arange(6)[None]


def tetrahedra(n: int) -> tuple[np.ndarray, np.ndarray]:
    """A cube of n x n x n cubes of six tetrahedra each."""
    grid = np.meshgrid(*[np.linspace(0, 1, n + 1)] * 3, indexing="ij")
    step = np.array([(n + 1) ** 2, n + 1, 1])
    first = np.stack(np.meshgrid(*[np.arange(n)] * 3, indexing="ij"), axis=-1).reshape(-1, 3) @ step
    corner = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) @ step
    ways = [(1, 3), (1, 5), (2, 3), (2, 6), (4, 5), (4, 6)]
    cells = [first[:, None] + corner[[0, p, q, 7]] for p, q in ways]
    return np.stack([g.reshape(-1) for g in grid], axis=1), np.concatenate(cells)


def with_boxes(data: bytes) -> bytes:
    """The file with boxes that fit its mesh, whatever that has become: else every changed point
    would be refused for them."""
    try:
        at, size = sections(data)[16]
        _, dim, per, n_cells, probes, _ = struct.unpack_from("<HBBIII", data, at)
        (rows,) = struct.unpack_from("<I", data, sections(data)[0][0] + 32)
        corners = np.frombuffer(data, "<u2", n_cells * per, at + 16 + 4 * rows * dim)
        points = np.frombuffer(data, "<f4", rows * dim, at + 16).reshape(rows, dim)
        found = boxes(points, corners.reshape(n_cells, per)[:, : dim + 1]).astype("<f4").tobytes()
    except (struct.error, ValueError, IndexError, ZeroDivisionError):
        return data
    out = bytearray(data)
    out[at + size - len(found) : at + size] = found
    return sealed(out) if len(out) == len(data) else data


def ask_at_points(model: Model) -> None:
    """A part at points inside, outside, far away and nowhere: a status each, whatever the file."""
    mesh = model.axes[0].mesh
    if mesh is None:
        return
    at = np.array([0.3, -0.5, 1e30, np.nan])
    query: dict[str, object] = dict.fromkeys(mesh.coordinates, at)
    query |= {a.name: a.lower for a in model.axes[1:]}
    found = model.evaluate(query)
    good = np.isfinite(found.value[:, 0]) | (found.status != 0)
    if not good.all():
        raise AssertionError(f"a value that is none with status ok: {found}")
