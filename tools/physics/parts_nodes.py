"""What a node axis costs on the device: files of parts of about 200,000 nodes loaded and asked for
the first time, and queries by node and by point beside those of a box of the same rank.

    python tools/physics/parts_nodes.py

Writes docs/tables/parts_nodes.md. Times are of the processor, the least of a few; memory is that of
a process that has imported all it needs, grown by the loaded model.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

import sna_edge
from sna_edge import CP, TT, Axis, Model, Output, spline_axis
from sna_edge.basis import levels
from sna_edge.core.mesh import Mesh

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "parts_nodes.md"
RANK, INPUTS, BATCH = 32, ("a", "b", "c"), 1000
AT = dict.fromkeys(INPUTS, 0.4)
Arrays = tuple[np.ndarray, np.ndarray]


def square(n: int) -> Arrays:
    """Points and triangles of (n - 1)^2 squares."""
    x, y = np.meshgrid(*[np.linspace(0, 1, n)] * 2, indexing="ij")
    i = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).reshape(-1)
    corners = [np.stack([i + a for a in cell], axis=1) for cell in ((0, 1, n), (1, n + 1, n))]
    return np.stack([x.reshape(-1), y.reshape(-1)], axis=1), np.concatenate(corners)


def cube(n: int) -> Arrays:
    """Points and tetrahedra of (n - 1)^3 cubes."""
    grid = np.meshgrid(*[np.linspace(0, 1, n)] * 3, indexing="ij")
    step = np.array([n * n, n, 1])
    place = np.stack(np.meshgrid(*[np.arange(n - 1)] * 3, indexing="ij"), axis=-1)
    corner = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)]) @ step
    ways = [(1, 3), (1, 5), (2, 3), (2, 6), (4, 5), (4, 6)]
    first = (place.reshape(-1, 3) @ step)[:, None]
    cells = [first + corner[[0, p, q, 7]] for p, q in ways]
    return np.stack([g.reshape(-1) for g in grid], axis=1), np.concatenate(cells)


def model(first: Axis, table: np.ndarray, train: bool, dtype: str = "float32") -> Model:
    """Rank 32 on `first` and three inputs of four cubic spans."""
    rng = np.random.default_rng(0)
    axes = [first, *(spline_axis(n, "", 0, 1, spans=4, degree=3) for n in INPUTS)]
    stored = [dtype, *["int8" if dtype == "int8" else "float32"] * 3]
    ranks = [(RANK,), (RANK,), (RANK,)] if not train else [(RANK, RANK), (RANK, RANK), (RANK, 1)]
    rest = [rng.integers(-40, 40, (7, *r)) / 128.0 for r in ranks]
    if train:
        return Model(
            axes, TT((table[:, None], *rest), np.ones((1, 1))), [Output("u")], dtypes=stored
        )
    return Model(axes, CP.full([table, *rest]), [Output("u")], dtypes=stored)


def part(mesh: Arrays, train: bool, dtype: str = "float32") -> Model:
    """A smooth function of the place, on the grid of int8."""
    points, cells = mesh
    rng = np.random.default_rng(1)
    waves = np.cos(points @ rng.normal(0, 3, (points.shape[1], RANK)) + np.arange(RANK))
    names = ("x", "y", "z")[: points.shape[1]]
    held = Mesh(points, cells, names, {"tip": len(points) - 1})
    axis = Axis("part", "", levels(len(points)), mesh=held)
    return model(axis, np.rint(waves * 127) / 128.0, train, dtype)


def box(train: bool) -> Model:
    """The same with a seventh of an interval in place of the part."""
    table = np.random.default_rng(1).integers(-127, 127, (7, RANK)) / 128.0
    return model(spline_axis("part", "", 0, 1, spans=4, degree=3), table, train)


def seconds(work: Callable[[], Any], times: int = 1, tries: int = 5) -> float:
    """Of the processor, for one call: the least of some tries."""
    found = []
    for _ in range(tries):
        began = process_time()
        for _ in range(times):
            work()
        found.append((process_time() - began) / times)
    return min(found)


def resident() -> float:
    """Bytes of this process in memory."""
    pages = Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]
    return int(pages) * 4096.0


def asked_once(path: str) -> None:
    """In a process of its own: a file loaded and asked for the first time, as JSON."""
    small = part(square(14), True).to_bytes()
    warm = sna_edge.from_bytes(small, "numpy")
    _ = warm({"part": 0, **AT}), warm.evaluate({"x": 2.0, "y": 0.5, **AT}), sna_edge.load
    before = resident()
    loaded = sna_edge.load(path, "numpy")
    mesh = loaded.axes[0].mesh
    assert mesh is not None
    told: dict[str, float] = {"nodes": len(mesh.points), "cells": len(mesh.cells)}
    inside = {**dict(zip(mesh.coordinates, (0.31, 0.47, 0.22), strict=False)), **AT}
    queries = {"node": {"part": 5, **AT}, "point": inside, "outside": inside | {"x": 1.2}}
    for name, query in queries.items():
        told[name] = seconds(partial(loaded.evaluate, query), tries=1)
    told["grown"] = resident() - before
    file = Path(path)
    told |= {"read": seconds(file.read_bytes), "bytes": file.stat().st_size}
    told["load"] = seconds(partial(sna_edge.load, path, "numpy"), tries=3)
    print(json.dumps(told))


def first_questions() -> list[str]:
    """A row per file."""
    rows = ["| mesh, nodes stored as | nodes | cells | MB | load, ms | times reading its bytes"
            " | first node, ms | first point, ms | first outside, ms | memory, times the file |",
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for name, mesh in (("2-D", square(447)), ("3-D", cube(58))):
        for dtype in ("float32", "float16", "int8"):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "part.sna"
                part(mesh, True, dtype).save(path)
                words = [sys.executable, __file__, "--ask", str(path)]
                done = subprocess.run(words, capture_output=True, text=True, check=True)
            t = json.loads(done.stdout)
            rows.append(
                f"| {name}, {dtype} | {t['nodes']:,} | {t['cells']:,} | {t['bytes'] / 1e6:.1f}"
                f" | {1e3 * t['load']:.0f} | {t['load'] / t['read']:.0f} | {1e3 * t['node']:.1f}"
                f" | {1e3 * t['point']:.1f} | {1e3 * t['outside']:.1f}"
                f" | {t['grown'] / t['bytes']:.2f} |"
            )
            print(rows[-1], flush=True)
    return rows


def beside_a_box() -> list[str]:
    """A row per kind of model and number of points."""
    rows = ["| rank 32, three more inputs | points | box, us a point | node, times the box"
            " | point, times the box | of it the search, times the box |",
            "| --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for name, mesh in (("2-D", square(447)), ("3-D", cube(58))):
        for train in (False, True):
            one = sna_edge.from_bytes(part(mesh, train, "float16").to_bytes(), "numpy")
            other = sna_edge.from_bytes(box(train).to_bytes(), "numpy")
            for count in (1, BATCH):
                kind = f"{name}, {'train' if train else 'product'}"
                rows.append(f"| {kind} | {count:,} | {compared(one, other, count)} |")
                print(rows[-1], flush=True)
    return rows


def compared(one: Model, other: Model, count: int) -> str:
    """Time of `other` at points, and how many times that are nodes, points and their search."""
    rng, mesh = np.random.default_rng(2), one.axes[0].mesh
    assert mesh is not None
    at: dict[str, Any] = {n: rng.random(count) for n in ("part", *INPUTS, *mesh.coordinates)}
    at["node"] = rng.integers(0, len(mesh.points), count)
    points = np.stack([at[n] for n in mesh.coordinates], axis=1)
    if count == 1:
        at = {n: v[0].item() for n, v in at.items()}
    rest = {n: at[n] for n in INPUTS}
    works = (
        partial(other, {"part": at["part"], **rest}),
        partial(one, {"part": at["node"], **rest}),
        partial(one, {**{n: at[n] for n in mesh.coordinates}, **rest}),
        partial(mesh.located, points),
    )
    base, node, point, search = (seconds(w, 200 if count == 1 else 2) for w in works)
    ratios = f"{node / base:.2f} | {point / base:.1f} | {search / base:.1f}"
    return f"{1e6 * base / count:.2f} | {ratios}"


def main() -> None:
    """Measure and write, or, with --ask FILE, answer in a process of its own."""
    if sys.argv[1:2] == ["--ask"]:
        return asked_once(sys.argv[2])
    text = "\n".join([*first_questions(), "", *beside_a_box()])
    note = (
        "Times of the processor, on a machine that also did other work; below, nodes are stored in"
        " float16."
    )
    TABLE.write_text(f"{text}\n\n{note}\n", encoding="utf-8")
    return None


if __name__ == "__main__":
    main()
