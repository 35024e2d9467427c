"""Values of Arrow columns as Python's own, whether pandas is installed or not."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest

from sna_edge.table import open_table
from sna_edge.values.arrow import listed

pa = pytest.importorskip("pyarrow")
MIDNIGHT = 1_704_067_200_000_000_000
"""2024-01-01 in nanoseconds since 1970."""


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        (None, "2024-01-01 00:00:00.000000789"),
        ("+05:30", "2024-01-01 05:30:00.000000789+05:30"),
        ("No/Where", "2024-01-01 00:00:00.000000789Z"),
    ],
)
def test_nanoseconds_are_kept(zone, text):
    column = pa.array([MIDNIGHT + 789, None, -1], pa.timestamp("ns", zone))
    found = listed(column)
    assert found[:2] == [text, None] and ".999999999" in found[2]
    assert listed(column.dictionary_encode()) == found
    assert listed(pa.chunked_array([column])) == found


def test_whole_microseconds_are_times_of_python():
    """pyarrow gives types of pandas where that is installed."""
    found = listed(pa.array([MIDNIGHT, MIDNIGHT + 5_000], pa.timestamp("ns")))
    assert found[0] == datetime.datetime(2024, 1, 1) and found[1].microsecond == 5
    assert {type(one) for one in found} == {datetime.datetime}


def test_durations_and_times_of_day():
    ns = [1_000_000_001, 1_500_000_002, 2_000_000_000]
    assert list(map(str, listed(pa.array(ns, pa.duration("ns"))))) == [
        "0:00:01.000000001", "0:00:01.500000002", "0:00:02",
    ]  # fmt: skip
    assert list(map(str, listed(pa.array(ns, pa.time64("ns"))))) == [
        "00:00:01.000000001", "00:00:01.500000002", "00:00:02",
    ]  # fmt: skip


def test_years_that_python_lacks_are_text():
    (found,) = listed(pa.array([10**13], pa.timestamp("s")))
    assert isinstance(found, str)


def test_a_parquet_table_with_nanoseconds_is_read(tmp_path: Path):
    """Before, a file that pandas had written with such a column was an internal error wherever
    pandas was not installed, and lost its last digits where it was."""
    import pyarrow.parquet as pq

    times = pa.array(MIDNIGHT + np.arange(3), pa.timestamp("ns"))
    pq.write_table(pa.table({"x": [1.0, 2.0, 3.0], "time": times}), tmp_path / "t.parquet")
    (block,) = open_table(str(tmp_path / "t.parquet")).blocks()
    assert block.column(1) == [
        "2024-01-01", "2024-01-01 00:00:00.000000001", "2024-01-01 00:00:00.000000002",
    ]  # fmt: skip
