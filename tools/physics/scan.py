"""A beam on three tracks, against the superposition of images: docs/tables/scan.md.

`python tools/physics/scan.py [--plot scan.png]`: about two minutes of one processor.
`--shapes`: the path as a load by shapes of the beam instead, docs/tables/scan_shapes.md.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path as File
from time import process_time
from typing import Any

import numpy as np
from scan_reference import Box

import sna_edge
from sna_edge import Model
from sna_export.solve import (
    Expression,
    Problem,
    ProblemAxis,
    Shape,
    Solution,
    d,
    gaussian,
    moving_source,
    on,
    parameter,
    ring,
    solve,
    space,
    test_function,
    time_axis,
    top_hat,
    tracks,
    unknown,
)

TABLE = File(__file__).parents[2] / "docs" / "tables" / "scan.md"
SHAPES = TABLE.with_name("scan_shapes.md")
BOX = Box(2e-3, 1e-3, 0.5e-3, 4.68e6, 26.0, 60e-6, 0.4)
LINES = [
    (0.4e-3, 0.38e-3, 1.6e-3, 0.38e-3),
    (1.6e-3, 0.50e-3, 0.4e-3, 0.50e-3),
    (0.4e-3, 0.62e-3, 1.6e-3, 0.62e-3),
]
PATH = tracks(LINES, speed=1.8)
POWER, TOLERANCE = 200.0, 3e-3
TIMES, HOT = 12, 24  # at which the block and the hottest point are compared


def meshes() -> dict[str, tuple[ProblemAxis, ProblemAxis, ProblemAxis]]:
    """x, t and y."""
    x, y = (
        PATH.breaks("x", 0.0, BOX.length, 0.3 * BOX.radius),
        PATH.breaks("y", 0.0, BOX.width, 0.4 * BOX.radius),
    )
    return {
        "equal spans": (
            space("x", 0.0, BOX.length, spans=100, zero="both"),
            time_axis("t", 0.0, float(PATH.switches[-1]), spans=120),
            space("y", 0.0, BOX.width, spans=24, zero="both"),
        ),
        "fine under the tracks, kinks at the turns": (
            space("x", breaks=x, zero="both"),
            PATH.time_axis(spans=150),
            space("y", breaks=y, zero="both"),
        ),
    }


def scan(x: ProblemAxis, t: ProblemAxis, y: ProblemAxis) -> Problem:
    """The temperature rise of the box."""
    z = space("z", breaks=BOX.height * np.linspace(0, 1, 13) ** 2, zero="upper")
    power = parameter("power", 50.0, 300.0, spans=1, degree=1, unit="W")
    u, v = unknown(), test_function()
    weak = BOX.capacity * d(u, t) * v + BOX.conductivity * (
        d(u, x) * d(v, x) + d(u, y) * d(v, y) + d(u, z) * d(v, z)
    )
    beam = moving_source(PATH, gaussian(BOX.radius), (x, t, y))
    load = BOX.absorbed * power * beam * v * on(z, "lower")
    return Problem("scan", (x, t, y, z, power), weak, load, output="rise", unit="K")


def solved(problem: Problem) -> tuple[Solution, float]:
    """The solution and its processor seconds, estimate included."""
    began = process_time()
    found = solve(problem, method="points", tolerance=TOLERANCE, rank_max=200, accept=True)
    return found, process_time() - began


def in_the_block(model: Model) -> float:
    """Relative L2 error over the box at TIMES times."""
    end = float(PATH.switches[-1])
    times = (np.arange(TIMES) + 0.5) / TIMES * end
    x, y = np.linspace(0, BOX.length, 41), np.linspace(0, BOX.width, 31)
    z = BOX.height * np.linspace(0, 1, 9) ** 2
    found = model.grid({"x": x, "t": times, "y": y, "z": z}, at={"power": POWER})[..., 0]
    grid, weight = np.meshgrid(x, y, z, indexing="ij"), np.gradient(z)
    miss = size = 0.0
    for i, now in enumerate(times):
        exact = BOX.rise(PATH, POWER, *grid, float(now))
        miss += float(((found[:, i] - exact) ** 2 * weight).sum())
        size += float((exact**2 * weight).sum())
    return float(np.sqrt(miss / size))


def hottest(model: Model) -> np.ndarray:
    """Time, true and modelled rise [.., 3] at the hottest place of the surface, soon after every
    turn too."""
    end = float(PATH.switches[-1])
    turns = PATH.switches[1:-1, None] + np.array([1e-5, 4e-5, 1e-4])
    rows = []
    for now in np.sort(np.r_[np.linspace(0.02, 1.0, HOT) * end, turns.ravel()]):
        xs, ys = (float(c) for c in PATH.at(now))
        x = xs + np.linspace(-1.5, 1.5, 37) * BOX.radius
        y = ys + np.linspace(-0.5, 0.5, 5) * BOX.radius
        exact = BOX.rise(PATH, POWER, x[:, None], y[None, :], np.zeros(()), float(now))
        i, j = np.unravel_index(exact.argmax(), exact.shape)
        found = model(x=x[i], t=now, y=y[j], z=0.0, power=POWER)[0]
        rows.append([now, exact[i, j], found])
    return np.array(rows)


def row(name: str, axes: tuple[ProblemAxis, ProblemAxis, ProblemAxis]) -> tuple[list[str], Any]:
    """One row of the table, and the model."""
    began = process_time()
    problem = scan(*axes)
    stating = process_time() - began
    solution, seconds = solved(problem)
    assert solution.estimate is not None
    with tempfile.TemporaryDirectory() as folder:
        path = File(folder) / "scan.sna"
        solution.model.replace(dtypes=["float16"] * 5).save(path)
        size, model = path.stat().st_size, sna_edge.load(path)
    hot, block = hottest(model), in_the_block(model)
    peak = float(np.abs(hot[:, 2] / hot[:, 1] - 1).max())
    spans = " x ".join(str(a.basis.n_spans) for a in problem.axes[:4])
    rank = max(c.shape[2] for c in model.interaction.cores)  # type: ignore[union-attr]
    return [
        name, spans, str(len(problem.load.products)), f"{100 * block:.2f} %", f"{100 * peak:.2f} %",
        f"{solution.estimate.worst / block:.1f}", str(rank), f"{size / 1e3:.0f}",
        f"{stating + seconds:.0f}",
    ], (model, hot)  # fmt: skip


def main() -> None:
    """Solve, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", type=File)
    parser.add_argument("--shapes", action="store_true")
    asked = parser.parse_args()
    if asked.shapes:
        shapes()
        return
    rows, last = [], None
    for name, axes in meshes().items():
        line, last = row(name, axes)
        rows.append(line)
        print(line, flush=True)
    head = ["mesh", "spans x, t, y, z", "products of the load", "block", "peak",
            "estimate over error", "rank", "KB", "processor s"]  # fmt: skip
    text = _table(head, rows)
    note = (
        "Block: relative L2 error over box and time. Peak: largest relative error at the hottest"
        " place of the surface, soon after turns too. Against the superposition of images. Of the"
        " file, which stores float16. Processor seconds: stating, solving and estimating, on one"
        " core."
    )
    TABLE.write_text(f"{text}\n\n{note}\n", encoding="utf-8")
    if asked.plot and last is not None:
        drawn(*last, asked.plot)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def shapes() -> None:
    """The path as a load: products, their error at random places near the path, seconds."""
    radius, rows = BOX.radius, []
    x, t, y = list(meshes().values())[-1]
    points = float(np.prod([len(a.nodes) for a in (x, t, y)]))
    for name, shape in (
        ("Gaussian", gaussian(radius)),
        ("ring, half its width 0.6 radii", ring(radius, 0.6 * radius)),
        ("top hat, edge 0.6 radii", top_hat(radius, 0.6 * radius)),
    ):
        began = process_time()
        source = moving_source(PATH, shape, (x, t, y), 1e-2)
        seconds = process_time() - began
        error = _beside_the_path(source, shape, (x, t, y))
        rows.append([name, str(len(source.products)), f"{100 * error:.2f} %", f"{seconds:.1f}"])
        print(rows[-1], flush=True)
    text = _table(["beam", "products", "error", "processor s"], rows)
    note = (
        f"On a grid of {points / 1e6:.0f} million points. Error: root mean square at 2,000 random"
        " places within 1.5 radii of the beam, relative to that of the beam there."
    )
    SHAPES.write_text(f"{text}\n\n{note}\n", encoding="utf-8")


def _beside_the_path(source: Expression, shape: Shape, axes: Any) -> float:
    """Relative error of a load at random nodes near the beam."""
    x, t, y = axes
    rng = np.random.default_rng(0)
    rows_t = rng.integers(0, len(t.nodes), 2000)
    near = [
        np.searchsorted(a.nodes, c + BOX.radius * rng.uniform(-1.5, 1.5, 2000))
        for a, c in zip((x, y), PATH.at(t.nodes[rows_t]), strict=True)
    ]
    xs, ys = PATH.at(t.nodes[rows_t])
    exact = shape.density(x.nodes[near[0]] - xs, y.nodes[near[1]] - ys)
    found = np.zeros(2000)
    for p in source.products:
        part = np.full(2000, p.scale)
        for axis, rows in ((x, near[0]), (t, rows_t), (y, near[1])):
            part *= p.factors[axis].coefficient.at(axis.nodes)[rows]  # type: ignore[union-attr]
        found += part
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))


def drawn(model: Model, hot: np.ndarray, path: File) -> None:
    """The hottest place over time, and the surface at the end of the path."""
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    left.plot(1e3 * hot[:, 0], hot[:, 1], "o", mfc="none", label="images")
    left.plot(1e3 * hot[:, 0], hot[:, 2], "-", label="model")
    left.set(xlabel="t, ms", ylabel="rise at the hottest place, K", ylim=(0, None))
    left.legend()
    x, y = np.linspace(0, BOX.length, 201), np.linspace(0, BOX.width, 101)
    now = float(PATH.switches[-1])
    field = model.grid({"x": x, "y": y}, at={"t": now, "z": 0.0, "power": POWER})[..., 0]
    drawn_ = right.contourf(1e3 * x, 1e3 * y, field.T, 24)
    figure.colorbar(drawn_, label=f"rise at {1e3 * now:.1f} ms, K")
    right.set(xlabel="x, mm", ylabel="y, mm", aspect="equal")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
