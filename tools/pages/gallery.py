"""Write docs/gallery.md and docs/pictures/*.svg: one picture of every kind, each of a model that is
made here.

python tools/pages/gallery.py [--into FOLDER]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import sna_edge
from sna_edge.cli import main as sna
from sna_edge.inverse import level_set, posterior, roots
from sna_edge.model import Model
from sna_edge.table import open_table
from sna_export import plot
from sna_export.solve import solve

ROOT = Path(__file__).resolve().parents[2]
AT = {"temperature": 480.0, "time": 20.0, "medium": "oil"}
LIMITS = {"hardness": (250.0, 280.0)}
TEMPERED = "hardness.sna"
HEAD = """# Gallery

What `sna-edge plot` and `sna_export.plot` draw ([plots.md](plots.md)). All pictures but the last
are of a model of the table of [the notebooks](../examples/notebooks/README.md), tempered steel
whose true hardness is known; `tools/pages/gallery.py` makes model, pictures and this page.
"""


@dataclass(frozen=True)
class Entry:
    """A picture: its file, title, what to see in it, what makes it."""

    name: str
    title: str
    seen: str
    words: str
    make: Callable[[], Any]


def entries(model: Model, rows: Any, rod: Model) -> Iterator[Entry]:
    """Every picture of the page."""
    at = ["--at temperature=480 time=20 medium=oil"]
    limits = "--limits hardness=250:280"
    yield Entry(
        "profile", "The curves through a setting",
        "Hardness along every input with its 90 % interval, the rows as ticks, the limits dashed.",
        f"--what profile {at[0]} --table rows.csv {limits}",
        lambda: plot.profile(model, AT, rows=rows, limits=LIMITS),
    )  # fmt: skip
    yield Entry(
        "contour", "A map of two inputs",
        "What lies outside the limits is hatched; dots are measured rows.",
        f"--what contour --inputs temperature,time {at[0]} --table rows.csv {limits}",
        lambda: plot.contour(model, ["temperature", "time"], AT, rows=rows, limits=LIMITS),
    )  # fmt: skip
    yield Entry(
        "probability", "Where parts are in spec",
        "The probability that a measurement lies between the limits.",
        f"--what contour --show probability --inputs temperature,time {at[0]} {limits}",
        lambda: plot.contour(model, ["temperature", "time"], AT, shown="probability",
                             limits=LIMITS),
    )  # fmt: skip
    yield Entry(
        "familiarity", "What the model knows",
        "The share of training rows that were no more familiar than a place of the map.",
        f"--what familiarity --inputs temperature,time {at[0]} --table rows.csv",
        lambda: plot.familiarity(model, ["temperature", "time"], AT, rows=rows),
    )  # fmt: skip
    yield Entry(
        "residuals", "Errors on rows that it has not seen",
        "No drift along prediction, order or inputs; coverage as a perfect model might have it.",
        "--what residuals --table later.csv",
        lambda: plot.residuals(model, rows),
    )  # fmt: skip
    yield Entry(
        "sensitivity", "What matters",
        "First-order and total Sobol indices; the truth is a sum, so no two inputs interact.",
        "--what sensitivity", lambda: plot.sensitivity(model),
    )  # fmt: skip
    yield Entry(
        "solutions", "All that give a target",
        "Solutions of 270 HV, coloured by how familiar they are: two branches in temperature.",
        "--what inverse --target hardness=270 --unknown temperature,time --at medium=oil",
        lambda: plot.inverse(level_set(model, {"hardness": 270.0}, ["temperature", "time"], 150,
                                       at={"medium": "oil"})),
    )  # fmt: skip
    others = {"time": 20.0, "medium": "oil"}
    yield Entry(
        "roots", "All of one unknown",
        "Every temperature that gives 270 HV.",
        "--what inverse --target hardness=270 --unknown temperature --at time=20 medium=oil",
        lambda: plot.inverse(roots(model, "temperature", 270.0, others), model,
                             {"hardness": 270.0}, others),
    )  # fmt: skip
    yield Entry(
        "posterior", "What made a part",
        "Samples of the temperature and time behind a part of 270 HV, gauge 1 HV, with the optima"
        " (from Python).",
        "", lambda: plot.inverse(posterior(model, {"hardness": np.array([270.0])},
                                           ["temperature", "time"], 1.0, n=600,
                                           at={"medium": "oil"})),
    )  # fmt: skip
    yield Entry(
        "sweep", "What a setting makes",
        "Parts where the furnace scatters by 8 C, the limits, Ppk and parts per million outside.",
        f"--what sweep {at[0]} --scatter temperature=8 {limits}",
        lambda: plot.sweep(model, AT, scatter={"temperature": 8.0}, limits=LIMITS),
    )  # fmt: skip
    yield Entry(
        "atoms", "What the model is made of",
        "The one-dimensional functions of its modes, each scaled to one.",
        "--what atoms", lambda: plot.atoms(model),
    )  # fmt: skip
    yield Entry(
        "field", "A solved equation",
        "The temperature of the [cooling rod](../examples/physics/README.md) over the place and the"
        " film coefficient.",
        "--what contour --inputs x,film", lambda: plot.contour(rod, ["x", "film"]),
    )  # fmt: skip


def models(folder: Path) -> tuple[Model, dict[str, Any], Model]:
    """The model of tempered steel, rows it has not seen, and the rod."""
    sys.path[:0] = [str(ROOT / "examples" / name) for name in ("notebooks", "physics")]
    import cooling_rod
    import tempering

    tempering.write(folder / "measured.csv", 300)
    tempering.write(folder / "later.csv", 100, seed=1)
    words = ["--target", "hardness", "--effort", "quick", "--categorical", "medium"]
    words += ["--units", "temperature=C", "time=min", "hardness=HV"]
    assert sna(["fit", str(folder / "measured.csv"), *words, "-o", str(folder / TEMPERED)]) == 0
    rod = solve(cooling_rod.problem(), tolerance=1e-6, estimate=False).model
    return sna_edge.load(folder / TEMPERED), columns(folder / "later.csv"), rod


def columns(path: Path) -> dict[str, Any]:
    """The columns of a table, numbers but for the medium."""
    source = open_table(path)
    cells = [row for block in source.blocks() for row in zip(*map(block.column, range(4)))]
    return {
        name: np.array(values) if name == "medium" else np.array(values, dtype=float)
        for name, values in zip(source.names, zip(*cells), strict=True)
    }


def write(into: Path) -> list[Path]:
    """The page and its pictures in the folder `into`."""
    pictures = into / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    parts, written = [HEAD], []
    with TemporaryDirectory() as folder:
        for entry in entries(*models(Path(folder))):
            path = pictures / f"{entry.name}.svg"
            plot.save(entry.make(), path, dpi=90)
            model = "rod.sna" if entry.name == "field" else TEMPERED
            line = f"\n\n    sna-edge plot {model} {entry.words}" if entry.words else ""
            image = f"![{entry.title}](pictures/{path.name})"
            parts.append(f"## {entry.title}\n\n{entry.seen}{line}\n\n{image}\n")
            written.append(path)
    page = into / "gallery.md"
    page.write_text("\n".join(parts), encoding="utf-8")
    return [page, *written]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=ROOT / "docs")
    for path in write(parser.parse_args().into):
        print(f"written: {path}")


if __name__ == "__main__":
    main()
