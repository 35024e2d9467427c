"""Tables of data frames, structured and masked arrays."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import InputError
from sna_export.adopt import (
    Adopted,
    Domain,
    from_train,
)
from sna_export.fit import fit_table
from sna_export.table import Table

BOX = [Domain("a", "", 0.0, 1.0), Domain("b", "", 0.0, 1.0)]


def test_tables_of_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "a": [1, 2, None],
            "b": pandas.array([1, 2, None], dtype="Int64"),
            "lot": pandas.Categorical(["x", "y", None]),
            "flag": [True, False, True],
            "when": pandas.to_datetime(["2024-01-01", "2024-01-02", None]),
            "s": pandas.array(["u", None, "w"], dtype="string"),
            "f": np.float32([0.1, 1, 2]),
        }
    )
    table = Table.of(frame)
    assert table.names == tuple(frame.columns) and len(table) == 3
    np.testing.assert_array_equal(table.column("a"), [1, 2, np.nan])
    np.testing.assert_array_equal(table.column("b"), [1, 2, np.nan])
    assert (
        np.isnan(table.column("when")).all()
        and np.isnan(table.column("lot")).all()
        and table.column("flag").tolist() == [1, 0, 1]
    )
    for name, words in (
        ("when", "text"),
        ("a", "missing"),
        ("b", "missing"),
        ("lot", "text"),
        ("s", "text"),
    ):
        with pytest.raises(InputError, match=words):
            fit_table(table, ["f"], [name])
    for name in ("lot", "s"):
        with pytest.raises(InputError, match="missing"):
            fit_table(table, ["f"], [name], categorical=[name])
    named = np.array([(1.0, "x"), (2.0, "y")], dtype=[("a", "f8"), ("lot", "U1")])
    assert Table.of(named).names == ("a", "lot")
    masked = Table.of({"a": np.ma.array([1.0, 2.0], mask=[False, True])})
    assert np.isnan(masked.column("a")[1])
    for bad in (
        {"a": np.ones((3, 2))},
        {"a": [1j, 2, 3]},
        {"a": np.array([1j])},
        {"a": [1, 2], "b": [1]},
    ):
        with pytest.raises(InputError):
            Table.of(bad)
    assert isinstance(from_train([np.ones((1, 2, 1))], BOX[:1]), Adopted)
