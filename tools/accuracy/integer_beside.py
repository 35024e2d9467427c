"""Familiarity and the ends of intervals on the integer path against the float path, in steps of
their 33 levels.

    python tools/accuracy/integer_beside.py [--data FOLDER]

FOLDER holds gas_turbine/ and others (shared/data beside the tree); tables that are absent are left
out. Densities in int8 with the T that an integer path needs, scales in int16, at rows held out and
at strange ones. Writes docs/tables/integer_beside.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from familiarity_rows import Rows, tables
from numpy.typing import NDArray

from sna_edge import CP, Model, Output, spline_axis
from sna_edge.artifact.canonical_form import as_stored
from sna_edge.artifact.golden import make
from sna_edge.artifact.grouping import groups_of
from sna_edge.artifact.integer_section import plan
from sna_edge.core.beside import GRID, Calibration, Role
from sna_edge.uncertainty.companions import places
from sna_edge.uncertainty.familiarity import LEAST_DENSITY, share_of
from sna_export.calibrate import calibrated
from sna_export.calibrate.familiarity import familiarity_of

Floats = NDArray[np.float64]
ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "integer_beside.md"
MOST = 2000
HEAD = (
    "| table | rows | points | steps of p, largest | beyond one | lost in one density"
    " | steps of an interval's end, largest |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |"
)


def by_integers(model: Any, z: Floats) -> Floats:
    """What the integer path of a companion gives at z [N, C], from sensors of 16 bits."""
    stored = as_stored(model)
    path, _ = plan(stored, groups_of(stored.interaction), make(stored, peaks=True)[1].ranges)
    low, high = np.array([(a.lower, a.upper) for a in model.axes]).T
    first, last = np.array([(a.count_lower, a.count_upper) for a in path.axes]).T
    counts = np.rint(first + (z - low) / (high - low) * (last - first)).astype(np.int64)
    return np.asarray(path.decoded(path.evaluate(path.locate(counts)[0]))[:, 0])


def values(rows: Rows) -> Model:
    """The mean of the inputs, each over the range of all rows."""
    every = np.concatenate([rows.fitted, rows.calibration, rows.held_out, *rows.strange.values()])
    ends = zip(every.min(axis=0), every.max(axis=0), strict=True)
    axes = [spline_axis(f"x{d}", "", *e, spans=1, degree=1) for d, e in enumerate(ends)]
    where = [np.array([d]) for d in range(len(axes))]
    tables = [np.array([[a.lower], [a.upper]]) for a in axes]
    return Model(axes, CP(tables, where, np.full((len(axes), 1), 1 / len(axes))), [Output("y")])


def place(p: Floats) -> Floats:
    """On the grid of 33 levels."""
    return np.asarray(np.clip(16 + 2 * np.log(p / (1 - p)), 0, GRID - 1))


def measured(rows: Rows) -> Iterator[str]:
    model, x = values(rows), rows.fitted
    held = rows.calibration if len(x) >= MOST else None
    found = familiarity_of(model.axes, x, calibration=held, integers=True)
    told = Calibration(**found.calibration)
    rng, y = np.random.default_rng(0), model.value(x)
    wide = np.exp((x[:, :1] - x[:, 0].mean()) / x[:, 0].std() / 2)
    scaled = calibrated(model, x, y + y.std() * wide * rng.normal(size=y.shape), y).model
    for name, points in {"held out": rows.held_out, **rows.strange}.items():
        points = points[:MOST]
        one, other, lost = np.zeros(len(points)), np.zeros(len(points)), 0
        for c in found.companions:
            z = places(c, model.axes, points, np.zeros((len(points), 1)))
            integers = by_integers(c.model, z)
            lost += np.count_nonzero(integers <= 0)
            for s, density in ((one, c.model.value(z)[:, 0]), (other, integers)):
                s += c.weight * np.log(np.maximum(density, LEAST_DENSITY))
        steps = np.abs(place(share_of(told, one)) - place(share_of(told, other)))
        cells = [f"{steps.max():.2f}", np.count_nonzero(steps > 1), lost, ends(scaled, points)]
        yield f"| {rows.name} | {name} | {len(points)} | {' | '.join(map(str, cells))} |"


def ends(model: Model, points: Floats) -> str:
    """How far q(p_j) sigma of the integers lies from it in the quantiles of the float path."""
    scales = [c for c in model.companions if c.role == Role.SCALE]
    if not scales or model.calibration is None:
        return "constant"
    z = places(scales[0], model.axes, points, model.value(points))
    ratio = by_integers(scales[0].model, z) / scales[0].model.value(z)[:, 0]
    quantiles = np.unique(model.calibration.quantiles[0])  # of few rows the ends are equal
    steps = np.arange(len(quantiles))
    found = np.interp(np.outer(ratio, quantiles), quantiles, steps)
    return f"{np.abs(found - steps).max():.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    page = HEAD + "\n"
    for rows in tables(parser.parse_args().data):
        for line in measured(rows):
            print(line, flush=True)
            page += line + "\n"
    TABLE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
