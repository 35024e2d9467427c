"""`sna-edge query --explain`: contributions known by hand, every reference, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

import sna_edge
from sna_edge.cli.explaining.told import _decimals, bar

from .. import beside_models as made

POINT = ("--at", "power=200", "speed=1.0", "spot=B")


def shares(said, output="width"):
    return said.json["explain"]["outputs"][output]


def test_against_a_setting_inputs_left_out_are_as_at_the_point(sna, model_file):
    said = sna("query", model_file, *POINT, "--explain", "--against", "power=300", "--json")
    found = shares(said)
    assert said.code == 0
    assert found["base"] == pytest.approx(120.0, rel=1e-6) and found["unit"] == "um"
    assert found["inputs"] == {"power": pytest.approx(-25.0, rel=1e-6), "speed": 0.0, "spot": 0.0}
    assert found["value"] == pytest.approx(95.0, rel=1e-6)
    told = said.json["explain"]["against"]
    assert told == {"kind": "setting", "setting": {"power": 300.0}}
    assert "error" not in found and "remark" not in said.json["explain"]


def test_a_whole_setting_and_a_link(sna, model_file):
    """depth = exp(0.5 + speed) has one input; width three."""
    whole = ("--against", "power=0.4 kW", "speed=0.5", "spot=A")
    said = sna("query", model_file, *POINT, "--explain", *whole, "--json")
    expected = {"power": -50.0, "speed": -5.0, "spot": 5.0}
    assert shares(said)["inputs"] == pytest.approx(expected, rel=1e-6)
    depth = shares(said, "depth")
    assert depth["base"] == pytest.approx(np.exp(1.0), rel=1e-6)
    assert depth["inputs"] == {
        "power": pytest.approx(0.0, abs=1e-12),
        "speed": pytest.approx(np.exp(1.5) - np.exp(1.0), rel=1e-6),
        "spot": pytest.approx(0.0, abs=1e-12),
    }


@pytest.mark.parametrize("words", [(), ("--against", "mean")])
def test_the_mean_over_the_domain_is_the_default(sna, model_file, words):
    said = sna("query", model_file, *POINT, "--explain", *words, "--json")
    expected = {"power": 0.25 * (200 - 250), "speed": 0.0, "spot": 2.5}
    assert shares(said)["inputs"] == pytest.approx(expected, abs=1e-4)
    assert said.json["explain"]["against"] == {"kind": "mean"}
    assert said.json["explain"]["remark"] == (
        "outputs behind a link start from the link of the mean of their linear part"
    )


TABLE = "power;speed;spot\n200;1,0;A\n300;1,5;B\n9;1;A\n;1;B\n400;0,5;A\n"


def test_rows_of_a_table_and_their_mean(sna, model_file, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(TABLE)
    row = sna("query", model_file, *POINT, "--explain", "--against", f"{path}:2", "--json")
    expected = {"power": -25.0, "speed": 5.0, "spot": 0.0}
    assert shares(row)["inputs"] == pytest.approx(expected, rel=1e-6, abs=1e-12)
    assert row.json["explain"]["against"] == {"kind": "row", "table": str(path), "row": 2}
    rows = sna("query", model_file, *POINT, "--explain", "--against", path, "--json")
    expected = {"power": -25.0, "speed": 0.0, "spot": 5.0 * 2 / 3}
    assert shares(rows)["inputs"] == pytest.approx(expected, rel=1e-6, abs=1e-5)
    assert rows.json["explain"]["against"] == {"kind": "rows", "table": str(path), "rows": 3}
    text = sna("query", model_file, *POINT, "--explain", "--against", path).out
    assert f"width explained against the mean of 3 of 5 rows of {path}" in text


def test_the_table_has_values_bars_and_a_sum(sna, model_file):
    said = sna("query", model_file, *POINT, "--explain", "--against", "power=300", "spot=A")
    lines = said.out.splitlines()
    start = lines.index("width explained against the setting given")
    assert lines[start + 1 : start + 7] == [
        "width [um]        here  reference  contribution",
        "at the reference                         115.00",
        "power [W]          200        300        -25.00  ------------|",
        "spot                 B          A         +5.00              |++",
        "speed [m/s]          1          1             0              |",
        "at this point                             95.00",
    ]


def test_small_contributions_keep_three_digits():
    assert _decimals([1.1998, 1.2001], [-0.0004, 0.0003]) == 6
    assert _decimals([4e-12, 3e-12], [-1e-12]) == 16
    assert _decimals([115.0, 95.0], [-25.0, 5.0, 0.0]) == 2
    assert _decimals([1.0, 1.0], [1e-17]) == 4 and _decimals([0.0, 0.0], [0.0]) == 0


def test_bars_keep_to_their_side():
    assert bar(-1.0, 2.0) == "      ------|            "
    assert bar(2.0, 2.0) == "            |++++++++++++"
    assert bar(0.0, 0.0) == bar(1e-9, 1.0) == "            |            "


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--against", "mean"], "needs --explain"),
        (["--explain", "--against", "mean", "power=3"], "'mean' is not NAME=VALUE"),
        (["--explain", "--against", "mean", "rows.csv"], "one table"),
        (["--explain", "--against", "no.csv"], "no.csv"),
        (["--explain", "--against", "rows.csv:7"], "has 5 rows and no row 7; count from 1"),
        (["--explain", "--against", "rows.csv:4"], "power"),
        (["--explain", "--against", "far.csv"], "no row inside the domain"),
        (["--explain", "--against", "power=9000"], "power"),
        (["--explain", "--against", "pover=300"], "did you mean 'power'"),
        (["--explain", "--table", "rows.csv", "-o", "out.csv"], "--at instead of --table"),
    ],
)
def test_what_is_refused_is_one_sentence(sna, model_file, tmp_path, monkeypatch, words, part):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text(TABLE)
    (tmp_path / "far.csv").write_text("power,speed,spot\n1,1,A\n")
    point = () if "--table" in words else POINT
    said = sna("query", model_file, *point, *words)
    assert said.code != 0 and not said.out
    assert part in said.sentence()


def test_a_point_without_a_value_is_not_explained(sna, model_file):
    outside = ("--at", "power=99", "speed=1", "spot=B", "--explain")
    said = sna("query", model_file, *outside, "--json")
    assert said.code == 3 and "explain" not in said.json
    beyond = sna("query", model_file, *outside, "--extrapolate")
    assert "leave out --extrapolate" in beyond.sentence()
    moved = sna("query", model_file, *outside, "--sensor-tolerance", "power=2", "--json")
    assert moved.code == 0
    border = sna("query", model_file, "--at", "power=100", *outside[2:], "--json")
    assert shares(moved) == shares(border)


def test_raw_readings_are_explained(sna, tmp_path):
    made.whole().save(tmp_path / "m.sna")
    (tmp_path / "rows.csv").write_text("power,angle,alloy,machine,hatch\n160,30,A,M1,40\n")
    point = ("--at", "power=150", "angle=30", "alloy=A", "machine=M1", "hatch=20")
    setting = sna("query", tmp_path / "m.sna", *point, "--explain", "--against", "power=160",
                  "hatch=40", "--json")  # fmt: skip
    row = sna(
        "query", tmp_path / "m.sna", *point, "--explain",
        "--against", tmp_path / "rows.csv:1", "--json",
    )  # fmt: skip
    found = shares(setting, "depth")
    assert list(found["inputs"]) == ["power", "angle", "alloy", "machine", "hatch"]
    assert found == shares(row, "depth")
    model = sna_edge.load(tmp_path / "m.sna")
    near = {"power": 150, "angle": 30, "alloy": "A", "machine": "M1", "hatch": 20}
    exact = model.contributions(near, {**near, "power": 160, "hatch": 40})
    assert list(found["inputs"].values()) == exact.contribution[:, 0].tolist()
    assert json.loads(setting.out)["status"] == "ok"


def test_a_sampled_contribution_says_its_error(sna, tmp_path, monkeypatch):
    monkeypatch.setattr("sna_edge.calculus.contributions.coordinates.ALL", 1)
    made.whole().save(tmp_path / "m.sna")
    point = ("--at", "power=150", "angle=30", "alloy=A", "machine=M1", "hatch=20")
    words = (*point, "--explain", "--against", "power=160", "hatch=40", "angle=90", "alloy=B")
    found = shares(sna("query", tmp_path / "m.sna", *words, "--json"), "share")
    assert found["error"]["machine"] == 0.0
    assert all(found["error"][name] > 0.0 for name in ("power", "angle", "alloy", "hatch"))
    assert found["base"] + sum(found["inputs"].values()) == pytest.approx(found["value"])
    assert "+-" in sna("query", tmp_path / "m.sna", *words).out


def test_a_raw_reading_of_the_reference_decides_what_is_computed_from_it(sna, tmp_path):
    """The point gives the input itself, which must not hide the reading."""
    made.whole().save(tmp_path / "m.sna")
    point = ("--at", "power=150", "angle=30", "alloy=A", "machine=M1", "density=20")
    said = sna("query", tmp_path / "m.sna", *point, "--explain", "--against", "hatch=40", "--json")
    model = sna_edge.load(tmp_path / "m.sna")
    near = {"power": 150, "angle": 30, "alloy": "A", "machine": "M1"}
    exact = model.contributions({**near, "density": 20}, {**near, "hatch": 40})
    assert shares(said, "depth")["inputs"]["density"] == exact.contribution[4, 0] != 0.0


def test_a_computed_input_has_its_value_in_the_table(sna, tmp_path):
    made.whole().save(tmp_path / "m.sna")
    point = {"power": 150, "angle": 30, "alloy": "A", "machine": "M1", "hatch": 20}
    words = ("--at", *(f"{n}={v}" for n, v in point.items()), "--explain")
    density = sna_edge.load(tmp_path / "m.sna").derived(point).x[0, 4]
    row = next(
        line
        for line in sna("query", tmp_path / "m.sna", *words).out.splitlines()
        if line.startswith("density [J]")
    )
    assert row.split()[2] == f"{density:.6g}"


def test_a_table_may_have_an_equals_sign_in_its_name(sna, model_file, tmp_path):
    path = tmp_path / "line=3.csv"
    path.write_text(TABLE)
    said = sna("query", model_file, *POINT, "--explain", "--against", path, "--json")
    assert said.json["explain"]["against"]["kind"] == "rows"


def test_of_a_long_table_rows_are_taken_evenly(sna, model_file, tmp_path, monkeypatch):
    monkeypatch.setattr("sna_edge.cli.explaining.against.MOST_ROWS", 2)
    path = tmp_path / "rows.csv"
    path.write_text(TABLE)
    said = sna("query", model_file, *POINT, "--explain", "--against", path, "--json")
    assert shares(said)["inputs"]["power"] == pytest.approx(0.25 * (200 - (200 + 400) / 2))


def test_a_row_with_too_many_cells_is_no_reference(sna, model_file, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(TABLE + "250;1;B;7\n")
    said = sna("query", model_file, *POINT, "--explain", "--against", path, "--json")
    assert said.json["explain"]["against"]["rows"] == 3
