"""Archives and models whose names and cells are odd."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_export.score import Job, score

from .archives import as_csv, model, parts, saved

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_outputs_called_as_own_columns_are_kept_and_compared(place, job, kind):
    """Before, an output `status` was written over by the status, `verdict` by the verdict."""
    jobs, names = [], ["status", "verdict", "status_2"]
    for name, factor in (("old", 1.0), ("new", 1.5)):
        made = model()
        outputs = [replace(made.outputs[0], name=n, interval=None) for n in names]
        weights = np.array([[1.0, 2.0, 3.0]]) * factor
        cp = sna_edge.CP(made.interaction.tables, made.interaction.modes, weights)
        digest = saved(place / f"{name}.sna", sna_edge.Model(made.axes, cp, outputs))
        (place / "l.toml").write_text("[outputs.status]\nLSL = 80.0\nUSL = 120.0\n")
        jobs.append(
            Job(str(place / f"{name}.sna"), digest, str(place / "out"), str(place / "l.toml"),
                kind=kind)
        )  # fmt: skip
    as_csv(place / "archive" / "a.csv", parts(100))
    score(jobs[0], [str(place / "archive")])
    found = score(jobs[1], [str(place / "archive")])
    (path,) = Path(found.folder).glob(f"a.*{kind}")
    if kind == "csv":
        rows = list(csv.DictReader(path.open()))
    else:
        rows = pq.read_table(path).to_pylist()
    good = [r for r in rows if r["status"] == "ok"]
    assert len(good) > 50 and {r["verdict"] for r in good} <= {"ACCEPT", "REJECT", "NO VERDICT"}
    value = np.array([[float(r[c]) for c in ("status_3", "verdict_2", "status_2")] for r in good])
    assert np.allclose(value, value[:, :1] * [1, 2, 3])
    told = found.differences["outputs"]
    for name, column in zip(names, value.T, strict=True):
        assert told[name]["largest"] == pytest.approx(np.abs(column / 3).max(), rel=1e-6)
