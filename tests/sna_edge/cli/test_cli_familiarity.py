"""`query` on a model that says how familiar inputs are."""

from __future__ import annotations

import csv

import pytest

from .. import beside_models as made

AT = ("--at", "power=150", "angle=30", "density=40")
KNOWN, STRANGE = ("alloy=A", "machine=M1"), ("alloy=B", "machine=M2")


@pytest.fixture
def told_file(tmp_path):
    path = tmp_path / "told.sna"
    made.whole(readings=None).save(path)
    return path


def test_a_point_says_what_makes_it_unfamiliar(sna, told_file):
    said = sna("query", told_file, *AT, *STRANGE)
    assert said.code == 0
    assert said.out.splitlines()[-2:] == [
        "unfamiliar: answered inside the domain, but inputs like these were hardly ever seen in"
        " training",
        "alloy = B and machine = M2 were never seen together (p = 0 %)",
    ]
    found = sna("query", told_file, *AT, *STRANGE, "--json").json
    assert found["status"] == "unfamiliar"
    assert found["familiarity"] == {
        "p": 0.0,
        "inputs": ["alloy", "machine"],
        "reason": "alloy = B and machine = M2 were never seen together",
    }


def test_a_familiar_point_has_its_p_in_json_and_no_word_of_it_in_text(sna, told_file):
    found = sna("query", told_file, *AT, *KNOWN, "--json").json
    assert found["status"] == "ok" and 0.01 < found["familiarity"]["p"] <= 1
    assert len(found["familiarity"]["inputs"]) == 2
    assert "familiar" not in sna("query", told_file, *AT, *KNOWN).out


def test_outside_and_extrapolated_points_have_none(sna, told_file):
    at = ("--at", "power=201", "angle=30", "density=40", *STRANGE)
    assert "familiarity" not in sna("query", told_file, *at, "--json").json
    beyond = sna("query", told_file, *at, "--extrapolate", "--json").json
    assert beyond["status"] == "extrapolated" and "familiarity" not in beyond


def test_a_table_has_the_status_of_every_row(sna, told_file, tmp_path):
    rows, out = tmp_path / "in.csv", tmp_path / "out.csv"
    rows.write_text("power,angle,alloy,machine,density\n150,30,A,M1,40\n150,30,B,M2,40\n")
    sna("query", told_file, "--table", rows, "-o", out)
    assert [r["status"] for r in csv.DictReader(out.open())] == ["ok", "unfamiliar"]


def test_a_point_of_readings_is_judged_by_its_coordinates(sna, tmp_path):
    path = tmp_path / "read.sna"
    made.whole().save(path)
    at = ("--at", "power=99.75", "angle=30", "hatch=20", *STRANGE)
    found = sna("query", path, *at, "--json").json
    assert found["status"] == "unfamiliar" and "remark" in found
    assert found["familiarity"]["inputs"] == ["alloy", "machine"]
