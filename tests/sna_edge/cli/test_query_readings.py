"""`sna-edge query` of a model with raw readings, inputs computed from them and tolerances of
sensors."""

from __future__ import annotations

import csv
import json

import pytest

from sna_edge.cli.main import main

from .. import beside_models as made

READ = ["power=150", "angle=30", "alloy=A", "machine=M1", "hatch=20"]
GIVEN = [*READ[:4], "density=30"]
HEAD = "power,angle,alloy,machine,hatch"


@pytest.fixture
def path(tmp_path) -> str:
    made.whole().save(tmp_path / "m.sna")
    return str(tmp_path / "m.sna")


@pytest.fixture
def ask(path, capsys):
    def answer(*words: str) -> tuple[int, dict]:
        capsys.readouterr()
        code = main(["query", path, *words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return answer


def test_raw_readings_stand_for_the_input_computed_from_them(ask) -> None:
    code, found = ask("--at", *READ)
    assert (code, found) == ask("--at", *GIVEN) and found["status"] == "ok"
    assert found == ask("--at", *READ[:4], "hatch=0.02 m")[1]
    assert found != ask("--at", *READ[:4], "hatch=21")[1]


def test_a_raw_reading_out_of_its_range_is_named(ask) -> None:
    code, found = ask("--at", *READ[:4], "hatch=100")
    assert code == 3 and found["status"] == "out_of_domain"
    assert found["message"] == "reading 'hatch' lies 20 mm outside [8, 80]"
    assert "'hatcj' is not an input" in ask("--at", *READ[:4], "hatcj=20")[1]["error"]


def test_the_file_says_how_far_a_sensor_may_err(ask) -> None:
    code, found = ask("--at", "power=200.5", *READ[1:])
    assert code == 0 and found["remark"].startswith("power = 200.5 counts as 200.0")
    assert ask("--at", "power=200.5", *READ[1:], "--sensor-tolerance", "power=0.1")[0] == 3
    assert ask("--at", "power=200.75", *READ[1:])[0] == 3


def answered(path: str, text: str, tmp_path, *words: str) -> list[dict[str, str]]:
    (tmp_path / "in.csv").write_text(text)
    out = str(tmp_path / "out.csv")
    assert main(["query", path, "--table", str(tmp_path / "in.csv"), "-o", out, *words]) == 0
    with open(out, encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_table_may_have_the_raw_readings_instead(path, ask, tmp_path) -> None:
    rows = [
        "150,30,A,M1,20",
        "200.5,30,A,M1,20",
        "150,30,A,M1,100",
        "150,30,A,M1,",
        "150,30,Z,M1,9",
    ]
    found = answered(path, "\n".join([HEAD, *rows]) + "\n", tmp_path)
    ok = ask("--at", *READ)[1]["outputs"]["depth"]
    first = [float(found[0][name]) for name in ("depth", "depth_lower", "depth_upper")]
    assert first == [ok["value"], ok["lower"], ok["upper"]]
    assert [row["status"] for row in found[1:4]] == ["ok", "out_of_domain", "bad_input"]
    assert "power = 200.5 counts as 200.0" in found[1]["reason"]
    assert "'hatch' is 20 mm above its domain" in found[2]["reason"]
    assert found[3]["reason"] == "'hatch' is empty"
    assert found[4]["status"] == "out_of_domain" and "'Z'" in found[4]["reason"]


def test_units_of_raw_readings_in_a_table(path, ask, tmp_path) -> None:
    text = "power,angle,alloy,machine,hatch\n[kW],,,,[m]\n0.15,30,A,M1,0.02\n"
    found = answered(path, text, tmp_path)
    assert float(found[0]["depth"]) == ask("--at", *READ)[1]["outputs"]["depth"]["value"]


def test_a_table_with_the_derived_input_needs_no_raw_reading(path, ask, tmp_path) -> None:
    text = "power,angle,alloy,machine,density\n150,30,A,M1,30\n"
    found = answered(path, text, tmp_path)
    assert float(found[0]["share"]) == ask("--at", *GIVEN)[1]["outputs"]["share"]["value"]


def test_a_table_without_both_is_told_of_the_input(path, tmp_path, capsys) -> None:
    (tmp_path / "in.csv").write_text("power,angle,alloy,machine\n150,30,A,M1\n")
    words = ["query", path, "--table", str(tmp_path / "in.csv"), "-o", str(tmp_path / "o.csv")]
    assert main(words) == 2
    assert "has no column 'density'" in capsys.readouterr().err
