"""Section 17: the meshes of node axes (FORMAT.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.mesh import Mesh
from ..core.mesh.boxes import BLOCK, boxes
from ..core.mesh.mesh import CORNERS
from ..core.record import ModelRecord
from ..errors import ArtifactError, InputError
from . import layout
from .checks.rules import FrontToBack, need
from .raw_views import Raw

RULE = "bad_metadata"
SMALL = 65536  # nodes: numbers of more take four bytes


def _number(count: int) -> str:
    return "<u2" if count <= SMALL else "<u4"


def section(model: ModelRecord) -> bytes:
    """The section of a model with node axes."""
    parts = []
    for d, axis in enumerate(model.axes):
        if axis.mesh is None:
            continue
        mesh = axis.mesh.stored
        assert mesh.boxes is not None
        head = np.zeros(1, layout.NODES)
        head[0] = (d, mesh.dimension, mesh.cells.shape[1], len(mesh.cells), len(mesh.probes), 0)
        cells = mesh.cells.astype(_number(len(mesh.points))).tobytes()
        parts += [
            head.tobytes(),
            mesh.points.astype("<f4").tobytes(),
            cells + bytes(-len(cells) % 4),
            np.array(list(mesh.probes.values()), "<u4").tobytes(),
            mesh.boxes.astype("<f4").tobytes(),
        ]
    return b"".join(parts)


def names(axes: Sequence[Axis]) -> dict[str, Any]:
    """What metadata says of node axes: names of coordinates and probes."""
    found = {
        a.name: {"coordinates": list(a.mesh.coordinates), "probes": list(a.mesh.probes)}
        for a in axes
        if a.mesh is not None
    }
    return {"nodes": found} if found else {}


class Parts(NamedTuple):
    """What the section says of one mesh; cells in the order of the boxes around them."""

    points: NDArray[Any]
    cells: NDArray[Any]
    probes: NDArray[Any]
    boxes: NDArray[Any]


def parse(raw: Raw) -> dict[int, Parts]:
    """{axis: its mesh}, checked. Raises ArtifactError `bad_metadata`."""
    reader = FrontToBack(raw.sections["nodes"], RULE, "nodes")
    found = {}
    for d in np.flatnonzero(raw.axes["kind"] == layout.NODE).tolist():
        head, count = reader.take(layout.NODES, 1)[0], int(raw.axes[d]["n_rows"])
        dim, per, cells = (int(head[n]) for n in ("dimension", "cell_nodes", "n_cells"))
        good = head["axis"] == d and head["reserved"] == 0 and per in CORNERS.get(dim, {})
        good = good and 1 <= cells <= layout.MAX_CELLS and head["n_probes"] <= count
        need(good, RULE, f"the mesh of axis {d} has a number out of range")
        points = reader.take("<f4", count * dim).reshape(count, dim)
        numbers = reader.take(_number(count), cells * per).reshape(cells, per)
        padding = reader.take("u1", -numbers.nbytes % 4)
        probes = reader.take("<u4", int(head["n_probes"]))
        around = reader.take("<f4", -(-cells // BLOCK) * 2 * dim).reshape(-1, 2, dim)
        need(np.isfinite(points).all(), RULE, f"a point of axis {d} is no number")
        inside = numbers.max() < count and probes.max(initial=0) < count
        need(inside, RULE, f"a cell or probe of axis {d} names a node that is not there")
        need(not padding.any(), RULE, "padding of nodes is not zero")
        same = np.array_equal(boxes(points, numbers[:, : dim + 1]), around)
        need(same, RULE, f"a box of axis {d} is not the one around its cells")
        found[d] = Parts(points, numbers, probes, around)
    need(found, RULE, "no axis has nodes")
    reader.finish("last mesh")
    return found


def read(raw: Raw, metadata: dict[str, Any]) -> dict[int, Mesh]:
    """The meshes by axis. Raises ArtifactError `bad_metadata` where their names do not fit."""
    told, found = metadata.get("nodes"), {}
    parts: dict[int, Parts] = raw.nodes
    axes = [entry[0] for entry in metadata["axes"]]
    if not isinstance(told, dict) or set(told) != {axes[d] for d in parts}:
        raise ArtifactError("bad_metadata", "the names of nodes are missing")
    for d, (points, cells, probes, around) in parts.items():
        own = told[axes[d]]
        given: list[Any] = [
            own.get(n) if isinstance(own, dict) else None for n in ("coordinates", "probes")
        ]
        for words, wanted in zip(given, (points.shape[1], len(probes)), strict=True):
            good = isinstance(words, list) and all(isinstance(w, str) and w for w in words)
            if not good or not len(words) == len(set(words)) == wanted:
                raise ArtifactError("bad_metadata", f"names of nodes of {axes[d]!r} do not fit")
        named = dict(zip(given[1], map(int, probes), strict=True))
        try:
            found[d] = Mesh(points, cells, tuple(given[0]), named, around)
        except InputError as error:
            raise ArtifactError(RULE, str(error)) from None
    return found
