"""Write docs/picture.svg from the demo's model: atoms, forward with interval, all solutions of an
inverse question.

make demo && python tools/pages/picture.py
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

import sna_edge
from sna_edge.inverse import roots
from sna_edge.model import Model
from sna_export.report import STANDALONE, Plot, ends
from sna_export.report.figures import predicted_measured, strongest

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "out" / "demo"
WIDTH, HEIGHT = 350, 300
MOST = 3  # solutions shown


def main() -> None:
    model = sna_edge.load(DEMO / "model.sna", backend="numpy")
    question = json.loads((DEMO / "question.json").read_text(encoding="utf-8"))
    rows = held_out(model)
    target = next(iter(question["targets"].values()))
    at, unknown, found = most_solutions(model, rows, target)
    panels = [
        scatter(model, rows),
        atoms(model, unknown),
        crossing(model, at, unknown, target, found),
    ]
    (ROOT / "docs" / "picture.svg").write_text(beside(panels), encoding="utf-8")
    print("written: docs/picture.svg")


def held_out(model: Model) -> dict[str, np.ndarray]:
    with open(DEMO / "test.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        name: np.array([float(r[name]) for r in rows])
        for name in (*model.input_names, *model.output_names)
    }


def scatter(model: Model, rows: dict[str, np.ndarray]) -> str:
    output = model.outputs[0]
    value = model.evaluate({n: rows[n] for n in model.input_names}, extrapolate=True).value[:, 0]
    words = {"name": "strength", "unit": output.unit, "title": "a measured table, rows never seen"}
    return predicted_measured(rows[output.name], value, **words, size=(WIDTH, HEIGHT))


def atoms(model: Model, name: str) -> str:
    """The strongest atoms of one input."""
    axis, x, phi = strongest(model, model.axis_index(name), 5)
    title, xlabel = "sums of products of such curves", f"{name} [{axis.unit}]"
    plot = Plot(
        (axis.lower, axis.upper), ends(phi), title=title, xlabel=xlabel, width=WIDTH, height=HEIGHT
    )
    for s, y in enumerate(phi.T):
        plot.line(x, y, s)
    return plot.render()


def most_solutions(
    model: Model, rows: dict[str, np.ndarray], target: float
) -> tuple[dict[str, float], str, np.ndarray]:
    """The held-out row and input with most solutions, up to MOST: the other inputs, the input's
    name, the solutions."""
    best: tuple[dict[str, float], str, np.ndarray] = {}, model.input_names[0], np.empty(0)
    for unknown in model.input_names:
        for i in range(len(rows[unknown])):
            at = {n: float(rows[n][i]) for n in model.input_names if n != unknown}
            found = roots(model, unknown, target, at).values
            if len(best[2]) < len(found) <= MOST:
                best = at, unknown, found
    return best


def crossing(
    model: Model, at: dict[str, float], unknown: str, target: float, found: np.ndarray
) -> str:
    """Prediction with interval along one input, and every value of it that gives the target."""
    axis, output = model.axes[model.axis_index(unknown)], model.outputs[0]
    x = np.linspace(axis.lower, axis.upper, 201)
    e = model.evaluate({**at, unknown: x})
    plot = Plot(
        (axis.lower, axis.upper), ends(e.lower, e.upper, [target]),
        title=f"every {unknown} content that gives {target:g} {output.unit}",
        xlabel=f"{unknown} [{axis.unit}]", ylabel=f"strength [{output.unit}]", width=WIDTH,
        height=HEIGHT,
    )  # fmt: skip
    plot.band(x, e.lower[:, 0], e.upper[:, 0]).line(x, e.value[:, 0]).line(
        [axis.lower, axis.upper], [target, target], 5, dashed=True
    )
    return plot.dots(found, [target] * len(found), 1, radius=5).render()


def beside(panels: list[str]) -> str:
    """Panels from left to right in one picture file."""
    placed = "".join(p.replace("<svg ", f'<svg x="{i * WIDTH}" ', 1) for i, p in enumerate(panels))
    size = (
        f'viewBox="0 0 {WIDTH * len(panels)} {HEIGHT}" width="{WIDTH * len(panels)}"'
        f' height="{HEIGHT}"'
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{STANDALONE}{placed}</svg>\n'


if __name__ == "__main__":
    main()
