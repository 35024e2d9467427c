"""Parts as one axis, against scikit-fem on the same mesh: docs/tables/parts.md.

`python tools/physics/parts.py [--cases warped L-shape] [--share 0.1]`; the cases stand in
`part_cases.py`. Times are seconds of the processor. The estimate is compared with the error against
a mesh refined twice, on a smaller mesh. Rows of other cases stay in the table as they are.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from part_cases import CASES, Case

import sna_edge
from sna_export.solve import MeshAxis, Problem, solve

TABLE = Path(__file__).parents[2] / "docs" / "tables" / "parts.md"
POINTS = 50
NOTE = (
    f"Errors: relative, L2 over all nodes, against scikit-fem on the same mesh, at {POINTS} random"
    " parameter points. Times: seconds of the processor, of `warped` beside"
    " those of its heat. The estimate is compared with the error"
    " against scikit-fem on a mesh refined twice, at the parameters where it is largest, on the"
    " mesh of the last column."
)
HEAD = [
    "problem", "nodes", "parameters", "median error", "largest error", "solve, s", "KB",
    "load, ms", "estimate / error", "on nodes",
]  # fmt: skip


def at_nodes(model: Any, problem: Problem, at: dict[str, float]) -> Any:
    """Values of the model at all nodes [N] or [N, components]."""
    part = problem.axes[0]
    assert isinstance(part, MeshAxis)
    named: dict[str, Any] = {"part": np.arange(part.space.n_nodes)}
    if part.labels:
        named["part component"] = list(part.labels)
    return model.grid(named, at=at)[..., 0]


def stored(model: Any) -> tuple[Any, int, float]:
    """The model from a file with nodes in float16; its bytes; seconds to load."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "part.sna"
        dtypes = ["float16"] + ["float32"] * (len(model.axes) - 1)
        model.replace(dtypes=dtypes).save(path)
        began = perf_counter()
        found = sna_edge.load(path)
        return found, path.stat().st_size, perf_counter() - began


def errors(case: Case, nodes: int, tolerance: float) -> list[str]:
    """The first columns of a row: one solve against scikit-fem at random parameters."""
    part, problem = case.stated(case.meshed(nodes))
    began = process_time()
    solution = solve(problem, tolerance=tolerance, estimate=False)
    seconds = process_time() - began
    model, size, loading = stored(solution.model)
    exact, rng, missed = case.solved(part), np.random.default_rng(0), []
    axes = problem.axes[1:]
    for _ in range(POINTS):
        at = {a.name: float(rng.uniform(a.basis.lower, a.basis.upper)) for a in axes}
        wanted = np.asarray(exact(*at.values()))
        missed.append(
            np.linalg.norm(at_nodes(model, problem, at) - wanted) / np.linalg.norm(wanted)
        )
    return [
        case.name, f"{part.space.n_nodes}", f"{len(axes)}", f"{np.median(missed):.1e}",
        f"{max(missed):.1e}", f"{seconds:.0f}", f"{size / 1e3:.0f}", f"{1e3 * loading:.0f}",
    ]  # fmt: skip


def ratio(case: Case, tolerance: float) -> list[str]:
    """Estimate over the error of the worst component, where the estimate is largest."""
    mesh = case.meshed(case.few)
    part, problem = case.stated(mesh)
    solution = solve(problem, tolerance=tolerance, accept=True)
    told = solution.estimate
    assert told is not None
    fine = part.halved().halved()
    wanted = np.asarray(case.solved(fine)(*told.at.values()))[: part.space.n_nodes]
    found = at_nodes(solution.model, problem, told.at)
    weight = part.size.reshape(-1, *[1] * (wanted.ndim - 1))
    miss, size = ((weight * f**2).sum(axis=0) for f in (found - wanted, wanted))
    return [f"{told.worst / np.sqrt(np.max(miss / size)):.2f}", f"{part.space.n_nodes}"]


def main() -> None:
    """Solve, compare, write after every case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="*", default=[c.name for c in CASES])
    parser.add_argument("--share", type=float, default=1.0, help="of the nodes of every case")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    asked = parser.parse_args()
    rows = known() if asked.share == 1.0 else {}
    for case in CASES:
        if case.name in asked.cases:
            row = errors(case, int(asked.share * case.nodes), asked.tolerance)
            rows[case.name] = row + ratio(case, asked.tolerance)
            print(rows[case.name], flush=True)
            if asked.share == 1.0:
                write([rows[c.name] for c in CASES if c.name in rows])


def known() -> dict[str, list[str]]:
    """Rows of the table as it is."""
    lines = TABLE.read_text(encoding="utf-8").splitlines() if TABLE.is_file() else []
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in lines if line[:1] == "|"]
    return {row[0]: row for row in cells[2:] if len(row) == len(HEAD)}


def write(rows: list[list[str]]) -> None:
    """The table."""
    text = "\n".join("| " + " | ".join(r) + " |" for r in [HEAD, ["---"] * len(HEAD), *rows])
    TABLE.write_text(f"{text}\n\n{NOTE}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
