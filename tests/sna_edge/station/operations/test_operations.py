"""Limits, models, people and records of a running station: done as recorded, or not at all."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from sna_edge.signing import examined
from sna_edge.station.operations.asked import Asked
from sna_edge.station.records import verify
from sna_edge.store import Store

from ..plants import LIMITS, STATION, model, sent
from .people import AT, NEW, STORED, Peopled, digest, judged, limits


def test_other_limits_judge_from_the_next_part_on_and_are_a_record(station: Peopled) -> None:
    assert judged(station)["verdict"] == "ACCEPT"
    old = station.asked("operator", "GET", f"{AT}/limits")[1]
    assert (old["text"], old["digest"]) == (LIMITS, digest(LIMITS))
    status, told = limits(station, text=NEW, before=old["digest"], who="Ada")
    assert status == 200, told
    record = judged(station)
    assert record["verdict"] == "REJECT" and record["limits"] == digest(NEW)
    assert (station.path / "limits.toml").read_text() == NEW
    (event,) = station.events("limits changed")
    assert event["record"] == told["record"] < record["record"]
    assert (event["who"], event["why"]) == ("Ada (engineer)", "narrower")
    assert (event["before"], event["limits"]) == (digest(LIMITS), digest(NEW))
    assert event["changes"] == ["USL of outputs.width from 120 to 90", "edge is new: accept"]
    kept = station.path / "station-data" / "limits" / "press-1.default"
    assert (kept / digest(LIMITS)).read_text() == LIMITS
    assert (kept / digest(NEW)).read_text() == NEW
    time.sleep(1.2)  # the files are looked at: no second event
    assert len(station.events("limits changed")) == 1
    status, told = limits(station, text=LIMITS, before=old["digest"])
    assert status == 409 and "meanwhile" in told["error"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"text": "[outputs.wid"}, "not TOML"),
        ({"text": "[outputs.depth]\nUSL = 1\n"}, "'depth' is not an output"),
        ({"text": "[outputs.width]\nUSL = 1\nLSL = 2\n"}, "LSL < USL"),
        ({"text": LIMITS + "# a remark\n"}, "say the same"),
        ({"text": NEW, "limits": {}}, "no limits were sent"),
        ({}, "no limits were sent"),
        ({"limits": {"outputs": {"width": {"USL": None}}}}, "no NoneType"),
        ({"text": "[outputs.wid"}, "the new limits.toml"),
        ({"text": NEW, "why": " "}, "--why"),
        ({"text": "[outputs.width]\nUSL = 90\n" + "# \ud800"}, ""),
    ],
)
def test_limits_are_refused_whole_in_one_sentence(
    station: Peopled, said: dict[str, Any], words: str
) -> None:
    before = len(station.events())
    status, told = limits(station, **said)
    assert status == 409 and words in told["error"] and "\n" not in told["error"]
    assert (station.path / "limits.toml").read_text() == LIMITS
    assert judged(station)["limits"] == digest(LIMITS) and len(station.events()) == before


def test_tables_and_plain_toml_are_taken_too(station: Peopled) -> None:
    tables = {"outputs": {"width": {"LSL": 80, "USL": 110.5}}, "edge": "accept"}
    assert limits(station, limits=tables)[0] == 200
    assert station.asked("engineer", "GET", f"{AT}/limits")[1]["limits"] == tables
    at = f"{AT}/limits?why=wider"
    status, _ = station.asked("engineer", "PUT", at, LIMITS.encode(), "application/toml")
    assert status == 200 and station.events("limits changed")[-1]["why"] == "wider"


def test_what_cannot_be_recorded_is_not_done(station: Peopled, monkeypatch: Any) -> None:
    def refuse(drafts: Any, done: Any) -> None:
        done([], "the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(station.process.plant.records, "append", refuse)
        status, told = limits(station, text=NEW)
        assert status == 503 and "the disk is full" in told["error"]
        said = {"name": "new", "role": "line", "why": "x"}
        assert station.asked("admin", "POST", "/people", said)[0] == 503
        assert station.asked("engineer", "POST", f"{AT}/rollback", {"why": "x"})[0] == 503
    assert (station.path / "limits.toml").read_text() == LIMITS
    assert "new" not in (station.path / "tokens.toml").read_text()
    assert Store(station.path / "store").state.event == "installed"
    assert judged(station)["limits"] == digest(LIMITS)


def test_what_was_recorded_and_fails_is_taken_back_by_an_alarm(
    station: Peopled, monkeypatch: Any
) -> None:
    from sna_edge.station.operations import limits as room

    def fail(path: Any, data: bytes) -> None:
        raise OSError(28, "no room")

    monkeypatch.setattr(room, "write_whole", lambda p, d: fail(p, d) if d != LIMITS.encode() else 0)
    status, told = limits(station, text=NEW)
    assert status == 409 and "no room" in told["error"]
    assert "was not done" in station.events("alarm")[-1]["why"]
    assert judged(station)["limits"] == digest(LIMITS)
    assert station.events()[-1]["record"] > station.events("limits changed")[-1]["record"]


def test_models_are_switched_rolled_back_and_sent(station: Peopled) -> None:
    shown = station.asked("operator", "GET", f"{AT}/models")[1]
    first, second = model().to_bytes(), model(1.02).to_bytes()
    assert shown["slots"]["active"]["sha256"] == digest(second) == shown["judging"]["sha256"]
    status, told = station.asked("engineer", "POST", f"{AT}/rollback", {"why": "scrap"})
    assert status == 200 and judged(station)["outputs"]["width"]["value"] == pytest.approx(100.0)
    state = Store(station.path / "store").state
    assert state.active.sha256 == digest(first) and state.reason == "scrap (engineer)"
    said = {"sha256": digest(second)[:12], "why": "it was not the model"}
    assert station.asked("engineer", "PUT", f"{AT}/model", said)[0] == 200
    third = model(1.05).to_bytes()
    at, kind = f"{AT}/model?why=new+laser&who=Ada", "application/octet-stream"
    status, told = station.asked("engineer", "PUT", at, third, kind)
    assert status == 200 and told["model"]["sha256"] == digest(third)
    assert judged(station)["model"]["sha256"] == digest(third)
    time.sleep(1.2)
    events = station.events("model switched")
    assert [e["how"] for e in events] == ["rolled back", "activated", "installed"]
    assert [(e["who"], e["why"]) for e in events][2] == ("Ada (engineer)", "new laser")
    assert events[2]["before"]["sha256"] == digest(second) and told["record"] == events[2]["record"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (model(1.02).to_bytes(), "judging already"),
        (b"half of a model", "header"),
        (b"temp,pressure,width\n" + b"200,5,100\n" * 40, "no .sna file"),
        (model(name="speed").to_bytes(), "missing reading 'speed'"),
        (model(1.2).to_bytes(), "does not predict the acceptance rows"),
    ],
    ids=["same", "broken", "table", "other inputs", "worse"],
)
def test_a_model_that_fails_the_gate_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "rows.csv").write_text("power,width\n200,101\n")
    text = 'store = "store"\naccept_rows = "rows.csv"\ntolerance = 2.0'
    station = Peopled(tmp_path, station=STATION.replace('model = "line.sna"', text))
    try:
        kind = "application/octet-stream"
        status, told = station.asked("engineer", "PUT", f"{AT}/model?why=try", data, kind)
        assert status == 409 and words in told["error"]
        (event,) = station.events("model refused")
        assert (event["who"], event["sha256"]) == ("engineer", digest(data))
        assert judged(station)["model"]["sha256"] == digest(model(1.02).to_bytes())
        assert station.never("model switched")
    finally:
        station.close()


def test_a_model_that_comes_while_limits_change_is_not_overlooked(
    station: Peopled, monkeypatch: Any
) -> None:
    store, third = Store(station.path / "store"), model(1.05).to_bytes()
    asked_record = Asked.record

    def record(asked: Asked, event: str, **told: Any) -> int:
        if event == "limits changed":
            store.install(third, examined(third, None))
        return asked_record(asked, event, **told)

    monkeypatch.setattr(Asked, "record", record)
    assert limits(station, text=NEW)[0] == 200
    status, told = station.asked("engineer", "POST", f"{AT}/rollback", {"why": "scrap"})
    assert status == 409 and "yet" in told["error"]
    end = time.monotonic() + 60
    while judged(station)["model"]["sha256"] != digest(third):
        assert time.monotonic() < end, "the model was overlooked"
        time.sleep(0.1)
    assert judged(station)["limits"] == digest(NEW)


def test_a_recipe_with_a_file_says_how_its_model_is_switched(tmp_path: Path) -> None:
    station = Peopled(tmp_path, station=STATION)
    try:
        status, told = station.asked("engineer", "POST", f"{AT}/rollback", {"why": "x"})
        assert status == 409 and "replaced by hand" in told["error"]
        assert station.asked("operator", "GET", f"{AT}/models")[1]["kind"] == "file"
    finally:
        station.close()


def test_people_come_and_go_while_the_station_runs(station: Peopled) -> None:
    said = {"name": "maria", "role": "engineer", "why": "new shift"}
    status, told = station.asked("admin", "POST", "/people", said)
    assert status == 200
    station.tokens["maria"] = told["token"]
    assert told["token"] not in (station.path / "tokens.toml").read_text()
    assert told["token"] not in json.dumps(station.events())
    assert station.asked("maria", "GET", "/records.csv")[0] == 200
    assert station.asked("admin", "POST", "/people", said)[0] == 409
    people = station.asked("admin", "GET", "/people")[1]["people"]
    assert {"name": "maria", "kind": "token", "role": "engineer"} in people
    status, told = station.asked("admin", "DELETE", "/people/maria", {"why": "left"})
    assert status == 200 and station.asked("maria", "GET", "/records.csv")[0] == 401
    text = (station.path / "tokens.toml").read_text()
    assert "maria" not in text and "# of line" in text
    events = [(e["event"], e["person"], e["who"], e["why"]) for e in station.events()
              if "person" in e]  # fmt: skip
    assert events == [("person added", "maria", "admin", "new shift"),
                      ("person revoked", "maria", "admin", "left")]  # fmt: skip
    for name, words in (("admin", "last admin"), ("maria", "nobody is called")):
        status, told = station.asked("admin", "DELETE", f"/people/{name}", {"why": "x"})
        assert status == 409 and words in told["error"]
    for said in ({"name": "../x", "role": "line"}, {"name": "x", "role": "king"}, {"name": 3}):
        status, _ = station.asked("admin", "POST", "/people", {"why": "x", **said})
        assert status == 409
    assert len([e for e in station.events() if "person" in e]) == 2


def test_a_file_of_people_that_was_spoilt_by_hand_lets_the_same_people_in(
    station: Peopled, monkeypatch: Any
) -> None:
    from sna_edge.station.http import roster

    monkeypatch.setattr(roster, "LOOK", 0.0)
    path = station.path / "tokens.toml"
    text = path.read_text()
    path.write_text(text + "[tokens.half")
    assert station.asked("admin", "GET", "/people")[0] == 200
    assert "cannot be used" in station.events("alarm")[-1]["why"]
    path.write_text(text.replace('role = "engineer"', 'role = "line"'))
    assert station.asked("engineer", "POST", f"{AT}/rollback", {})[0] == 403
    event = station.events("people changed")[-1]
    assert (event["added"], event["revoked"]) == (["engineer (line)"], ["engineer (engineer)"])


def test_records_are_verified_backed_up_and_cut(station: Peopled) -> None:
    for i in range(3):
        judged(station, part=f"A{i}")
    status, told = station.asked("admin", "POST", "/records/verify", {"why": "audit"})
    assert status == 200 and told["status"] == "ok" and told["records"] >= 3, told
    status, told = station.asked("admin", "POST", "/records/backup", {"why": "monthly"})
    assert status == 200 and verify(told["folder"]).broken is None
    assert os.path.dirname(told["folder"]) == str(station.path / "station-data-backups")
    said = {"why": "rule 7", "keep_days": 30}
    assert station.asked("admin", "POST", "/records/retention", said)[0] == 200
    for days in (0, -1, True, "30", None):
        said = {"why": "x", "keep_days": days}
        assert station.asked("admin", "POST", "/records/retention", said)[0] == 409
    assert {e["event"]: e["why"] for e in station.events() if e["who"] == "admin"} == {
        "records verified": "audit", "backup asked": "monthly", "backup made": "monthly",
        "retention asked": "rule 7",
    }  # fmt: skip


def test_verdicts_come_as_a_table(station: Peopled) -> None:
    for i in range(5):
        judged(station, part=f"A{i}")
    status, text = station.asked("engineer", "GET", "/records.csv?decimal=,&zone=Europe/Vienna")
    lines = text.splitlines()
    assert status == 200 and len(lines) == 6 and ";A4;" in lines[-1] and ";102,0;" in lines[-1]
    for query, rows in (("from=2020-01-01", 5), ("to=2020-01-01T06:00&zone=Europe/Vienna", 0)):
        status, text = station.asked("engineer", "GET", f"/records.csv?{query}")
        assert status == 200 and len(text.splitlines()) == rows + 1, query
    for query in (
        "zone=Atlantis",
        "decimal=x",
        "from=monday",
        "from=nan",
        "to=1e300",
        "from=-inf",
        "station=press-9",
    ):
        assert station.asked("engineer", "GET", f"/records.csv?{query}")[0] in (404, 409), query


def test_a_measured_value_is_called_wrong_by_a_record_of_its_own(station: Peopled) -> None:
    judged(station, part="A1")
    (found,) = sent(station.process.desk, {"measured": {"width": 99.0}}, part="A1").records
    at, said = "/stations/press-1/corrections", {"why": "gauge fell", "record": found["record"]}
    status, told = station.asked("engineer", "POST", at, said)
    assert status == 200, told
    (event,) = station.events("measurement wrong")
    assert (event["about"], event["part"], event["who"]) == (found["record"], "A1", "engineer")
    assert event["measured"]["width"]["value"] == 99.0
    assert station.asked("engineer", "GET", "/records.csv")[1].splitlines()[-1].endswith(",")
    sent(station.process.desk, {"measured": {"width": 97.5}}, part="A1")
    assert station.asked("engineer", "GET", "/records.csv")[1].splitlines()[-1].endswith(",97.5")
    for number in (1, 10**9, "x", True):
        status, _ = station.asked("engineer", "POST", at, {"why": "x", "record": number})
        assert status in (404, 409)


def test_a_study_of_a_gauge_gives_the_tolerance_of_its_reading(station: Peopled) -> None:
    rows = [[p, o, 200 + 10 * p + 0.1 * o + (0.2 if r else -0.2)]
            for p in range(5) for o in range(2) for r in range(2)]  # fmt: skip
    said: dict[str, Any] = {"why": "study 12", "input": "power", "rows": rows}
    status, told = station.asked("engineer", "POST", f"{AT}/gage", said)
    assert status == 200 and told["tolerance"] == pytest.approx(3 * told["sigma"], rel=1e-4)
    assert station.never("limits changed")
    status, told = station.asked("engineer", "POST", f"{AT}/gage", said | {"apply": True})
    (event,) = station.events("limits changed")
    assert event["gage"]["input"] == "power" and event["why"] == "study 12"
    assert station.process.desk.cells["press-1", "default"].line.limits.tolerance["power"] == (
        pytest.approx(told["tolerance"])
    )
    for wrong in ({"input": "width"}, {"rows": []}, {"rows": [[1, 2]] * 4}, {"rows": "x"}):
        assert station.asked("engineer", "POST", f"{AT}/gage", said | wrong)[0] == 409


def test_what_was_changed_while_no_station_ran_is_an_event_of_the_next_start(
    station: Peopled,
) -> None:
    assert limits(station, text=NEW)[0] == 200
    station.process.stop()
    again = Peopled(station.path)  # limits.toml is as at first, the store has other models
    try:
        assert again.asked("operator", "GET", f"{AT}/limits")[1]["digest"] == digest(LIMITS)
        judged(again)  # behind the events of the start
        (event,) = [e for e in again.events("limits changed") if e["who"] == "file"]
        assert (event["before"], event["limits"]) == (digest(NEW), digest(LIMITS))
        assert "did not run" in event["why"]
        assert again.never("model switched")
        started = again.events("started")[-1]
        assert started["limits"] == {"press-1/default": digest(LIMITS)}
        assert event["record"] < started["record"]
    finally:
        again.process.stop()
    Store(station.path / "store").rollback()
    third = Peopled(station.path, station=STORED + "\n")
    try:
        judged(third)
        (event,) = third.events("model switched")
        assert event["who"] == "file" and len(third.events("limits changed")) == 2
        assert event["model"]["sha256"] == digest(model().to_bytes())
    finally:
        third.close()
