"""Readings with their own unit: converted exactly, or one sentence; names that carry a unit do not
get it twice."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from sna_edge import CP, InputError, Model, Output, Status, load, spline_axis
from sna_edge.cli.main import main
from sna_edge.quality import Line
from sna_edge.quality.limits import parse_limits
from sna_edge.values.naming import labelled
from sna_edge.values.units import quantity

SAME = [
    ("0.5 kW", "W", 500.0), ("500W", "kW", 0.5), ("20 degC", "K", 293.15),
    ("68 \u00b0F", "degC", 20.0), ("-40 degF", "C", -40.0),
    ("1 bar", "kPa", 100.0), ("100 mbar", "hPa", 100.0), ("60 mm/s", "m/min", 3.6),
    ("3 m/min", "mm/s", 50.0), ("50 %", "1", 0.5),
    ("2 J/mm^2", "kJ/m2", 2000.0), ("5 \u00b5m", "mm", 0.005), ("1 g/cm\u00b3", "kg/m3", 1000.0),
    ("3 N\u00b7m", "Nm", 3.0),
    ("1 kWh", "MJ", 3.6), ("2 h", "min", 120.0), ("10 l/min", "m3/h", 0.6),
    ("5 K/s", "degC/s", 5.0), ("3 kOhm", "Ohm", 3000.0),
    ("1 in", "mm", 25.4), ("7 counts", "counts", 7.0), ("0.3e3 mm", "m", 0.3),
    ("40 um", "m", 4e-5), ("1200 rpm", "rpm", 1200.0),
    ("360 deg", "rad", 2 * np.pi), ("60 rpm", "rad/s", 2 * np.pi), ("5 [kW]", "W", 5000.0),
    ("1 t", "kg", 1000.0),
]  # fmt: skip
NONE = [
    ("5 kg", "W"), ("5 foo", "W"), ("5", "W"), ("kW", "W"), ("5 W", ""), ("5 W W", "W"),
    ("1,5 kW", "W"), ("5 kkW", "W"), ("5 mmin", "s"),
    ("5 Hz", "rpm"), ("5 W/0", "W"), ("5 /", "W"), ("5 W", "counts"), ("5 -", "W"),
    ("5 kW 3", "W"), ("0_5 kW", "W"), ("5 mm", "mm/s"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "unit", "value"), SAME)
def test_a_reading_in_another_unit_is_the_same_reading(text: str, unit: str, value: float) -> None:
    assert quantity(text, unit, "a") == value


def test_psi_is_what_it_is() -> None:
    assert quantity("1 bar", "psi", "a") == pytest.approx(14.503773773020923, rel=1e-15)


@pytest.mark.parametrize(("text", "unit"), NONE)
def test_another_unit_is_one_sentence(text: str, unit: str) -> None:
    with pytest.raises(InputError, match="input 'a'") as error:
        quantity(text, unit, "a")
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    "text", ["1e999999999 kW", "1e-999999999 kW", "9" * 5000 + " kW", "1e308 GW"]
)
def test_absurd_readings_end(text: str) -> None:
    assert quantity(text, "W", "a") in (0.0, np.inf)


@pytest.mark.parametrize(("name", "unit", "words"), [
    ("power [W]", "W", "power [W]"), ("age (day)", "day", "age (day)"),
    ("power", "W", "power [W]"), ("power", "", "power"),
    ("power_W", "W", "power_W [W]"), ("p[0]", "", "p[0]"), ("power [W] ", "W", "power [W] "),
    ("a [b] c", "m", "a [b] c [m]"),
])  # fmt: skip
def test_a_name_gets_its_unit_once(name: str, unit: str, words: str) -> None:
    """`power [W] [W]`"""
    assert labelled(name, unit) == words
    assert spline_axis(name, unit, 0.0, 1.0).describe().count(f"[{unit}]") <= 1


def laser() -> Model:
    """y = power [W] + length [mm]."""
    axes = [
        spline_axis("power [W]", "W", 0.0, 1000.0, spans=1, degree=1),
        spline_axis("length", "mm", 0.0, 100.0, spans=1, degree=1),
    ]
    cp = CP(
        (np.array([[0.0], [1000.0]]), np.array([[0.0], [100.0]])),
        (np.array([0]), np.array([1])),
        np.ones((2, 1)),
    )
    return Model(axes, cp, [Output("y", "um")])


PAIRS = [
    ("0.5 kW", "2 cm", 520.0),
    ("500 W", "20", 520.0),
    ("500", "20 mm", 520.0),
    ("5e5 mW", "0.02 m", 520.0),
    ("0.5kW", "20000 um", 520.0),
]


@pytest.mark.parametrize(("power", "length", "y"), PAIRS)
def test_units_are_read_everywhere(
    power: str, length: str, y: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.sna"
    laser().save(path)
    m = load(path, backend="numpy")
    row = {"power [W]": power, "length": length}
    assert m(row)[0] == m.evaluate(row).value[0, 0] == m([power, length])[0] == pytest.approx(y)
    assert m.at(length=length)({"power [W]": power})[0] == pytest.approx(y)
    assert (
        main(["query", str(path), "--json", "--at", f"power [W]={power}", f"length={length}"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["outputs"]["y"]["value"] == pytest.approx(y)
    (tmp_path / "t.csv").write_text(f"power [W],length\n{power},{length}\n400,10\n")
    assert (
        main(
            ["query", str(path), "--table", str(tmp_path / "t.csv"), "-o", str(tmp_path / "o.csv")]
        )
        == 0
    )
    first, second = csv.DictReader((tmp_path / "o.csv").read_text().splitlines())
    assert float(first["y"]) == pytest.approx(y) and float(second["y"]) == pytest.approx(410.0)
    line = Line(m, parse_limits({"outputs": {"y": {"USL": 600}}}, m))
    for reading in (row, {"power [W]": power, "length": 20}):
        assert line.lines([json.dumps(reading)])[0]["outputs"]["y"]["value"] == pytest.approx(y)


@pytest.mark.parametrize("wrong", ["5 kg", "5 foo", "5 W W", "5 kkW"])
def test_a_wrong_unit_is_said_everywhere(
    wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "m.sna"
    laser().save(path)
    m = load(path, backend="numpy")
    with pytest.raises(InputError, match="unit"):
        m({"power [W]": wrong, "length": 1})
    assert main(["query", str(path), "--at", f"power [W]={wrong}", "length=1"]) != 0
    assert "unit" in capsys.readouterr().err
    (tmp_path / "t.csv").write_text(f"power [W],length\n{wrong},1\n400,10\n")
    main(["query", str(path), "--table", str(tmp_path / "t.csv"), "-o", str(tmp_path / "o.csv")])
    first, _ = csv.DictReader((tmp_path / "o.csv").read_text().splitlines())
    assert first["status"] == Status.BAD_INPUT.label and "unit" in first["reason"]
    line = Line(m, parse_limits({"outputs": {"y": {"USL": 600}}}, m))
    answer = line.lines([json.dumps({"power [W]": wrong, "length": 1})])[0]
    assert answer["verdict"] == "NO VERDICT" and "unit" in answer["reason"]
