"""Outputs that were damaged or changed by hand between two runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sna_edge.errors import InputError
from sna_export.score import score

from .archives import as_csv, as_parquet, parts

pq = pytest.importorskip("pyarrow.parquet")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def edited(path: Path) -> None:
    """By what a user has at hand."""
    if path.suffix == ".csv":
        path.write_text(path.read_text().replace("ACCEPT", "REJECT"))
    else:
        pq.write_table(pq.read_table(path).slice(1), path)


@pytest.mark.parametrize("write", [as_csv, as_parquet])
@pytest.mark.parametrize("harm", [cut, edited])
def test_a_changed_output_is_made_anew(place, job, write: Callable, harm: Callable) -> None:
    """The next run said 'as it was' of a CSV file with three rows left."""
    suffix = "csv" if write is as_csv else "parquet"
    write(place / "archive" / f"a.{suffix}", parts(100))
    found = score(job(), [str(place / "archive")])
    output = Path(found.folder) / f"a.{suffix}"
    whole = output.read_bytes()
    harm(output)
    again = score(job(), [str(place / "archive")])
    assert (again.made, again.counts, output.read_bytes()) == (1, found.counts, whole)
    assert score(job(), [str(place / "archive")]).made == 0


def test_a_changed_output_of_the_model_before_is_not_compared(place, job) -> None:
    """It was an internal error (shapes of 100 and 3 rows)."""
    for name in "ab":
        as_csv(place / "archive" / f"{name}.csv", parts(100, ord(name)))
    before = score(job("old"), [str(place / "archive")])
    cut(Path(before.folder) / "a.csv")
    found = score(job("new", 160.0), [str(place / "archive")])
    assert 0 < found.differences["outputs"]["width"]["rows"] <= 100


def test_a_damaged_output_of_the_model_before_is_named(place, job) -> None:
    as_parquet(place / "archive" / "a.parquet", parts(5000))
    before = Path(score(job("old"), [str(place / "archive")]).folder) / "a.parquet"
    data = bytearray(before.read_bytes())
    data[40:-4000] = bytes(len(data) - 4040)
    before.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.parquet is damaged .*; delete it and score"):
        score(job("new", 160.0), [str(place / "archive")])
