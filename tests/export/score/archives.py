"""A model, and archives of parts, for tests of scores."""

from __future__ import annotations

import csv
from hashlib import sha256
from pathlib import Path

import numpy as np

import sna_edge

LIMITS = "[outputs.width]\nLSL = 80.0\nUSL = 120.0\n[inputs.power]\ntolerance = 5.0\n"
EVERYTHING = Path(__file__).parents[2] / "sna_edge" / "kept" / "1.1" / "everything.sna"


def model(height: float = 150.0) -> sna_edge.Model:
    """width = 50 + (height - 50) (power - 100) / 200, times 1.2 with lot b."""
    axes = [
        sna_edge.spline_axis("power", "W", 100.0, 300.0, spans=1, degree=1),
        sna_edge.level_axis("lot", ["a", "b"]),
    ]
    tables = (np.array([[50.0], [height]]), np.array([[1.0], [1.2]]))
    cp = sna_edge.CP(tables, (np.array([0]), np.array([0])), np.ones((1, 1)))
    width = sna_edge.Output("width", "um", interval=sna_edge.Interval(0.9, 5.0, 5.0))
    return sna_edge.Model(axes, cp, [width])


def saved(path: Path, made: sna_edge.Model) -> str:
    made.save(path)
    return sha256(path.read_bytes()).hexdigest()


def parts(n: int, seed: int = 0) -> dict[str, list]:
    """Parts of which some have no number, are outside, or of an unknown level."""
    r = np.random.default_rng(seed)
    power = r.uniform(90.0, 310.0, n)
    power[::17] = np.nan
    lot = r.choice(["a", "b", "c"], n, p=[0.5, 0.45, 0.05]).tolist()
    truth = r.uniform(70.0, 130.0, n)
    truth[::3] = np.nan
    return {"id": list(range(n)), "power": power.tolist(), "lot": lot, "width": truth.tolist()}


def as_csv(path: Path, columns: dict[str, list]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        rows = zip(*columns.values(), strict=True)
        writer.writerows([["" if v != v else v for v in row] for row in rows])


def as_parquet(path: Path, columns: dict[str, list], **options) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(columns), path, **options)
