"""Fits with inputs computed from readings: the model takes the readings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge.errors import InputError
from sna_export.fit import fit
from sna_export.table import Table, read_table

N = 60
ENERGY = "energy = power / (speed * hatch)"


def rows(n: int = N, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    power, speed = rng.uniform(100, 300, n), rng.uniform(200, 1500, n)
    hatch, layer = rng.uniform(0.05, 0.15, n), rng.uniform(20, 60, n)
    energy = power / (speed * hatch)
    return {
        "power": power, "speed": speed, "hatch": hatch, "layer": layer,
        "depth": 20.0 + 3.0 * energy + 0.2 * layer,
    }  # fmt: skip


def test_left_out_columns_are_raw_readings(tmp_path: Any) -> None:
    table = rows()
    found = fit(Table.of(table), ["depth"], inputs=["layer"], derive=[ENERGY])
    assert found.model.input_names == ["layer", "energy"]
    assert found.report["derived"]["energy"]["from"] == ["power", "speed", "hatch"]
    found.model.save(tmp_path / "m.sna")
    model = sna_edge.load(tmp_path / "m.sna", "numpy")
    readings = {name: table[name] for name in ("power", "speed", "hatch", "layer")}
    np.testing.assert_allclose(model.evaluate(readings).value[:, 0], table["depth"], rtol=1e-4)
    assert model.readings is not None
    assert [r.name for r in model.readings.raw] == ["power", "speed", "hatch"]
    with pytest.raises(InputError, match="energy"):
        model({"layer": 30.0})


def test_columns_that_stay_inputs_are_given_once() -> None:
    table = rows()
    table["depth"] = table["depth"] + 0.05 * table["power"]
    found = fit(Table.of(table), ["depth"], inputs=["power", "layer"], derive=[ENERGY])
    made = found.model.readings
    assert made is not None and found.model.input_names == ["power", "layer", "energy"]
    assert [r.name for r in made.raw] == ["speed", "hatch"]
    assert {t.index for t in made.derived[0].terms if not t.raw} == {0}


def test_a_step_of_another_formula_is_no_input() -> None:
    table = rows()
    texts = ["area = speed * hatch", "energy = power / area"]
    found = fit(Table.of(table), ["depth"], inputs=["layer"], derive=texts)
    assert found.model.input_names == ["layer", "energy"]
    assert not found.report["derived"]["area"]["input"]


def test_gaps_are_left_out_through_formulas() -> None:
    table = rows()
    table["hatch"][3] = np.nan
    with pytest.raises(InputError, match="missing"):
        fit(Table.of(table), ["depth"], inputs=["layer"], derive=[ENERGY])
    found = fit(Table.of(table), ["depth"], inputs=["layer"], derive=[ENERGY], missing="drop")
    assert found.report["missing"]["rows"] == 1


def test_declared_ends_of_a_raw_reading() -> None:
    found = fit(
        Table.of(rows()), ["depth"], inputs=["layer"], derive=[ENERGY], domain={"hatch": (0.0, 1.0)}
    )
    assert found.model.readings is not None
    hatch = found.model.readings.raw[2]
    assert (hatch.lower, hatch.upper) == (0.0, 1.0)


def test_decimal_commas(tmp_path: Any) -> None:
    table = rows(20)
    lines = ["power;speed;hatch;layer;depth"]
    for row in zip(*table.values(), strict=True):
        lines.append(";".join(f"{v:.3f}".replace(".", ",") for v in row))
    path = tmp_path / "t.csv"
    path.write_text("\n".join(lines))
    found = fit(read_table(path), ["depth"], inputs=["layer"], derive=[ENERGY])
    axis = found.model.axes[1]
    energy = table["power"] / (table["speed"] * table["hatch"])
    assert axis.lower == pytest.approx(energy.min(), rel=0.02)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"plain": True}, "format 1.0"),
        ({"inputs": ["thickness"]}, "neither a column"),
        ({"categorical": ["hatch"]}, "has levels"),
        ({"groups": "hatch"}, "holds rows together"),
    ],
)
def test_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        fit(Table.of(rows(12)), ["depth"], derive=[ENERGY], **options)
