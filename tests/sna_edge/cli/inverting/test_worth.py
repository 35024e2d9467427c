"""`inverse`: what solutions are worth, in words and as JSON; settings with a probability."""

from __future__ import annotations

import pytest

from ...inverse.worth_models import plane, tent


@pytest.fixture
def tent_file(tmp_path):
    path = tmp_path / "tent.sna"
    tent().save(path)
    return path


@pytest.fixture
def plane_file(tmp_path):
    path = tmp_path / "plane.sna"
    plane().save(path)
    return path


def test_roots_say_interval_familiarity_and_probability(sna, tent_file) -> None:
    ask = ("inverse", tent_file, "--target", "y=0.5", "--unknown", "x")
    lines = sna(*ask).out.splitlines()
    assert lines[0].startswith("x = 0.5 m  [y 0.441111 to 0.558889 (90 %); familiarity p = ")
    assert lines[1].endswith("familiarity p = 0.2 %; unfamiliar]")
    assert lines[2] == (
        "several: the last of 2 solutions lies where inputs are unlike the training rows"
    )
    said = sna(*ask, "--level", "80%", "--limits", "y=0.45:", "--json")
    first, second = said.json["worth"]
    assert first["outputs"]["y"]["level"] == pytest.approx(0.8) and said.code == 0
    assert first["probability"] == pytest.approx(0.924, abs=2e-3)
    assert [first["status"], second["status"]] == ["ok", "unfamiliar"]
    assert "in spec with 92.4 %" in sna(*ask, "--limits", "y=0.45:").out


def test_level_sets_have_columns_of_what_they_are_worth(sna, plane_file) -> None:
    ask = ("inverse", plane_file, "--target", "a=2", "--unknown", "x,y", "--count", "3")
    head, *rows = sna(*ask, "--limits", "a=1.9:2.1").out.splitlines()
    assert " ".join(head.split()) == "x [m] y [m] a (90 %) b (90 %) in spec familiarity p"
    assert len(rows) == 3


def test_settings_in_spec_with_a_probability(sna, plane_file) -> None:
    ask = ("inverse", plane_file, "--probability", "95%", "--unknown", "x,y")
    said = sna(*ask, "--limits", "a=1.8:2.2", "b=-0.3:0.3", "--count", "5", "--json")
    assert said.code == 0 and len(said.json["solutions"]) == 5
    assert all(w["probability"] >= 0.95 for w in said.json["worth"])
    near = ("--near", "x=0.6", "y=1.6", "--step", "x=0.1", "--bounds", "y=0.5:", "--cost", "x=3")
    said = sna(*ask, "--limits", "a=1.8:2.2", "b=-0.3:0.3", *near, "--json")
    (found,) = said.json["solutions"]
    assert 10 * found["x"] == pytest.approx(round(10 * found["x"])) and said.json["cost"][0] > 0
    text = sna(*ask, "--limits", "a=1.8:2.2", "--count", "2").out.splitlines()
    assert text[0].split()[-4:] == ["in", "spec", "familiarity", "p"] and len(text) == 3


def test_what_cannot_be_reached_is_one_sentence_and_exit_code_3(sna, plane_file) -> None:
    ask = ("inverse", plane_file, "--probability", "0.95", "--unknown", "x,y")
    said = sna(*ask, "--limits", "a=1.99:2.01", "--json")
    assert said.code == 3 and said.json["status"] == "not_converged"
    assert said.json["best_probability"] == pytest.approx(0.244, abs=2e-3)
    assert "the best reaches 24.5 %, at x = " in said.json["message"]


def test_advice_says_how_familiar_and_how_sure(sna, plane_file) -> None:
    part = ("--part", "x=1.15", "y=0.5", "--limits", "a=2:", "--knobs", "x,y")
    lines = sna("inverse", plane_file, *part).out.splitlines()
    assert "in spec then with 95 %" in lines and any("familiarity p = " in x for x in lines)
    said = sna("inverse", plane_file, *part, "--bounds", "y=:0.5", "--json")
    assert said.json["status"] == "unfamiliar" and said.code == 0
    assert said.json["familiarity"] == pytest.approx(1 / 501)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--probability", "95%", "--unknown", "x,y"], "add --limits"),
        (["--probability", "2", "--unknown", "x", "--limits", "a=1:"], "between 0 and 100 %"),
        (["--probability", "0.9", "--unknown", "x", "--target", "a=1"], "exactly one of"),
        (["--target", "a=1", "--unknown", "x", "--near", "x=1"], "--near cannot be combined"),
        (
            ["--probability", "0.9", "--unknown", "x", "--limits", "a=1:", "--step", "y=1"],
            "--step names 'y'",
        ),
        (["--target", "a=min", "--unknown", "x", "--at", "y=1", "--level", "90%"], "--level out"),
    ],
)
def test_wrong_questions(sna, plane_file, arguments, part) -> None:
    said = sna("inverse", plane_file, *arguments)
    assert said.code == 2 and part in said.sentence()


def test_observations_take_what_the_sensors_may_be_off(sna, tmp_path) -> None:
    from sna_edge.core.beside import Readings

    path, rows = tmp_path / "plane.sna", tmp_path / "read.csv"
    plane(told=False).replace(readings=Readings([0.0, 0.3])).save(path)
    rows.write_text("y,a\n1.0,2.0\n")
    ask = ("inverse", path, "--observations", rows, "--unknown", "x", "--noise", "0.01")
    wide, none, given = (
        sna(*ask, *more, "--json").json
        for more in ((), ("--input-error", "y=0"), ("--input-error", "y=0.2"))
    )
    spread = [found["modes"][0]["deviation"]["x"] for found in (wide, none, given)]
    assert spread[0] ** 2 - spread[1] ** 2 == pytest.approx(0.03, rel=1e-3)
    assert spread[2] ** 2 - spread[1] ** 2 == pytest.approx(0.04, rel=1e-3)
    assert wide["uncertainty"] == "noise, inputs and model"
    assert "errors of the readings of known inputs" in sna(*ask).out
