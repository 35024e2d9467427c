"""What comes in between while somebody changes a station: the files are as recorded, or nothing is
recorded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sna_edge.errors import TrustError
from sna_edge.signing import examined
from sna_edge.store import Store

from ..plants import LIMITS, STATION, model, sent
from .people import AT, NEW, Peopled, digest, judged, limits


def test_what_the_line_does_not_take_leaves_the_files_as_they_were(
    station: Peopled, monkeypatch: Any
) -> None:
    from sna_edge.station.judging import renewal

    def fail(*_: Any) -> None:
        raise OSError(28, "no room for what is learned")

    second = model(1.02).to_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(renewal, "learner", fail)
        assert limits(station, text=NEW)[0] == 409
        status, told = station.asked("engineer", "POST", f"{AT}/rollback", {"why": "scrap"})
        assert status == 409 and "no room for what is learned" in told["error"]
        at, kind = f"{AT}/model?why=new+laser", "application/octet-stream"
        assert station.asked("engineer", "PUT", at, model(1.05).to_bytes(), kind)[0] == 409
    assert (station.path / "limits.toml").read_text() == LIMITS
    assert Store(station.path / "store").state.active.sha256 == digest(second)
    record = judged(station)
    assert (record["limits"], record["model"]["sha256"]) == (digest(LIMITS), digest(second))
    assert len([e for e in station.events("alarm") if "was not done" in e["why"]]) == 3


def test_of_two_who_change_limits_at_once_the_second_hears_so(
    station: Peopled, monkeypatch: Any
) -> None:
    from sna_edge.station.operations import limits as room

    between, differences = list[int](), room.differences

    def slowly(*given: Any) -> list[str]:
        if not between:
            between.append(0)
            between[0] = limits(station, text=NEW.replace("90", "95"))[0]
        return differences(*given)

    monkeypatch.setattr(room, "differences", slowly)
    status, told = limits(station, text=NEW)
    assert between == [200] and status == 409 and "changed meanwhile" in told["error"]
    assert len(station.events("limits changed")) == 1
    assert judged(station)["limits"] == digest(NEW.replace("90", "95"))


def test_files_that_have_just_come_are_not_taken_along_unrecorded(station: Peopled) -> None:
    station.process.plant.renewal.stop()
    third = model(1.05).to_bytes()
    Store(station.path / "store").install(third, examined(third, None))
    status, told = limits(station, text=NEW)
    assert status == 409 and "the model is being switched" in told["error"]
    Store(station.path / "store").rollback()
    (station.path / "limits.toml").write_text(NEW)
    status, told = station.asked("engineer", "POST", f"{AT}/rollback", {"why": "scrap"})
    assert status == 409 and "the limits are being changed" in told["error"]
    record = judged(station)
    assert (record["limits"], record["model"]["sha256"]) == (
        digest(LIMITS), digest(model(1.02).to_bytes()),
    )  # fmt: skip
    assert station.events("model refused")
    assert {e["event"] for e in station.events()} == {"started", "model refused"}


def test_a_slot_is_named_by_eight_digits_or_more_and_has_to_be_sound(station: Peopled) -> None:
    first = digest(model().to_bytes())
    for short in ("", first[:7], "f" * 8):
        said = {"sha256": short, "why": "x"}
        status, told = station.asked("engineer", "PUT", f"{AT}/model", said)
        assert status == 404 and first[:16] in told["error"]
    for file in (station.path / "store").rglob(f"*{first}*"):
        file.write_bytes(b"damaged")
    said = {"sha256": first, "why": "x"}
    status, told = station.asked("engineer", "PUT", f"{AT}/model", said)
    assert status == 409 and "damaged or gone" in told["error"]
    slots = station.asked("operator", "GET", f"{AT}/models")[1]["slots"]
    assert (slots["active"]["sound"], slots["previous"]["sound"]) == (True, False)


def test_an_older_version_is_refused_before_it_is_recorded(
    station: Peopled, monkeypatch: Any
) -> None:
    def refuse(store: Store, trust: Any) -> None:
        raise TrustError("older_version", "the model has version 1")

    monkeypatch.setattr(Store, "admit", refuse)
    at, kind = f"{AT}/model?why=try", "application/octet-stream"
    status, told = station.asked("engineer", "PUT", at, model(1.05).to_bytes(), kind)
    assert status == 409 and "version 1" in told["error"]
    assert station.events("model refused")
    assert {e["event"] for e in station.events()} == {"started", "model refused"}


def test_what_the_station_may_not_write_is_said_before_it_is_recorded(
    station: Peopled, monkeypatch: Any
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    added = {"name": "new", "role": "line", "why": "x"}
    for status, told in (
        limits(station, text=NEW),
        station.asked("engineer", "POST", f"{AT}/rollback", {"why": "x"}),
        station.asked("admin", "POST", "/people", added),
    ):
        assert status == 409 and "the station may not write" in told["error"]
    assert {e["event"] for e in station.events()} == {"started"}


def test_only_measured_values_of_that_station_are_called_wrong(tmp_path: Path) -> None:
    second = STATION.partition("\n")[2].replace("press-1", "press-2")
    station = Peopled(tmp_path, station=STATION + second)
    try:
        plain = judged(station, part="A1")
        (found,) = sent(station.process.desk, {"measured": {"width": 99.0}}, part="A1").records
        for name, number, answer in (
            ("press-2", found["record"], 404),
            ("press-1", plain["record"], 409),
            ("press-1", found["record"], 200),
        ):
            said = {"why": "gauge fell", "record": number}
            at = f"/stations/{name}/corrections"
            assert station.asked("engineer", "POST", at, said)[0] == answer
        assert len(station.events("measurement wrong")) == 1
    finally:
        station.close()


def test_of_two_proofs_at_once_the_second_is_told_to_wait(
    station: Peopled, monkeypatch: Any
) -> None:
    from sna_edge.station.operations import records as room

    second, popen = list[tuple[int, Any]](), room.subprocess.Popen

    def while_one_runs(*given: Any, **more: Any) -> Any:
        if not second:
            second.append((0, None))
            for address in ("/records/backup", "/records/verify"):
                second.append(station.asked("admin", "POST", address, {"why": "too"}))
        return popen(*given, **more)

    monkeypatch.setattr(room.subprocess, "Popen", while_one_runs)
    assert station.asked("admin", "POST", "/records/verify", {"why": "audit"})[0] == 200
    for status, told in second[1:]:
        assert status == 409 and "try again when it is done" in told["error"]
    (event,) = station.events("records verified")
    assert event["why"] == "audit" and not [
        e for e in station.events() if e["event"] == "backup made"
    ]
    assert station.asked("admin", "POST", "/records/verify", {"why": "again"})[0] == 200


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "1.5", True, None, [1.0]])
def test_a_study_with_a_value_that_is_no_number_is_refused(station: Peopled, value: Any) -> None:
    rows: list[list[Any]] = [[p, o, 200.0 + p + 0.1 * r] for p in range(3) for o in range(2)
                             for r in range(2)]  # fmt: skip
    rows[5][2] = value
    said = {"why": "study", "input": "power", "rows": rows, "apply": True}
    status, told = station.asked("engineer", "POST", f"{AT}/gage", said)
    assert status == 409 and "row 6 of the study has no number" in told["error"]
    assert (station.path / "limits.toml").read_text() == LIMITS
    assert station.never("limits changed")
