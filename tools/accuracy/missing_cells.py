"""Concrete strength with holes in cement, water and age: rows dropped, or missing cells modelled.

    python tools/accuracy/missing_cells.py [--seeds 2] [--rows 500]

Holes at random are a fifth of the cells; those not at random take 42 % of the cells above the 60 %
quantile and 5 % below. The other rows test, with holes of the same kind: RMSE of rows that are
whole and of rows that lack a reading, and what the 90 % interval of these covers. A model of rows
dropped answers a missing reading at the median.
"""

from __future__ import annotations

import argparse

import numpy as np
from measured import DATA
from numpy.typing import NDArray

from sna_export.fit import fit
from sna_export.table import Table, read

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
HOLED = (0, 3, 7)


def holes(x: Floats, kind: str, rng: np.random.Generator) -> Bools:
    """[N, D]: which cells are not measured."""
    out = np.zeros(x.shape, dtype=bool)
    for d in HOLED:
        high = x[:, d] > np.quantile(x[:, d], 0.6)
        share = np.full(len(x), 0.2) if kind == "at random" else np.where(high, 0.42, 0.05)
        out[:, d] = rng.random(len(x)) < share
    return out


def figures(kind: str, how: str, seed: int, count: int) -> list[float]:
    """RMSE of whole rows and of rows with holes, coverage of these."""
    table = read(DATA / "uci_concrete" / "concrete.csv")
    names, target = list(table.names[:-1]), table.names[-1]
    x, y = np.stack([table.column(n) for n in names], axis=1), table.column(target)
    rng = np.random.default_rng(seed)
    gone, order = holes(x, kind, rng), rng.permutation(len(x))
    seen = np.where(gone, np.nan, x)
    rows, rest = order[:count], order[count:]
    columns = dict(zip(names, seen[rows].T, strict=True)) | {target: y[rows]}
    domain = dict(zip(names, zip(x.min(axis=0), x.max(axis=0), strict=True), strict=True))
    model = fit(Table.of(columns), [target], missing=how, domain=domain, seed=seed).model
    asked = seen[rest]
    if model.gaps is None:
        asked = np.where(np.isnan(asked), np.nanmedian(seen[rows], axis=0), asked)
    found = model.evaluate({n: asked[:, d] for d, n in enumerate(names) if n in model.input_names})
    residual, lacks = found.value[:, 0] - y[rest], gone[rest].any(axis=1)
    inside = (found.lower[:, 0] <= y[rest]) & (y[rest] <= found.upper[:, 0])
    rms = [float(np.sqrt(np.nanmean(residual[some] ** 2))) for some in (~lacks, lacks)]
    return [*rms, float(100.0 * inside[lacks].mean())]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--rows", type=int, default=500)
    asked = parser.parse_args()
    print("| holes | rows with holes | RMSE, whole rows | RMSE, rows with holes | covered |")
    print("|---|---|--:|--:|--:|")
    for kind in ("at random", "not at random"):
        for how in ("drop", "model"):
            every = [figures(kind, how, seed, asked.rows) for seed in range(asked.seeds)]
            whole, lacking, covered = np.mean(every, axis=0)
            print(f"| {kind} | {how} | {whole:.2f} | {lacking:.2f} | {covered:.0f} % |", flush=True)


if __name__ == "__main__":
    main()
