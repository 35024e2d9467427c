"""Large batches, by ways that look at all rows at once where nothing is wrong with them."""

from __future__ import annotations

import csv
from threading import Event

import numpy as np
import pytest

import sna_edge
from sna_edge.quality import judge, read_limits
from sna_edge.quality.verdict import WORDS, Rule
from sna_edge.status import Status
from sna_export.score import Job, partition, score
from sna_export.score.batches import rows_of
from sna_export.score.columns import all_finite
from sna_export.score.judged import AT_ONCE
from sna_export.score.outputs import CsvOut
from sna_export.sealed.folder import digest_of

from .archives import as_csv, as_parquet, model, parts, saved

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
N = 2 * AT_ONCE + 100


def scored(place, made: sna_edge.Model, columns: dict) -> dict[str, np.ndarray]:
    """The output of a table of these columns."""
    as_parquet(place / "archive" / "a.parquet", columns)
    digest = saved(place / "m.sna", made)
    found = score(Job(str(place / "m.sna"), digest, str(place / "out")), [str(place / "archive")])
    table = pq.read_table(f"{found.folder}/a.parquet")
    return {name: np.array(table[name].to_pylist()) for name in table.column_names}


@pytest.mark.parametrize("odd", [0, 1, N // 50])
def test_rows_of_large_batches_are_those_of_query(place, odd):
    """None, one and many rows that are not as the others."""
    axes = [sna_edge.spline_axis(n, "", 0.0, 1.0, spans=4, degree=3) for n in "abc"]
    r = np.random.default_rng(odd)
    cp = sna_edge.CP.full([r.normal(size=(7, 2)) for _ in axes], np.ones((2, 1)))
    y = sna_edge.Output("y", interval=sna_edge.Interval(0.9, 0.1, 0.2))
    made, x = sna_edge.Model(axes, cp, [y]), r.random((N, 3))
    x[r.choice(N, odd, replace=False), r.integers(0, 3, odd)] = r.choice(
        [np.nan, np.inf, -np.inf, 1.5, -1e-17], odd
    )
    told = scored(place, made, {"id": range(N), **dict(zip("abc", x.T, strict=True))})
    found = sna_edge.load(place / "m.sna").evaluate(np.where(np.isinf(x), np.nan, x))
    assert told["id"].tolist() == list(range(N))
    assert told["status"].tolist() == [Status(int(s)).label for s in found.status]
    assert np.count_nonzero(found.status < 0) <= odd
    for name in ("value", "lower", "upper"):
        column = "y" if name == "value" else f"y_{name}"
        assert np.allclose(told[column], getattr(found, name)[:, 0], rtol=1e-6, equal_nan=True)


def test_numbers_of_a_column_are_finite_or_looked_at():
    """A sum that overflows says nothing, and is not told as a warning."""
    assert all_finite(np.ones(3)) and all_finite(np.empty(0))
    for odd in (np.nan, np.inf, -np.inf, [np.inf, -np.inf], np.full(3, 1e308)):
        assert not all_finite(np.append(np.ones(3), odd))


def test_places_of_verdicts_are_those_of_the_rule(place):
    made, r = model(), np.random.default_rng(0)
    x = np.stack([r.uniform(90, 310, 500), r.integers(0, 3, 500)], axis=1)
    found = made.evaluate(x, level_index=True)
    limits = read_limits(place / "limits.toml", made)
    words = judge(made, limits, found).verdict
    assert WORDS[Rule(made, limits).places(found)].tolist() == words.tolist()
    assert set(words.tolist()) == set(WORDS.tolist())


def test_verdicts_are_counted_where_some_are_not_measured(place, job):
    """A value that is measured as infinite is none."""
    columns = parts(N)
    columns["width"][1] = np.inf
    as_parquet(place / "archive" / "a.parquet", columns)
    told = score(job(), [str(place / "archive")]).counts
    measured = np.isfinite(columns["width"])
    inside = measured & (np.array(columns["width"]) >= 80) & (np.array(columns["width"]) <= 120)
    truths = {t: sum(v[t] for v in told["verdicts"].values()) for t in ("good", "bad")}
    assert truths == {"good": inside.sum(), "bad": (measured & ~inside).sum()}
    assert sum(told["statuses"].values()) == N and len(told["statuses"]) == 3


def test_answers_are_plain_numbers_and_words_are_dictionaries(place, job):
    as_parquet(place / "archive" / "a.parquet", parts(500))
    folder = score(job(), [str(place / "archive")]).folder
    group = pq.read_metadata(f"{folder}/a.parquet").row_group(0)
    kinds = {group.column(i).path_in_schema: group.column(i) for i in range(group.num_columns)}
    assert set(kinds["width"].encodings) <= {"PLAIN", "RLE"}
    assert kinds["width"].compression == "UNCOMPRESSED" and not kinds["width"].statistics
    assert "DELTA_BINARY_PACKED" in kinds["id"].encodings
    assert "RLE_DICTIONARY" in kinds["verdict"].encodings
    assert kinds["id"].statistics.max == 499


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_new_file_is_read_while_its_digest_is_taken(place, job, monkeypatch, kind):
    begun = Event()

    def digest(path: str) -> str:
        assert begun.wait(60), "no row was read before the digest"
        return digest_of(path)

    def rows(*given):
        begun.set()
        return rows_of(*given)

    {"csv": as_csv, "parquet": as_parquet}[kind](place / "archive" / f"a.{kind}", parts(50))
    monkeypatch.setattr(partition, "digest_of", digest)
    monkeypatch.setattr(partition, "rows_of", rows)
    assert score(job(), [str(place / "archive")]).made == 1
    begun.clear()
    monkeypatch.setattr(partition, "digest_of", digest_of)
    assert score(job(), [str(place / "archive")]).made == 0 and not begun.is_set()


def test_a_file_whose_digest_fails_leaves_no_output(place, job, monkeypatch):
    as_parquet(place / "archive" / "a.parquet", parts(50))

    def gone(path: str) -> str:
        raise OSError(5, "Input/output error", path)

    monkeypatch.setattr(partition, "digest_of", gone)
    with pytest.raises(OSError, match="Input/output"):
        score(job(), [str(place / "archive")])
    assert [p.name for p in (place / "out").rglob("*") if p.is_file()] == ["score.json"]


@pytest.mark.parametrize("cell", ["a", "a,b", 'a"b', "a\nb", "a\rb", " a ", "", "'", "ä;\t"])
def test_cells_are_quoted_as_by_the_writer_of_the_library(tmp_path, cell):
    """Whichever of two ways writes them."""
    kept, y = ["x", cell, ""], np.array([1.0, np.nan, 1e-7])
    with CsvOut(str(tmp_path / "a.csv")) as out:
        for cells in (kept, pa.array(kept), pa.array([1, None, 2])):
            out.write(
                {"id": cells, "y": y, "status": np.array([0, 1, 0])}, {"status": ["ok", "no"]}
            )
        out.finish({})
    with (tmp_path / "b.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["id", "y", "status"])
        for cells in (kept, kept, [1, "", 2]):
            rows.writerows(zip(cells, ["1.0", "", "1e-07"], ["ok", "no", "ok"], strict=True))
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
