"""The bent bracket of examples/physics/bracket_distortion.py as a picture, its displacements drawn
200 times.

    python tools/physics/bracket.py        (ten seconds; writes docs/pictures/physics/bracket.svg)
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np

from sna_export.report import Plot
from sna_export.report.page import STANDALONE

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "physics" / "bracket_distortion.py"
TIMES = 200.0
FILMS = (20.0, 200.0)  # W/(m2 K)


def main() -> None:
    example = runpy.run_path(str(EXAMPLE))
    mesh = example["bracket"]()
    shift = example["bent"](mesh, example["heated"](mesh).model).model
    plot = Plot(
        (-12.0, 132.0), (-8.0, 128.0), title="a bracket in the heat, displacements x 200",
        xlabel="x [mm]", ylabel="y [mm]", width=520, height=500,
    )  # fmt: skip
    corners = np.arange(mesh.p.shape[1])
    drawn(plot, mesh, mesh.p, 5, "cold")
    for s, film in enumerate(FILMS):
        moved = [
            shift.value({"part": corners, "part component": c, "film": np.full(len(corners), film)})
            for c in "xy"
        ]
        places = mesh.p + TIMES * np.array([m[:, 0] for m in moved])
        drawn(plot, mesh, places, s, f"film {film:.0f} W/(m2 K)")
    path = ROOT / "docs" / "pictures" / "physics" / "bracket.svg"
    path.write_text(plot.render(STANDALONE), encoding="utf-8")


def drawn(plot: Plot, mesh: Any, places: Any, s: int, name: str) -> None:
    """The outlines, outer and inner, as closed lines."""
    for i, loop in enumerate(loops(mesh.facets[:, mesh.boundary_facets()].T.tolist())):
        plot.line(*(1e3 * places[:, loop]), s, name="" if i else name)


def loops(facets: list[list[int]]) -> list[list[int]]:
    """Closed chains of corners of the facets (pairs of corners) at a border."""
    beside: dict[int, list[int]] = {}
    for a, b in facets:
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    found = []
    while beside:
        chain = [next(iter(beside))]
        while ahead := [n for n in beside.pop(chain[-1]) if n in beside]:
            chain.append(ahead[0])
        found.append([*chain, chain[0]])
    return found


if __name__ == "__main__":
    main()
