"""Archives and models whose names and cells are odd."""

from __future__ import annotations

import csv
import resource
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_edge.errors import InputError
from sna_export.score import Job, score

from .archives import as_csv, as_parquet, model, parts, saved

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


def refused(job: Job, archive: Path) -> str:
    with pytest.raises(InputError) as caught:
        score(job, [str(archive)])
    assert not Path(job.folder).exists()
    return str(caught.value)


def as_arrow(place: Path, names: list[str], *columns: pa.Array) -> Path:
    path = place / "archive" / "a.parquet"
    pq.write_table(pa.table(list(columns), names=names), path)
    return path


POWER, LOT = pa.array([200.0]), pa.array(["a"])


def test_parquet_columns_that_cannot_be_read_are_one_sentence(place, job):
    """Columns of one name, levels that are lists, units that are none."""
    path = as_arrow(place, ["power", "lot", "power"], POWER, LOT, POWER)
    assert (
        refused(job(measured=()), path) == f"{path}: column name 'power' occurs twice; rename one"
    )
    path = as_arrow(place, ["power", "lot", "id", "id"], POWER, LOT, POWER, POWER)
    assert "column name 'id' occurs twice" in refused(job(measured=()), path)
    path = as_arrow(place, ["power", "lot"], POWER, pa.array([["a"]]))
    assert "column 'lot' holds list<element: string>" in refused(job(measured=()), path)
    for unit, why in (("bar", "'bar' is not a unit"), (b"\xff", "unknown unit '\ufffd'")):
        fields = [pa.field("power", pa.float64(), metadata={"unit": unit}), ("lot", pa.string())]
        pq.write_table(pa.table([POWER, LOT], schema=pa.schema(fields)), path)
        said = refused(job(measured=()), path)
        assert said.startswith(f"{path}: input 'power': ") and why in said


def test_columns_of_one_name_that_are_not_read_are_no_harm(place, job):
    path = as_arrow(place, ["power", "lot", "x", "x"], POWER, LOT, POWER, POWER)
    assert score(job(measured=()), [str(path)]).counts["statuses"] == {"ok": 1}


def test_outputs_may_lie_in_the_archive(place, job, monkeypatch):
    """Before, an archive below -o had no tables; outputs of a second folder were inputs."""
    as_csv(place / "archive" / "a.csv", parts(20))
    for folder in ("archive", "archive/scores", "."):
        asked = replace(job(), folder=str(place / folder))
        for made in (1, 0):
            found = score(asked, [str(place / "archive")])
            assert (found.files, found.made) == (1, made)
    monkeypatch.chdir(place / "archive")
    found = score(replace(job(), folder="."), ["**/*.csv"])
    assert (found.files, found.made) == (1, 0)
    with pytest.raises(InputError, match=r"a\.csv is an output of score; give tables of parts"):
        score(replace(job(), folder="x"), [found.folder])


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_full_disk_is_told_with_the_file(place, job, kind):
    as_csv(place / "archive" / "a.csv", parts(20_000))
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    asked = job(kind=kind)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard[1]))
    try:
        with pytest.raises(OSError) as caught:
            score(asked, [str(place / "archive")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, hard)
    suffix = "" if kind == "csv" else ".parquet"
    assert caught.value.filename == str(Path(asked.place) / f"a.csv{suffix}")
    assert [path.name for path in Path(asked.place).iterdir()] == ["score.json"]


def test_what_is_empty_is_told_so_at_its_line_or_row(place, job):
    """Before, a missing level was "no number: 'None'", and a line of a text file a row."""
    as_arrow(place, ["power", "lot"], pa.array([200.0, None]), pa.array([None, "a"]))
    as_csv(place / "archive" / "b.csv", {"power": [200.0, "nan"], "lot": ["", "a"]})
    found = score(job(measured=()), [str(place / "archive")])
    assert [(one["place"], one["reason"]) for one in found.reasons] == [
        ("row 1", "'lot' is empty"),
        ("row 2", "'power' is empty"),
        ("line 2", "'lot' is empty"),
        ("line 3", "'power' is no number: 'nan'"),
    ]


def test_a_reason_tells_the_number_in_the_unit_of_the_model(place, job) -> None:
    """'power = 200 is outside its domain, power [W] in [100, 300]' of 200 kW."""
    (place / "archive" / "a.csv").write_text("power [kW],lot\n200,a\n0.2,a\n")
    found = score(job(measured=()), [str(place / "archive")])
    assert found.counts["statuses"] == {"ok": 1, "out_of_domain": 1}
    assert found.reasons[0]["reason"].startswith("power = 200000 is outside its domain")


def test_ids_held_as_bytes_are_texts_in_csv(place, job) -> None:
    """They were b'p0'."""
    ids = [b"p0", "p\u00e9".encode(), b"\xff"]
    table = {"id": ids, "power": [200.0] * 3, "lot": [b"a"] * 3}
    pq.write_table(pa.table(table), place / "archive" / "a.parquet")
    found = score(job(measured=(), kind="csv"), [str(place / "archive")])
    rows = list(csv.DictReader((Path(found.folder) / "a.parquet.csv").open(encoding="utf-8")))
    assert [row["id"] for row in rows] == ["p0", "p\u00e9", "\\xff"]


def test_what_is_hidden_in_a_folder_is_no_table_of_it(place, job):
    """Copies of an editor and what a job has not finished were counted as parts."""
    for below in (
        "a.csv",
        ".ipynb_checkpoints/a-checkpoint.csv",
        "_temporary/0/a.csv",
        "2024/a.csv",
    ):
        path = place / "archive" / below
        path.parent.mkdir(parents=True, exist_ok=True)
        as_csv(path, parts(10))
    found = score(job(), [str(place / "archive")])
    assert (found.files, found.counts["rows"]) == (2, 20)


def test_a_column_that_folders_tell_is_said_to_be_there(place, job):
    """Hive partitioning: lot=a/part-0.csv without a column lot."""
    for lot in ("a", "b"):
        (place / "archive" / f"lot={lot}").mkdir()
        columns = {name: cells for name, cells in parts(10).items() if name != "lot"}
        as_csv(place / "archive" / f"lot={lot}" / "0.csv", columns)
    with pytest.raises(InputError, match=r"has no column 'lot'.*folder lot=a.*not read.*into the"):
        score(job(), [str(place / "archive")])


def test_nanoseconds_of_a_kept_time_go_to_a_csv_file(place, job):
    """Before, this was an internal error where pandas was not installed."""
    first = 1_704_067_200_123_456_789
    times = pa.array([first, None, first + 211], pa.timestamp("ns"))
    as_parquet(place / "archive" / "a.parquet", {**parts(3), "time": times})
    found = score(job(kind="csv"), [str(place / "archive")])
    (path,) = Path(found.folder).glob("*.csv")
    assert [row["time"] for row in csv.DictReader(path.open())] == [
        "2024-01-01 00:00:00.123456789", "", "2024-01-01 00:00:00.123457",
    ]  # fmt: skip


def test_levels_of_a_parquet_file_are_those_that_a_fit_reads(place):
    """True as TRUE, a time of midnight as its day: all rows were out of the domain."""
    from datetime import datetime

    days = [datetime(2024, 1, 1), datetime(2024, 1, 2, 6)]
    axes = [
        sna_edge.level_axis("on", ["FALSE", "TRUE"]),
        sna_edge.level_axis("day", ["2024-01-01", "2024-01-02 06:00:00"]),
    ]
    cp = sna_edge.CP.full([np.array([[1.0], [2.0]]), np.array([[1.0], [10.0]])], [[1.0]])
    made = sna_edge.Model(axes, cp, [sna_edge.Output("y")])
    digest = saved(place / "m.sna", made)
    for times in (days, pa.array(days, pa.timestamp("ns"))):
        as_parquet(place / "archive" / "a.parquet", {"on": [False, True], "day": times})
        found = score(
            Job(str(place / "m.sna"), digest, str(place / "out")), [str(place / "archive")]
        )
        (path,) = Path(found.folder).glob("*.parquet")
        assert pq.read_table(path)["y"].to_pylist() == [1.0, 20.0]
