"""Derived inputs as they are stated: names, units, what is refused, their columns."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_export.formulas.derived import stated, with_derived
from sna_export.table import Table

COLUMNS = ["power", "speed [mm/s]", "hatch", "T", "y"]
UNITS = {"power": "W", "speed [mm/s]": "mm/s", "hatch": "mm", "T": "degC"}


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("e = power / (speed * hatch)", "J/mm2"),
        ("e [J/mm2] = power / (`speed [mm/s]` * hatch)", "J/mm2"),
        ("e = hatch ** 2 / speed", "mm s"),
        ("e = sqrt(hatch * hatch)", "mm"),
        ("e = log(power)", ""),
        ("e = T - 20", "degC"),
        ("e = max(power, 100)", "W"),
        ("e = hatch * y", ""),
        ("e = hatch ** 0.5", ""),
        ("e = power / `speed`", "J/mm"),
    ],
)
def test_units_are_worked_out(text: str, unit: str) -> None:
    assert stated([text], COLUMNS, UNITS)[0].unit == unit


REFUSED = {
    "e [W] = power / speed": "no 'W'",
    "e = power + speed": "different kinds",
    "e [kJ/mm2] = power / (speed * hatch)": "multiply the formula by 0.001",
    "e = y * 2": "'y', which is a target",
    "power = 2 * hatch": "there already",
    "e == power": "is not NAME = FORMULA",
    "= power": "is not NAME = FORMULA",
    "e = __import__('os')": "which a formula has not",
    "e = power.real": "which a formula has not",
    "e = speed **": "is no formula",
    "e = pressure": "'pressure'",
    "e = power < 2": "is a comparison",
    "e = " + " + ".join(["power"] * 40): "too long for a device",
    "e = 3": "at least one",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_formula_is_said(text: str) -> None:
    with pytest.raises(InputError) as caught:
        stated([text], COLUMNS, UNITS, barred=["y"])
    assert REFUSED[text] in str(caught.value)


def test_a_target_is_none_without_its_unit_either() -> None:
    with pytest.raises(InputError, match="'depth', which is a target"):
        stated(["e = power * depth"], ["power", "depth [um]"], {}, barred=["depth [um]"])


def test_a_name_that_two_columns_have_is_none() -> None:
    with pytest.raises(InputError, match="names 'depth', which is no input"):
        stated(["e = 2 * depth"], ["depth [mm]", "depth [um]"], {})


def test_an_input_derived_before_comes_first() -> None:
    first, second = stated(["e [J] = 2 * p", "f = e * p"], ["p", "e [kJ]"], {"p": "J"})
    assert [s.index for s in second.steps if s.what == "input"] == [0, 0]


def test_later_formulas_take_earlier_ones() -> None:
    first, second = stated(["e = power / hatch", "f = log(e) + e"], COLUMNS, UNITS)
    assert first.inner and not second.inner
    assert second.parents(COLUMNS) == ["power", "hatch"]
    table = Table.of({"power": [2.0, 8.0], "hatch": [1.0, 2.0]})
    made = stated(["e = power / hatch", "f = log(e) + e"], table.names, {})
    found = with_derived(table, made)
    assert found.names == ("power", "hatch", "e", "f")
    np.testing.assert_allclose(found.column("f"), np.log([2.0, 4.0]) + [2.0, 4.0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("e = a / b", "row 3 (line 4): e = a / b has no value there: division by zero (a = 3, b ="),
        ("e = log(b - 1)", "row 1 (line 2): e = log(b - 1) has no value there: the logarithm of 0"),
    ],
)
def test_a_row_without_a_value_is_named(text: str, said: str) -> None:
    table = Table.of({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 0.0]})
    with pytest.raises(InputError) as caught:
        with_derived(table, stated([text], table.names, {}))
    assert said in str(caught.value)


def test_a_missing_cell_stays_missing() -> None:
    table = Table.of({"a": [1.0, np.nan], "b": [1.0, 0.0]})
    found = with_derived(table, stated(["e = a / b"], table.names, {}))
    assert np.isnan(found.column("e")[1])
