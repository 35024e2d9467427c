"""Rows of a table as pictures draw them (sna_edge.cli.plotting)."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge import load
from sna_edge.cli.plotting.rows import measured
from sna_edge.errors import InputError

pytest.importorskip("scipy")


def asked(path: Path | None) -> Any:
    return Namespace(table=path and str(path), separator="", decimal="", encoding="")


def test_rows_inside_are_kept_with_their_outputs(model_file: Path, tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text(
        "spot;width;speed;power;note\nB;81,5;1,0;150;x\nA;;0,75;200,5;\nA;90;1,0;900;far\n"
        "C;90;1,0;200;no level\nB;70;1,25;;no power\n",
        encoding="utf-8",
    )
    found = measured(asked(table), load(model_file))
    assert found.x.tolist() == [[150.0, 1.0, 1.0], [200.5, 0.75, 0.0]]
    assert np.array_equal(found.y, [[81.5, np.nan], [np.nan, np.nan]], equal_nan=True)
    assert measured(asked(None), load(model_file)) is None


def test_a_table_without_a_row_inside_is_refused(model_file: Path, tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("spot,speed,power\nA,1,900\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"no row .* inside the domain"):
        measured(asked(table), load(model_file))
