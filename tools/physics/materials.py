"""Cards of the alloys of `sna_export.lpbf.alloys` as a table and pictures for docs/materials.md.

python tools/physics/materials.py      (a second; writes docs/tables/materials.md, two pictures)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sna_export.lpbf.alloys import ALLOYS
from sna_export.lpbf.material import Constant, Curve, Material, Source
from sna_export.report import Plot
from sna_export.report.page import STANDALONE

DOCS = Path(__file__).resolve().parents[2] / "docs"
T = np.linspace(293.0, 2200.0, 1501)  # K
SHOWN = (298.0, 800.0, 1200.0, 1500.0, 2000.0)  # K


def main() -> None:
    (DOCS / "tables" / "materials.md").write_text(table(), encoding="utf-8")
    for name, title, unit, log in (
        ("conductivity", "thermal conductivity k(T)", "W/(m K)", "y"),
        ("specific_heat", "specific heat c(T), without latent heat", "J/(kg K)", ""),
    ):
        path = DOCS / "pictures" / "physics" / f"{name}.svg"
        path.write_text(picture(name, title, unit, log), encoding="utf-8")


def table() -> str:
    """A row for every value, what is assumed, and the sources by number."""
    rows = ["| alloy | property | value | stated for | uncertainty | source | note |"]
    rows.append("|---|---|---|---|---|---|---|")
    sources: list[Source] = []
    for card in ALLOYS.values():
        for cells, source in cells_of(card):
            sources += [source] if source and source not in sources else []
            number = f"[{sources.index(source) + 1}]" if source else ""
            rows.append(f"| {card.name} | " + " | ".join([*cells[:3], number, cells[3]]) + " |")
    rows += ["", "| | source | read in |", "|---|---|---|"]
    rows += [f"| [{i + 1}] | {s.printed} | {s.read_in} |" for i, s in enumerate(sources)]
    return "\n".join(rows) + "\n"


def cells_of(card: Material) -> list[tuple[list[str], Source | None]]:
    """Property and value, range, uncertainty and note of all that a card has or lacks."""
    found = [of_curve("k(T)", card.conductivity), of_curve("c(T)", card.specific_heat)]
    for what in ("density", "latent heat", "solidus", "liquidus"):
        found.append(of_constant(what, getattr(card, what.replace(" ", "_"))))
    return found + [of_constant("absorptivity", a) for a in card.absorptivity or (None,)]


def of_curve(what: str, curve: Curve) -> tuple[list[str], Source]:
    """Values at some temperatures within the rows of the curve."""
    inside = [t for t in SHOWN if curve.temperatures_K[0] - 5 <= t <= curve.temperatures_K[-1]]
    low, high = curve.stated_K
    if len(inside) < 3:
        inside = [float(t) for t in curve.temperatures_K]
    values = ", ".join(f"{curve(t):.3g} at {t:.0f} K" for t in inside)
    cells = [f"{what} | {values}; {curve.unit}", f"{low:.0f} .. {high:.0f} K"]
    return [*cells, curve.uncertainty, curve.note], curve.source


def of_constant(what: str, value: Constant | None) -> tuple[list[str], Source | None]:
    """The cells of a number, or that none was found."""
    if value is None:
        return [f"{what} | not found", "", "", ""], None
    return [f"{what} | {value.value:g} {value.unit}".strip(), "", value.uncertainty, value.note], (
        value.source
    )


def picture(name: str, title: str, unit: str, log: str) -> str:
    """One line an alloy, within the rows of its curve."""
    curves = {card.name: getattr(card, name) for card in ALLOYS.values()}
    shown = {n: T[(c.temperatures_K[0] <= T) & (last(n, c) >= T)] for n, c in curves.items()}
    values = np.concatenate([c(shown[n]) for n, c in curves.items()])
    room = (float(values.min()) / 1.1, float(values.max()) * 1.1)
    plot = Plot(
        (250.0, 2250.0), room, title=title, xlabel="temperature [K]", ylabel=unit, width=620,
        height=360, log=log,
    )  # fmt: skip
    for s, (alloy, curve) in enumerate(curves.items()):
        plot.line(shown[alloy], curve(shown[alloy]), s, name=alloy)
    return plot.render(STANDALONE)


def last(alloy: str, curve: Curve) -> float:
    """Up to where a curve is drawn: the liquid, or the last row where there is none."""
    return 2200.0 if ALLOYS[alloy].liquidus else float(curve.temperatures_K[-1])


if __name__ == "__main__":
    main()
