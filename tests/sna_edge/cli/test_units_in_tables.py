"""A column, a cell or a target in another unit than the model's: the same answers, or one sentence;
never answers wrong by a thousand."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import sna_edge

PLAIN = "power,speed,spot\n200,1.0,B\n250,0.8,A\n300.5,1.25,B\n"
SAME = [
    "power,speed,spot\nkW,m/s,\n0.2,1.0,B\n0.25,0.8,A\n0.3005,1.25,B\n",
    "power,speed,spot\n[kW],[mm/s],\n0.2,1000,B\n0.25,800,A\n0.3005,1250,B\n",
    "power;speed;spot\nkW;km/h;\n0,2;3,6;B\n0,25;2,88;A\n0,3005;4,5;B\n",
    "power\tspeed\tspot\nMW\tm/min\t\n0.0002\t60\tB\n0.00025\t48\tA\n0.0003005\t75\tB\n",
    "power,speed,spot\n(mW),-,\n2e5,1,B\n250000,.8,A\n300500,1.25,B\n",
    "power,speed,spot\n0.2 kW,1.0,B\n250 W,800 mm/s,A\n300.5,1.25 m/s,B\n",
    "power;speed;spot\n0,2 kW;1,0;B\n250 W;800 mm/s;A\n300,5;1,25 m/s;B\n",
    "power;speed;spot\nkW;m/s;\n200 W;1,0;B\n0,25 kW;80 cm/s;A\n0,3005;1,25;B\n",
    "power;speed;spot\n0,2 kW;1;B\n250 W;800 mm/s;A\n300,5;125 cm/s;B\n",
    "power;speed;spot\n0,2 kW;1;B\n250 W;800 mm/s;A\n0,3005 kW;125 cm/s;B\n",
    "power;speed;spot\n200.000 mW;1,0;B\n250.000,0 mW;0,8;A\n300,5;1,25;B\n",
]
WRONG = [
    "power,speed,spot\nkg,m/s,\n200,1,B\n",
    "power,speed,spot\nW,mm,\n200,1,B\n",
    "power,speed,spot\n[foo],[m/s],\n200,1,B\n",
    "power;speed;spot\nV;m/s;\n200;1;B\n",
    "power\tspeed\tspot\nW\tHz\t\n200\t1\tB\n",
    "power,speed,spot\nmm,m/s,\n200,1,B\n",
    "power,speed,spot\n(W s),(m/s),\n200,1,B\n",
    "power,speed,spot\n%,%,\n200,1,B\n",
]
LIMITS = "[outputs.width]\nUSL = 500\n[outputs.depth]\nUSL = 500\n"


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def limits(tmp_path: Path) -> Path:
    (tmp_path / "limits.toml").write_text(LIMITS)
    return tmp_path / "limits.toml"


def widths(sna, model_file: Path, limits: Path, text: str) -> tuple[list[float], list[float]]:
    """Of the rows, by `query` and by `watch`."""
    table = limits.parent / "in.csv"
    table.write_text(text, encoding="utf-8")
    assert sna("query", model_file, "--table", table, "-o", limits.parent / "out.csv").code == 0
    said = sna("watch", model_file, "--limits", limits, "--table", table)
    assert said.code == 0, said.err
    watched = [json.loads(line)["outputs"]["width"]["value"] for line in said.out.splitlines()]
    return [float(r["width"]) for r in rows(limits.parent / "out.csv")], watched


@pytest.mark.parametrize("text", SAME)
def test_a_table_in_other_units_is_the_same_table(
    sna, model_file: Path, limits: Path, text: str
) -> None:
    """A row of units `kW` for an input in W: 0.2 was read as 0.2 W."""
    wanted, watched = widths(sna, model_file, limits, PLAIN)
    assert wanted == watched == pytest.approx([95.0, 104.5, 117.625])
    found, seen = widths(sna, model_file, limits, text)
    assert found == pytest.approx(wanted, rel=1e-14) and seen == pytest.approx(wanted, rel=1e-14)


@pytest.mark.parametrize("text", WRONG)
@pytest.mark.parametrize("word", ["query", "watch", "inverse"])
def test_a_row_of_other_units_is_refused(
    sna, model_file: Path, limits: Path, word: str, text: str
) -> None:
    table, out = limits.parent / "in.csv", limits.parent / "out.csv"
    table.write_text(text, encoding="utf-8")
    if word == "inverse":  # noise and unknown of another input
        table.write_text(
            text.replace("spot", "width")
            .replace(",B", ",95")
            .replace(";B", ";95")
            .replace("\tB", "\t95"),
            encoding="utf-8",
        )
        words = ["--observations", table, "--unknown", "spot", "--noise", 1]
    else:
        words = ["--table", table, *(["-o", out] if word == "query" else ["--limits", limits])]
    said = sna(word, model_file, *words)
    assert (
        said.code == 2 and "unit" in said.sentence() and str(table) in said.err and not out.exists()
    )


OUTPUTS = ["width;speed;spot\n0,095 mm;1;B\n",
           "width,speed,spot\nmm,m/s,\n0.095,1,B\n", "width,speed,spot\n0.095 mm,1,B\n",
           "width;speed;spot\n0,095 mm;1,0;B\n",
           "width,speed,spot\nnm,mm/s,\n95000,1000,B\n"]  # fmt: skip


@pytest.mark.parametrize("text", OUTPUTS)
def test_measured_outputs_in_other_units(sna, model_file: Path, tmp_path: Path, text: str) -> None:
    table, out = tmp_path / "in.csv", tmp_path / "out.csv"
    table.write_text(text, encoding="utf-8")
    assert sna("inverse", model_file, "--table", table, "--unknown", "power", "-o", out).code == 0
    assert float(rows(out)[0]["power"]) == pytest.approx(200.0, rel=1e-9)
    said = sna(
        "inverse", model_file, "--observations", table, "--unknown", "power", "--noise", 1, "--json"
    )
    assert said.code == 0 and said.json["solutions"][0]["power"] == pytest.approx(200.0, rel=1e-6)


@pytest.mark.parametrize(
    "text", ["0.095 mm", "95 um", "95000nm", "95", "9.5e-5 m", "95 \u00b5m", "0.0095 cm", "95 [um]"]
)
def test_targets_and_limits_take_units(sna, model_file: Path, text: str) -> None:
    at = ["speed=1", "spot=B"]
    said = sna(
        "inverse",
        model_file,
        "--target",
        f"width={text}",
        "--unknown",
        "power",
        "--at",
        *at,
        "--json",
    )
    assert said.code == 0 and said.json["solutions"][0]["power"] == pytest.approx(200.0, rel=1e-9)
    said = sna(
        "inverse",
        model_file,
        "--target",
        f"width={text}:",
        "--unknown",
        "power",
        "--at",
        *at,
        "--json",
    )
    assert said.code == 0 and said.json["intervals"][0]["power"][0] == pytest.approx(
        200.0, rel=1e-9
    )
    said = sna(
        "inverse",
        model_file,
        "--limits",
        f"width={text}:",
        "--knobs",
        "power",
        "--part",
        "power=150 W",
        *at,
        "--json",
    )
    assert said.code == 0 and said.json["after"]["width"]["value"] >= 95.0


@pytest.mark.parametrize(
    "text", ["95 kg", "95 foo", "0,095 mm", "mm", "95 mm mm", "1e999 mm", "95 s", "0_95 um"]
)
def test_a_target_in_another_unit_is_one_sentence(sna, model_file: Path, text: str) -> None:
    for words in (
        ["--target", f"width={text}", "--unknown", "power"],
        ["--target", f"width={text}:", "--unknown", "power"],
    ):
        said = sna("inverse", model_file, *words, "--at", "speed=1", "spot=B")
        assert said.code == 2 and "width" in said.sentence()
    said = sna(
        "inverse",
        model_file,
        "--limits",
        f"width={text}:",
        "--knobs",
        "power",
        "--part",
        "power=150",
        "speed=1",
        "spot=B",
    )
    assert said.code == 2 and "width" in said.sentence()


def table_of(header: str, units: str = "") -> str:
    body = "".join(f"{100 + 10 * i},{i % 7},{3 * i + (i % 7)}\n" for i in range(30))
    return f"{header}\n{units}{body}"


FITTED = [
    ("power,b,y", "", ["power=W", "y=um"], ("W", "", "um")),
    ("power,b,y", "kW,s,mm\n", [], ("kW", "s", "mm")),
    ("power,b,y", "kW,s,mm\n", ["power=W"], ("W", "s", "mm")),
    ("power,b,y", "kW,s,mm\n", ["power=-"], ("", "s", "mm")),
    ("power [W],b (s),y", "", [], ("W", "s", "")),
    ("power [W],b (s),y", "", ["power [W]=kW"], ("kW", "s", "")),
    ("power_kW,b,y_um", "", ["b=1/min"], ("kW", "1/min", "um")),
    ("power,b,y", "", ["power=counts"], ("counts", "", "")),
]


@pytest.mark.parametrize(("header", "row", "option", "units"), FITTED)
def test_units_come_from_the_option_the_row_and_the_header(
    sna, tmp_path: Path, header: str, row: str, option: list[str], units
) -> None:
    (tmp_path / "t.csv").write_text(table_of(header, row))
    words = ["--units", *option] if option else []
    said = sna(
        "fit",
        tmp_path / "t.csv",
        "--target",
        header.split(",")[2],
        *words,
        "-o",
        tmp_path / "m.sna",
    )
    assert said.code == 0, said.err
    model = sna_edge.load(tmp_path / "m.sna", backend="numpy")
    assert (*(a.unit for a in model.axes), model.outputs[0].unit) == units


@pytest.mark.parametrize("option", ["q=W", "power", "=W", "power=W power=kW"])
def test_wrong_units_of_a_fit_are_one_sentence(sna, tmp_path: Path, option: str) -> None:
    (tmp_path / "t.csv").write_text(table_of("power,b,y"))
    said = sna(
        "fit",
        tmp_path / "t.csv",
        "--target",
        "y",
        "--units",
        *option.split(" "),
        "-o",
        tmp_path / "m.sna",
    )
    assert said.code == 2 and said.sentence()


UNANSWERED = [
    "500,1,B",
    ",1,B",
    "x,1,B",
    "200,1,Z",
    "200,1",
    "200,1,B,7",
    "5 kg,1,B",
    "200,9,B",
    "1e9 kW,1,B",
    "nan,1,B",
]


@pytest.mark.parametrize("text", UNANSWERED)
def test_watch_of_a_table_without_a_value_exits_3(
    sna, model_file: Path, limits: Path, text: str
) -> None:
    """Every part had NO VERDICT for want of a value, and the exit code was 0."""
    table = limits.parent / "in.csv"
    table.write_text(f"power,speed,spot\n{'200,1' if text.endswith('7') else ''}\n{text}\n")
    said = sna("watch", model_file, "--limits", limits, "--table", table)
    assert said.code == 3 and {json.loads(line)["verdict"] for line in said.out.splitlines()} == {
        "NO VERDICT"
    }
    table.write_text(f"power,speed,spot\n200,1,B\n{text}\n")
    assert sna("watch", model_file, "--limits", limits, "--table", table).code == 0
    table.write_text("power,speed,spot\n")
    said = sna("watch", model_file, "--limits", limits, "--table", table)
    assert said.code == 2 and "no rows" in said.sentence()


CONTRARY = [
    ("power [W],b,y", "kW,s,mm\n"),
    ("power,b (s),y", "W,min,mm\n"),
    ("power,b,y [mm]", "W,s,um\n"),
    ("a,b (mm/s),y", "W,m/s,mm\n"),
]
ALIKE = [
    ("power [W],b,y", "W,s,mm\n"),
    ("power (set),b,y", "W,s,mm\n"),
    ("power [W],b,y", "[W],s,mm\n"),
    ("p[0],b,y", "W,s,mm\n"),
]


@pytest.mark.parametrize(
    ("header", "row", "fits"), [*((*c, False) for c in CONTRARY), *((*a, True) for a in ALIKE)]
)
def test_a_name_and_its_row_of_units_agree(
    tmp_path: Path, header: str, row: str, fits: bool
) -> None:
    from sna_edge.table import open_table

    (tmp_path / "t.csv").write_text(table_of(header, row))
    if fits:
        assert len(open_table(tmp_path / "t.csv").units) == 3
        return
    with pytest.raises(sna_edge.InputError, match="row below the header"):
        open_table(tmp_path / "t.csv")
