"""Archives scored: the same answers as one part at a time, once, whole, and told apart by model."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_edge.core.missing import KEY, Gaps
from sna_edge.errors import InputError
from sna_edge.quality import Line, read_limits
from sna_export.score import Job, score
from sna_export.score.outputs import written_as

from .archives import EVERYTHING, LIMITS, as_csv, as_parquet, model, parts, saved

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_every_row_is_judged_as_a_line_judges_it(place, job, suffix):
    columns = parts(400)
    {"csv": as_csv, "parquet": as_parquet}[suffix](place / "archive" / f"day.{suffix}", columns)
    asked = job(kind="csv")
    found = score(asked, [str(place / "archive")])
    line = Line(sna_edge.load(asked.model), read_limits(asked.limits, model()), advice_ms=0)
    sent = [
        {k: v for k, v in zip(("id", "power", "lot"), row, strict=True) if v == v}
        for row in zip(columns["id"], columns["power"], columns["lot"], strict=True)
    ]
    answers = line.readings(sent)
    (name,) = Path(found.folder).glob("day*.csv")
    rows = list(csv.DictReader(name.open()))
    assert len(rows) == 400
    for row, answer in zip(rows, answers, strict=True):
        assert int(row["id"]) == answer["id"]
        assert (row["verdict"], row["status"]) == (answer["verdict"], answer["status"])
        told = answer.get("outputs", {}).get("width", {})
        for key, name in (("value", "width"), ("lower", "width_lower"), ("upper", "width_upper")):
            assert (row[name] == "") == (key not in told)
            # a batch and a single part are rounded by different loops of the kernel
            assert not row[name] or float(row[name]) == pytest.approx(told[key], rel=1e-6)
    words = {w: sum(a["verdict"] == w for a in answers) for w in ("ACCEPT", "REJECT", "NO VERDICT")}
    assert {w: sum(n.values()) for w, n in found.counts["verdicts"].items()} == words
    assert min(words.values()) > 10


def test_verdicts_are_counted_against_measured_values(place, job):
    columns = parts(300, 1)
    as_parquet(place / "archive" / "day.parquet", columns)
    found = score(job(), [str(place / "archive")])
    y = np.array(columns["width"])
    truth = np.where(np.isnan(y), "not measured", np.where((y >= 80) & (y <= 120), "good", "bad"))
    (path,) = Path(found.folder).glob("*.parquet")
    table = pq.read_table(path)
    verdict = np.array(table["verdict"].to_pylist())
    for word, counted in found.counts["verdicts"].items():
        assert counted == {t: int(((verdict == word) & (truth == t)).sum()) for t in counted}
    value = np.array(table["width"].to_pylist(), dtype=float)
    error = (y - value)[np.isfinite(y - value)]
    n, total, squares, inside, told = found.counts["measured"]["width"]
    assert told == n
    assert n == len(error) and total == pytest.approx(error.sum(), rel=1e-12)
    assert squares == pytest.approx(np.square(error).sum(), rel=1e-12)
    assert inside == (np.abs(error) <= 5.0).sum()


def test_a_second_run_does_nothing(place, job):
    as_parquet(place / "archive" / "a.parquet", parts(50))
    as_csv(place / "archive" / "b.csv", parts(60, 1))
    first = score(job(), [str(place / "archive")])
    before = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in files(place / "out")}
    again = score(job(), [str(place / "archive")])
    assert (first.made, again.made) == (2, 0) and again.counts == first.counts
    assert {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in files(place / "out")} == before


def test_what_was_compared_is_not_compared_again(place, job, monkeypatch):
    as_parquet(place / "archive" / "a.parquet", parts(50))
    new = job("new", 160.0)
    score(job("old"), [str(place / "archive")])
    found = score(new, [str(place / "archive")])
    monkeypatch.setattr("sna_export.score.beside.compared", None)
    again = score(new, [str(place / "archive")])
    assert found.differences is not None and again.differences == found.differences


def test_models_of_one_name_are_kept_apart(place, job):
    as_parquet(place / "archive" / "a.parquet", parts(50))
    first = score(job(), [str(place / "archive")])
    second = score(job(height=160.0), [str(place / "archive")])
    assert first.folder != second.folder and second.previous == first.folder


def files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def test_only_what_changed_is_scored_again(place, job):
    as_parquet(place / "archive" / "a.parquet", parts(50))
    as_parquet(place / "archive" / "b.parquet", parts(60, 1))
    score(job(), [str(place / "archive")])
    as_parquet(place / "archive" / "b.parquet", parts(60, 2))
    assert score(job(), [str(place / "archive")]).made == 1
    (place / "limits.toml").write_text(LIMITS.replace("120", "119"))
    assert score(job(), [str(place / "archive")]).made == 2
    assert score(job(backend="numpy"), [str(place / "archive")]).made == 2
    assert score(job(level=None, keep=("lot",)), [str(place / "archive")]).made == 2


def test_an_output_says_what_it_is_made_of(place, job):
    for suffix, write in (("csv", as_csv), ("parquet", as_parquet)):
        path = place / "archive" / f"day.{suffix}"
        write(path, parts(30))
        asked = job()
        found = score(asked, [str(path)])
        told = written_as(str(Path(found.folder) / path.name))
        assert told["model"] == {"name": "m.sna", "sha256": asked.sha256}
        assert told["input"]["sha256"] == sha256(path.read_bytes()).hexdigest()
        assert told["limits"] == sha256(LIMITS.encode()).hexdigest()


def test_models_are_kept_apart_and_compared(place, job):
    as_parquet(place / "archive" / "a.parquet", parts(200))
    as_csv(place / "archive" / "b.csv", parts(100, 1))
    old, new = job("old"), job("new", 160.0)
    first = score(old, [str(place / "archive")])
    kept = {p: p.read_bytes() for p in files(Path(first.folder))}
    assert first.previous is None
    found = score(new, [str(place / "archive")])
    assert found.previous == first.folder != found.folder
    assert {p: p.read_bytes() for p in files(Path(first.folder))} == kept
    d = [np.array(pq.read_table(next(Path(f.folder).glob("*.parquet")))["width"].to_pylist(), float)
         for f in (found, first)]  # fmt: skip
    rows = [list(csv.DictReader((Path(f.folder) / "b.csv").open())) for f in (found, first)]
    d = [np.r_[a, [float(r["width"] or "nan") for r in b]] for a, b in zip(d, rows, strict=True)]
    change = (d[0] - d[1])[np.isfinite(d[0])]
    told = found.differences["outputs"]["width"]
    assert told["rows"] == len(change) and told["largest"] == np.abs(change).max()
    assert told["mean"] == pytest.approx(change.mean(), rel=1e-12)
    assert told["rms"] == pytest.approx(np.sqrt(np.square(change).mean()), rel=1e-12)
    assert sum(found.differences["verdicts"].values()) > 0
    assert not found.differences["other_limits"]
    assert score(new, [str(place / "archive")]).differences == found.differences


def test_verdicts_by_other_limits_are_not_the_models_alone(place, job):
    as_csv(place / "archive" / "a.csv", parts(100))
    score(job("old"), [str(place / "archive")])
    (place / "limits.toml").write_text("[outputs.width]\nLSL = 80.0\nUSL = 100.0\n")
    found = score(job("new"), [str(place / "archive")])
    assert found.differences["other_limits"] and found.differences["verdicts"]
    assert found.differences["outputs"]["width"]["largest"] == 0.0


def test_any_number_of_workers_gives_the_same_bytes(place, job):
    for i in range(5):
        as_parquet(place / "archive" / f"{i}.parquet", parts(40 + i, i), row_group_size=16)
    outputs = []
    for workers in (1, 2):
        asked = replace(job(), folder=str(place / f"out{workers}"))
        found = score(asked, [str(place / "archive")], workers=workers)
        outputs.append([p.read_bytes() for p in files(Path(found.folder))])
    assert outputs[0] == outputs[1]


def test_columns_may_have_other_names_and_units(place, job):
    as_csv(place / "archive" / "a.csv", {"P [kW]": [0.2, 0.25], "charge": ["a", "b"]})
    field = pa.field("P", pa.float64(), metadata={"unit": "kW"})
    schema = pa.schema([field, pa.field("charge", pa.dictionary(pa.int8(), pa.string()))])
    table = pa.table([[0.2, 0.25], pa.array(["a", "b"]).dictionary_encode()], ["P", "charge"])
    pq.write_table(table.cast(schema), place / "archive" / "b.parquet")
    values = []
    for name, column in (("a.csv", "P [kW]"), ("b.parquet", "P")):
        asked = job(measured=(), kind="parquet", columns={"power": column, "lot": "charge"})
        found = score(asked, [str(place / "archive" / name)])
        assert found.counts["statuses"] == {"ok": 2}
        (path,) = Path(found.folder).glob(f"{name}*")
        values.append(pq.read_table(path)["width"].to_pylist())
    assert values[0] == values[1] == pytest.approx([100.0, 1.2 * 125.0], rel=1e-6)


def test_formulas_familiarity_and_gaps_are_those_of_a_line(place):
    made = sna_edge.load(EVERYTHING)
    raw = [(r.name, r.lower, r.upper) for r in made.readings.raw] if made.readings else []
    derived = {made.axes[f.axis].name for f in made.readings.derived} if made.readings else set()
    r, columns = np.random.default_rng(3), {}
    for axis in made.axes:
        if axis.kind == "categorical":
            columns[axis.name] = r.choice(axis.level_names, 200).tolist()
        elif axis.name not in derived:
            columns[axis.name] = r.uniform(axis.lower, axis.upper, 200).tolist()
    columns |= {name: r.uniform(low, high, 200).tolist() for name, low, high in raw}
    as_parquet(place / "archive" / "a.parquet", columns)
    name = made.output_names[0]
    middle = float(np.nanmedian(made.evaluate(columns).value[:, 0]))
    limits = place / "limits.json"
    limits.write_text(json.dumps({"outputs": {name: {"USL": middle}}, "least_p": 0.2}))
    asked = Job(str(EVERYTHING), sha256(EVERYTHING.read_bytes()).hexdigest(), str(place / "out"),
                str(limits))  # fmt: skip
    found = score(asked, [str(place / "archive")])
    line = Line(made, read_limits(limits, made), advice_ms=0)
    sent = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    answers = line.readings(sent)
    table = pq.read_table(next(Path(found.folder).glob("*.parquet")))
    assert table["status"].to_pylist() == [a["status"] for a in answers]
    assert table["verdict"].to_pylist() == [a["verdict"] for a in answers]
    assert {"unfamiliar"} < set(table["status"].to_pylist())
    p = made.familiarity(columns).p
    assert np.allclose(table["familiarity"].to_numpy(), p, rtol=1e-6, equal_nan=True)


def test_missing_readings_are_judged_as_a_line_judges_them(place):
    axes = [sna_edge.spline_axis(n, "", 0.0, 1.0, spans=1, degree=1) for n in "abc"]
    cp = sna_edge.CP.full([np.array([[1.0], [2.0]])] * 3, np.ones((1, 1)))
    gaps = Gaps(("a", "b", "c"), np.full(3, 0.5), np.eye(3), {"a": "", "b": ""}, (), 1)
    y = sna_edge.Output("y", interval=sna_edge.Interval(0.9, 0.1, 0.1))
    made = sna_edge.Model(axes, cp, [y], metadata={KEY: gaps.metadata()})
    (place / "limits.toml").write_text("[outputs.y]\nUSL = 9.0\n")
    nan = float("nan")
    columns = {"a": [0.2, nan, nan, 0.2], "b": [0.3, 0.3, nan, 0.3], "c": [0.4, 0.4, 0.4, nan]}
    as_parquet(place / "archive" / "a.parquet", columns)
    asked = Job(str(place / "m.sna"), saved(place / "m.sna", made), str(place / "out"),
                str(place / "limits.toml"))  # fmt: skip
    found = score(asked, [str(place / "archive")])
    table = pq.read_table(next(Path(found.folder).glob("*.parquet")))
    line = Line(sna_edge.load(asked.model), read_limits(asked.limits, made), advice_ms=0)
    rows = zip(*columns.values(), strict=True)
    answers = line.readings(
        [{n: None if v != v else v for n, v in zip(columns, row, strict=True)} for row in rows]
    )
    assert table["status"].to_pylist() == [a["status"] for a in answers]
    assert table["verdict"].to_pylist() == [a["verdict"] for a in answers]
    assert table["verdict"].to_pylist() == ["ACCEPT", "ACCEPT", "NO VERDICT", "NO VERDICT"]


def test_a_row_that_is_none_has_no_value(place, job):
    (place / "archive" / "a.csv").write_text("power,lot\n200,a\n200,a,7\n210,b\n")
    found = score(job(measured=()), [str(place / "archive")])
    rows = list(csv.DictReader((Path(found.folder) / "a.csv").open()))
    assert [row["status"] for row in rows] == ["ok", "bad_input", "ok"]
    assert rows[1]["width"] == "" and rows[1]["verdict"] == "NO VERDICT"
    assert found.reasons[0]["row"] == 3


def test_a_row_that_is_none_has_no_value_where_every_reading_may_be_missing(place):
    axis = sna_edge.spline_axis("a", "", 0.0, 1.0, spans=1, degree=1)
    cp = sna_edge.CP.full([np.array([[1.0], [2.0]])], np.ones((1, 1)))
    gaps = Gaps(("a",), np.array([0.5]), np.eye(1), {"a": ""}, (), 1)
    made = sna_edge.Model([axis], cp, [sna_edge.Output("y")], metadata={KEY: gaps.metadata()})
    (place / "archive" / "a.csv").write_text("id,a\n1,0.2\n2,0.2,7\n")
    asked = Job(str(place / "m.sna"), saved(place / "m.sna", made), str(place / "out"))
    found = score(asked, [str(place / "archive")])
    rows = list(csv.DictReader((Path(found.folder) / "a.csv").open()))
    assert [row["status"] for row in rows] == ["ok", "bad_input"] and rows[1]["y"] == ""


def test_a_model_that_changed_meanwhile_is_refused(place, job):
    as_csv(place / "archive" / "a.csv", parts(10))
    asked = job()
    model(160.0).save(asked.model)
    assert "has changed since the score began" in refused(place, asked)


def refused(place: Path, asked: Job, *archive: str) -> str:
    """The sentence, and nothing written."""
    with pytest.raises(InputError) as told:
        score(asked, list(archive) or [str(place / "archive")])
    assert not [p for p in files(place / "out") if p.name != "score.json"]
    return str(told.value)


def test_bad_archives_are_refused_in_one_sentence(place, job):
    archive = place / "archive"
    assert "no table in" in refused(place, job())
    assert "there is no file" in refused(place, job(), str(archive / "x*.csv"))
    as_parquet(archive / "a.parquet", parts(20))
    lacking = parts(20)
    del lacking["power"]
    as_parquet(archive / "b.parquet", lacking)
    assert "b.parquet has no column 'power'" in refused(place, job())
    text = parts(20) | {"power": ["hot"] * 20}
    as_parquet(archive / "b.parquet", text)
    assert "column 'power' holds string" in refused(place, job())
    whole = (archive / "a.parquet").read_bytes()
    (archive / "b.parquet").write_bytes(whole[: len(whole) // 2])
    assert "b.parquet cannot be read as a Parquet file" in refused(place, job())
    (archive / "b.parquet").write_bytes(b"")
    assert "b.parquet cannot be read as a Parquet file" in refused(place, job())
    other = parts(20)
    other["measured.width"] = other.pop("width")
    as_parquet(archive / "b.parquet", {k: v for k, v in other.items() if k != "measured.width"})
    assert "no column 'width' to compare with" in refused(place, job())
    del other["id"]
    as_parquet(archive / "b.parquet", other)
    assert "b.parquet has other kept columns" in refused(place, job())


def test_a_damaged_page_leaves_nothing_half_written(place, job):
    path = place / "archive" / "a.parquet"
    as_parquet(path, parts(5000), compression="gzip")
    data = bytearray(path.read_bytes())
    data[2000:2400] = bytes(400)
    path.write_bytes(data)
    assert "a.parquet, near row 1" in refused(place, job())
    assert not [p for p in (place / "out").rglob("*") if p.is_file() and p.name != "score.json"]


def test_unknown_levels_and_bad_cells_are_told_by_row(place, job):
    as_csv(place / "archive" / "a.csv",
           {"power": [200, "hot", 400, 200], "lot": ["a", "a", "a", "z"]})  # fmt: skip
    found = score(job(measured=()), [str(place / "archive")])
    assert found.counts["statuses"] == {"ok": 1, "out_of_domain": 2, "bad_input": 1}
    said = {one["row"]: one["reason"] for one in found.reasons}
    assert said[3] == "'power' is no number: 'hot'"
    assert said[4].startswith("power = 400 is outside its domain")
    assert said[5] == "'lot' has a level that was not in the training data: 'z'"


def test_files_of_another_hand_are_left_alone(place, job):
    as_csv(place / "archive" / "a.csv", parts(10))
    mine = Path(job().place)
    mine.mkdir(parents=True)
    (mine / "a.csv").write_text("mine")
    with pytest.raises(InputError, match="files of another hand"):
        score(job(), [str(place / "archive")])
    assert (mine / "a.csv").read_text() == "mine"


def test_no_rows_are_an_output_without_rows(place, job):
    as_parquet(place / "archive" / "a.parquet", parts(20))
    pq.write_table(pq.read_table(place / "archive" / "a.parquet").slice(0, 0),
                   place / "archive" / "b.parquet")  # fmt: skip
    found = score(job(), [str(place / "archive")])
    assert found.counts["rows"] == 20
    tables = [pq.read_table(p) for p in sorted(Path(found.folder).glob("*.parquet"))]
    assert [t.num_rows for t in tables] == [20, 0] and tables[0].schema == tables[1].schema
