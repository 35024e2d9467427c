"""Labels and times of rows."""

from __future__ import annotations

import pytest

from sna_edge.errors import InputError
from sna_export.table import Table
from sna_export.table.row_keys import labels, times


def test_labels_are_as_written() -> None:
    found, place = labels(Table.of({"lot": ["b", "a", "b"], "y": [1, 2, 3]}), "lot")
    assert found == ("a", "b") and place.tolist() == [1, 0, 1]
    found, place = labels(Table.of({"lot": [10, 9, 10]}), "lot")
    assert set(found) == {"9", "10"} and place[0] == place[2] != place[1]


@pytest.mark.parametrize(
    "cells",
    [
        ["2026-01-02", "2026-01-01", "2026-01-03"],
        ["2026-01-01 10:30", "2026-01-01 09:15:01", "2026-01-01T12:00"],
        ["02.01.2026", "01.02.2025", "03.01.2026 08:00"],
        [2.5, -1.0, 7.0],
    ],
)
def test_times_are_ordered(cells: list[object]) -> None:
    found = times(Table.of({"when": cells}), "when")
    assert found.argsort().tolist() == [1, 0, 2]


def test_a_cell_that_is_no_time_is_named() -> None:
    with pytest.raises(InputError, match=r"row 2, column 'when': 'soon' is neither"):
        times(Table.of({"when": ["2026-01-01", "soon"]}), "when")
    with pytest.raises(InputError, match=r"row 1, column 'lot': the cell is missing"):
        labels(Table.of({"lot": ["", "a"]}), "lot")
