"""What people do to a running station from its command line: as over HTTP, token and all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sna_edge.cli import main
from sna_edge.cli.stationing.client import TOKEN

from ...station.http.test_people import certificates
from ...station.operations.people import HTTP, NEW, STORED, Peopled, digest, judged
from ...station.plants import LIMITS, STATION, folder, model, sent
from ...station.waiting import free_port

RECIPE = "press-1/default"


class Desk:
    """Somebody at the machine of a station: `says` runs a command as one of its people."""

    def __init__(self, path: Path, capsys: Any, http: str = HTTP, station: str = STORED) -> None:
        self.path, self.capsys = path, capsys
        self.station = Peopled(path, station, http.replace(":0", f":{free_port()}"))
        self.config = str(path / "station.toml")
        for role, token in self.station.tokens.items():
            (path / role).write_text(token + "\n")

    def says(self, role: str, action: str, *words: str, code: int = 0) -> str:
        """What it prints, or the one sentence on stderr."""
        given = ["--token-file", str(self.path / role)] if role else []
        assert main(["station", action, self.config, *words, *given]) == code
        out, err = self.capsys.readouterr()
        assert not code or (err.count("\n") == 1 and not out)
        return out if not code else err


@pytest.fixture
def desk(tmp_path: Path, capsys: Any) -> Iterator[Desk]:
    made = Desk(tmp_path, capsys)
    yield made
    made.station.close()


def test_limits_are_shown_and_changed(desk: Desk) -> None:
    assert desk.says("operator", "limits", RECIPE) == LIMITS
    assert json.loads(desk.says("operator", "limits", "press-1", "--json"))["text"] == LIMITS
    (desk.path / "new.toml").write_text(NEW)
    change = ("limits", RECIPE, "--put", str(desk.path / "new.toml"))
    assert "--why" in desk.says("engineer", *change, code=2)
    assert "needs engineer" in desk.says("operator", *change, "--why", "order 7", code=2)
    said = desk.says("engineer", *change, "--why", "order 7", "--who", "Ada")
    assert "USL of outputs.width from 120 to 90" in said
    (event,) = desk.station.events("limits changed")
    assert (event["who"], event["why"]) == ("Ada (engineer)", "order 7")
    assert judged(desk.station)["limits"] == digest(NEW)
    assert "there is no press-1/x; there are press-1/default" in desk.says(
        "engineer", "limits", "press-1/x", code=2
    )


def test_models_are_shown_switched_and_installed(desk: Desk) -> None:
    first, third = model().to_bytes(), model(1.05).to_bytes()
    assert "previous" in desk.says("operator", "models", RECIPE)
    said = desk.says("engineer", "models", RECIPE, "--rollback", "--why", "scrap")
    assert digest(first)[:16] in said
    (desk.path / "third.sna").write_bytes(third)
    file = str(desk.path / "third.sna")
    desk.says("engineer", "models", RECIPE, "--install", file, "--why", "new laser & lens")
    assert judged(desk.station)["model"]["sha256"] == digest(third)
    assert desk.station.events("model switched")[-1]["why"] == "new laser & lens"
    desk.says("engineer", "models", RECIPE, "--switch", digest(first)[:12], "--why", "no")
    assert judged(desk.station)["model"]["sha256"] == digest(first)
    two = desk.says("engineer", "models", RECIPE, "--rollback", "--switch", "x", code=2)
    assert "two changes" in two


def test_people_corrections_gauges_and_old_records(desk: Desk) -> None:
    said = desk.says("admin", "people", "--add", "mia", "--role", "operator", "--why", "new")
    (desk.path / "mia").write_text(said.rsplit(" ", 1)[1])
    assert desk.says("mia", "limits", RECIPE) == LIMITS
    assert "mia" in desk.says("admin", "people")
    assert "mia" in desk.says("admin", "people", "--revoke", "mia", "--why", "left")
    assert "asks who calls" in desk.says("mia", "limits", RECIPE, code=2)
    judged(desk.station, part="A1")
    (late,) = sent(desk.station.process.desk, {"measured": {"width": 99.0}}, part="A1").records
    number = str(late["record"])
    desk.says("engineer", "correct", "press-1", number, "--why", "gauge fell")
    assert desk.station.events("measurement wrong")[0]["about"] == late["record"]
    assert "RECORD is 'x'" in desk.says("engineer", "correct", "press-1", "x", code=2)
    rows = "".join(
        f"{p},{o},{200 + 10 * p + 0.1 * o + r}\n"
        for p in range(5)
        for o in (1, 2)
        for r in (0.2, -0.2)
    )
    (desk.path / "study.csv").write_text("part,operator,value\n" + rows)
    study = ("gage", RECIPE, str(desk.path / "study.csv"), "--input", "power")
    assert "tolerance" in desk.says("engineer", *study)  # a look changes nothing: no reason asked
    assert desk.station.never("limits changed")
    assert "needs a reason" in desk.says("engineer", *study, "--apply", code=2)
    assert "tolerance" in desk.says("engineer", *study, "--apply", "--why", "study 12")
    assert desk.station.events("limits changed")[-1]["why"] == "study 12"
    desk.says("admin", "retention", "400", "--why", "rule 7")
    assert desk.station.events("retention asked")[0]["keep_days"] == 400


def test_what_is_typed_wrongly_is_said_in_the_words_of_the_command_line(desk: Desk) -> None:
    """No sentence speaks of keys of JSON, and none of an internal fault."""

    def says(*words: str) -> str:
        said = desk.says("admin", *words, "--why", "x", code=2)
        assert "internal" not in said and "Errno" not in said and "[[" not in said, said
        return said

    (desk.path / "empty").write_text("")
    empty, broken = str(desk.path / "empty"), str(desk.path / "broken.toml")
    (desk.path / "broken.toml").write_text("[outputs")
    for days in ("0", "nan", "inf", "1e9", "x"):
        assert f"DAYS is '{days}'; give how many days" in says("retention", days)
    assert "give --put the file" in says("limits", RECIPE, "--put", empty)
    assert "the new limits.toml is not TOML" in says("limits", RECIPE, "--put", broken)
    assert "give --install the file" in says("models", RECIPE, "--install", empty)
    assert "RECORD is '\u00b2'" in says("correct", "press-1", "\u00b2")
    assert "has no record 99999999999999999999" in says("correct", "press-1", "9" * 20)
    assert "give --add NAME" in says("people", "--role", "admin")
    assert "the name in 'ma ria' is not plain" in says("people", "--add", "ma ria")


def test_a_study_is_read_as_other_tables_are(desk: Desk) -> None:
    """Decimal commas, other columns, no operator; what is wrong is named as in the file."""
    study = desk.path / "study.csv"

    def gage(text: str, code: int = 0) -> str:
        study.write_text(text)
        words = ("gage", RECIPE, str(study), "--input", "power", "--why", "x")
        return desk.says("engineer", *words, code=code)

    comma = gage("day;value;part\n1;200,5;a\n1;201,5;a\n1;210,5;b\n1;211,5;b\n")
    assert comma == gage("part,value\na,200.5\na,201.5\nb,210.5\nb,211.5\n")
    assert "sigma 0.70711" in comma
    assert "no column 'part'" in gage("piece,value\n1,2\n", 2)
    assert "row 2, column 'value'" in gage("part,value\n1,2\n1,x\n", 2)
    assert "2 measurements; give 4 to 10,000" in gage("part,value\n1,2\n1,3\n", 2)


def test_a_study_without_scatter_sets_no_tolerance(desk: Desk) -> None:
    (desk.path / "study.csv").write_text("part,value\na,200\na,200\nb,210\nb,210\n")
    study = ("gage", RECIPE, str(desk.path / "study.csv"), "--input", "power", "--why", "x")
    sigma, why = desk.says("engineer", *study).splitlines()
    assert (
        sigma == "power: sigma 0, tolerance 0" and "all measurements of a part are the same" in why
    )
    refused = desk.says("engineer", *study, "--apply", code=2)
    assert "no tolerance was set, because all measurements of a part are the same" in refused
    assert desk.station.never("limits changed")


def test_a_station_of_several_recipes_is_asked_for_one(tmp_path: Path, capsys: Any) -> None:
    """Before, its name alone meant the recipe that is called default."""
    second = STORED.replace(".default]", ".narrow]")
    made = Desk(tmp_path, capsys, station=STORED + second[second.index("[stations") :])
    try:
        for name in ("press-1", "press-1/"):
            said = made.says("operator", "limits", name, code=2)
            assert f"{name!r} names no recipe; give press-1/default or press-1/narrow" in said
        assert made.says("operator", "limits", "press-1/narrow") == LIMITS
        said = made.says("operator", "limits", "laser-9", code=2)
        assert "'laser-9' names no recipe; give press-1/default or press-1/narrow" in said
    finally:
        made.station.close()


def test_the_token_comes_from_the_environment_too(desk: Desk, monkeypatch: Any) -> None:
    assert TOKEN in desk.says("", "limits", RECIPE, code=2)
    monkeypatch.setenv(TOKEN, desk.station.tokens["operator"])
    assert desk.says("", "limits", RECIPE) == LIMITS
    (desk.path / "empty").write_text("two words")
    assert "holds no token" in desk.says("empty", "limits", RECIPE, code=2)
    gone = desk.says("gone", "limits", RECIPE, code=2)
    assert "cannot read the token" in gone and "give --token-file the file" in gone
    (desk.path / "bytes").write_bytes(b"\xff\xfe")
    assert "holds no token" in desk.says("bytes", "limits", RECIPE, code=2)
    for wrong in ("a\nb", "two words", "\u2026"):
        monkeypatch.setenv(TOKEN, wrong)
        assert f"{TOKEN} holds no token" in desk.says("", "limits", RECIPE, code=2)


def test_where_none_runs_one_sentence_says_so(tmp_path: Path, capsys: Any) -> None:
    text = STATION + f'[http]\nlisten = "127.0.0.1:{free_port()}"\n'
    path = str(folder(tmp_path, station=text))
    assert main(["station", "limits", path, RECIPE]) == 2
    err = capsys.readouterr().err
    assert "no station answers at http://127.0.0.1:" in err and f"station {path}" in err
    path = str(folder(tmp_path, station=STATION))
    assert main(["station", "people", path]) == 2
    err = capsys.readouterr().err
    assert "has no [http]" in err and err.count("\n") == 1


def test_its_own_certificate_vouches_for_it_and_no_other(tmp_path: Path, capsys: Any) -> None:
    certificates(tmp_path)
    tls = 'tls_certificate = "server.pem"\ntls_key = "server.key"\n'
    made = Desk(tmp_path, capsys, HTTP + tls, STORED)
    try:
        assert made.says("operator", "limits", RECIPE) == LIMITS
        other = (tmp_path / "stranger.pem").read_bytes()
        (tmp_path / "server.pem").write_bytes(other)
        assert "no station answers" in made.says("operator", "limits", RECIPE, code=2)
    finally:
        made.station.close()
