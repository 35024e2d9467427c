"""Fields from runs, with scikit-fem as the other solver: the bracket of `part_cases.py`.

Greedy next runs against random ones, and what is said of the error against the true one:
docs/tables/fields.md and docs/pictures/physics/fields.svg.
`python tools/physics/fields.py [--nodes 300]`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import meshio
import numpy as np
from part_cases import bracket, heat, heat_by_fem

from sna_export.fields import fit_fields, next_runs
from sna_export.fields.modes import modes_of
from sna_export.fields.part import part_of
from sna_export.fields.processes import beliefs_of, mean_of, space_of
from sna_export.fields.snapshots import Snapshots
from sna_export.fit import AxisSpec
from sna_export.table import Table

ROOT = Path(__file__).parents[2]
TABLE, PICTURE = (
    ROOT / "docs" / "tables" / "fields.md",
    ROOT / "docs" / "pictures" / "physics" / "fields.svg",
)
RANGES = {"ratio": (0.5, 5.0), "film": (5.0, 50.0), "flux": (1e3, 1e4)}
LOW, HIGH = np.array(list(RANGES.values())).T
FIRST, STEP, LAST = 8, 4, 40
TRUE = 150


class Solver:
    """The other solver: (ratio, film, flux) -> rise at the nodes."""

    def __init__(self, nodes: int) -> None:
        axis, _ = heat(bracket(nodes))
        self.at, mesh = heat_by_fem(axis), axis.space.mesh
        self.part = part_of(meshio.Mesh(mesh.p.T, [("triangle", mesh.t.T)]), "bracket", {})
        rng = np.random.default_rng(99)
        self.x = LOW + rng.random((TRUE, 3)) * (HIGH - LOW)
        self.true = self.fields(self.x)

    def fields(self, x: Any) -> Any:
        """[E, N]."""
        return np.array([self.at(*row) for row in x.tolist()])

    def runs(self, x: Any, fields: Any) -> Snapshots:
        """The runs as they are read from files."""
        axes = tuple(AxisSpec(n, domain=ends) for n, ends in RANGES.items())
        table = Table.of({n: column.tolist() for n, column in zip(RANGES, x.T, strict=True)})
        return Snapshots(
            x, axes, fields[:, :, None], self.part, "rise", (), np.empty((0, 3)), table, ""
        )

    def error(self, predicted: Any, true: Any) -> float:
        """Relative error in the norm of the part over all runs [E, N]."""
        share = self.part.share
        missed = np.square(predicted - true) @ share
        return float(np.sqrt(missed.sum() / (np.square(true) @ share).sum()))


def grown(solver: Solver, seed: int, greedy: bool) -> list[float]:
    """Errors with 8, 12, .. 40 runs; the first are random ones."""
    rng = np.random.default_rng(seed)
    x = LOW + rng.random((FIRST, 3)) * (HIGH - LOW)
    fields, errors = solver.fields(x), []
    while True:
        runs = solver.runs(x, fields)
        modes = modes_of(fields, solver.part.share, 1e-3)
        beliefs = beliefs_of(space_of(runs), x, modes.coefficients)
        predicted = modes.fields(mean_of(beliefs, solver.x))
        errors.append(solver.error(predicted, solver.true))
        if len(x) >= LAST:
            return errors
        more = LOW + rng.random((STEP, 3)) * (HIGH - LOW)
        more = next_runs(runs, STEP, seed=seed).x if greedy else more
        x, fields = np.concatenate([x, more]), np.concatenate([fields, solver.fields(more)])


def said_and_true(solver: Solver, count: int, seed: int) -> list[str]:
    """What a model of so many random runs says of itself, and what is true."""
    x = LOW + np.random.default_rng(seed).random((count, 3)) * (HIGH - LOW)
    found = fit_fields(solver.runs(x, solver.fields(x)), seed=seed)
    nodes = np.arange(len(solver.part.mesh.points))
    within = ((x.min(axis=0) <= solver.x) & (solver.x <= x.max(axis=0))).all(axis=1)
    answers = [
        found.model.evaluate({"part": nodes, **dict(zip(RANGES, row, strict=True))})
        for row in solver.x[within].tolist()
    ]
    true = solver.true[within]
    inside = [
        ((a.lower[:, 0] <= t) & (t <= a.upper[:, 0])).mean()
        for a, t in zip(answers, true, strict=True)
    ]
    said = found.report["held_out"]["of_norm"]
    missed = solver.error(np.array([a.value[:, 0] for a in answers]), true)
    return [
        f"{count}", found.report["coefficients"], f"{len(found.modes.shapes)}", f"{said:.4f}",
        f"{missed:.4f}", f"{said / missed:.1f}", f"{100 * np.mean(inside):.0f} %",
        f"{len(found.model.to_bytes()) / 1e3:.0f}",
    ]  # fmt: skip


def drawn(counts: Any, errors: dict[str, Any]) -> None:
    """Every seed thin, the geometric mean thick."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "fields"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5, 3.2))
    for (name, found), colour in zip(errors.items(), ("tab:gray", "tab:blue"), strict=True):
        axes.semilogy(counts, found.T, color=colour, lw=0.6, alpha=0.5)
        middle = np.exp(np.log(found).mean(axis=0))
        axes.semilogy(counts, middle, color=colour, lw=2.2, label=f"{name} runs")
    axes.set_xlabel("runs")
    axes.set_ylabel("relative error")
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(PICTURE, metadata={"Date": None})


def rows_of(lines: list[list[str]]) -> str:
    """A table in markdown."""
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    """Run, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    solver, counts = Solver(asked.nodes), range(FIRST, LAST + 1, STEP)
    errors = {}
    for name, greedy in (("random", False), ("greedy", True)):
        errors[name] = np.array([grown(solver, seed, greedy) for seed in range(asked.seeds)])
        print(name, np.exp(np.log(errors[name]).mean(axis=0)).round(4), flush=True)
    drawn(counts, errors)
    middle = {n: np.exp(np.log(e).mean(axis=0)) for n, e in errors.items()}
    won = (errors["greedy"] < errors["random"]).sum(axis=0)
    head = ["runs", "error, random", "error, greedy", "ratio", f"greedy better, of {asked.seeds}"]
    lines = [head, ["---"] * len(head)]
    for i, count in enumerate(counts):
        a, b = middle["random"][i], middle["greedy"][i]
        lines.append([f"{count}", f"{a:.4f}", f"{b:.4f}", f"{b / a:.2f}", f"{won[i]}"])
    head = ["runs", "coefficients by", "modes", "error said", "true error", "said / true",
            "true values inside 90 %", "KB"]  # fmt: skip
    second = [head, ["---"] * len(head)]
    for count in (12, 24, 36):
        second.append(said_and_true(solver, count, seed=1))
        print(second[-1], flush=True)
    text = (
        f"Greedy next runs, four at a time, against random ones: a bracket of"
        f" {len(solver.part.mesh.points)} nodes and three parameters, relative error over the part"
        f" at {TRUE} random settings, geometric mean of {asked.seeds} seeds; both begin with the"
        f" same {FIRST} random runs; coefficients by processes.\n\n{rows_of(lines)}\n\nWhat models"
        " of random runs say of themselves (runs left out in five groups), and what is"
        f" true inside their domain:\n\n{rows_of(second)}\n"
    )
    TABLE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
