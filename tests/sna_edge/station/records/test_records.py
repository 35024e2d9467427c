"""Records are numbered, chained, answered once they are on the disk, and there once."""

from __future__ import annotations

import json
import sqlite3
import threading
from hashlib import sha256

import pytest

from sna_edge.errors import InputError
from sna_edge.station.drafts import Draft
from sna_edge.station.records import Records, verify

from .made import Heard, appended, measurement, verdict


@pytest.fixture
def records(tmp_path):
    made = Records(tmp_path / "data")
    yield made
    made.stop()


def test_a_record_is_its_draft_with_number_and_the_digest_before(records, tmp_path):
    first, second = appended(records, verdict("P1"), verdict("P2", verdict="REJECT")).answers
    told = json.loads(second.text)
    assert (first.number, second.number, told["record"]) == (1, 2, 2)
    assert json.loads(first.text)["previous"] == "00" * 32
    assert told["previous"] == sha256(bytes(32) + first.text.encode()).hexdigest()
    assert (told["part"], second.verdict, second.again) == ("P2", "REJECT", False)
    db = sqlite3.connect(tmp_path / "data" / "records.sqlite")
    assert db.execute("SELECT text FROM records").fetchall() == [(first.text,), (second.text,)]


def test_a_key_has_one_record(records):
    [one] = appended(records, verdict("P1", 1.0)).answers
    again, other, same = appended(
        records, verdict("P1", 2.0), verdict("P2"), verdict("P2", 5.0)
    ).answers
    assert (again.text, again.number, again.again) == (one.text, 1, True)
    assert (other.number, other.again, same.number, same.again) == (2, False, 2, True)
    assert appended(records, verdict("P1", sequence=1)).answers[0].number == 3
    assert verify(records.folder).records == 3


def test_measured_values_have_a_key_of_their_own(records):
    appended(records, verdict("P1"))
    first, second, again = appended(
        records, measurement("P1", 1.5, 1.0), measurement("P1", 1.6, 1.0), measurement("P1", 1.5, 1)
    ).answers
    assert [first.number, second.number, again.number] == [2, 3, 2]


def test_events_and_parts_without_id_have_no_key(records):
    event = Draft("event", "press-1", '{"kind": "event"}', 1.0, "P1")
    numbers = [a.number for a in appended(records, event, event, verdict(""), verdict("")).answers]
    assert numbers == [1, 2, 3, 4]


def test_what_was_seen_and_judged(records):
    appended(records, verdict("P1"), verdict("P1", 7.0, sequence=1))
    key = ("press-1", "P1", 0, "")
    found = records.seen([key, ("press-1", "P9", 0, ""), ("press-2", "P1", 0, "")])
    assert list(found) == [key]
    assert (found[key].number, found[key].again, found[key].verdict) == (1, True, "ACCEPT")
    assert json.loads(records.judged("press-1", "P1"))["outputs"]["width"]["value"] == 7.0
    assert records.judged("press-1", "P9") is None


def test_a_verdict_on_its_way_is_judged(tmp_path):
    gate = threading.Event()
    records = Records(tmp_path, fail=lambda step: step == "begin" and gate.wait(60))
    heard = Heard()
    draft = verdict("P1")
    records.append([draft], heard)
    assert records.judged("press-1", "P1") is draft.text
    assert (records.seen([draft.key]), records.waiting()) == ({}, 1)
    gate.set()
    heard.wait()
    assert json.loads(records.judged("press-1", "P1"))["record"] == 1
    assert records.stop()


def test_strange_text_is_kept(records):
    strange = ["\ud800", "\x00", "a\nb", "\u2028", "'; DROP TABLE records; --", "é" * 300]
    answers = appended(records, *(verdict(part) for part in strange)).answers
    assert [json.loads(a.text)["part"] for a in answers] == strange
    keys = [verdict(part).key for part in strange]
    assert [records.seen([key])[key].number for key in keys] == [1, 2, 3, 4, 5, 6]
    assert records.judged("press-1", "\ud800") == answers[0].text


@pytest.mark.parametrize(
    "draft",
    [
        Draft("verdict", "s", "{}", float("nan")),
        Draft("verdict", "s", "{}", -1.0),
        Draft("verdict", "s", "{}", 1.0, sequence=1 << 63),
        Draft("verdict", "s", '{"a":\n1}', 1.0),
        Draft("verdict", "s", '{"a": "é"}', 1.0),
        Draft("verdict", "s", "[]", 1.0),
        Draft("order", "s", "{}", 1.0),
        Draft("verdict", "s", "{}", 1.0, verdict="PERHAPS"),
    ],
)
def test_drafts_that_can_be_no_record_are_told_so_and_harm_no_others(records, draft):
    wrong, right = Heard(), Heard()
    records.append([verdict("P1"), draft], wrong)
    records.append([verdict("P2")], right)
    assert wrong.wait().answers == [] and wrong.words
    assert right.wait().answers[0].number == 1
    assert verify(records.folder).records == 1


def test_what_is_no_number_is_no_point(records):
    odd = {"a": {"value": None}, "b": {"value": "x"}, "c": {"value": float("inf")}, "d": {}}
    appended(records, Draft("verdict", "s", "{}", 1.0, "P", outputs=odd, measured={"c": 2.0}))
    db = sqlite3.connect(f"{records.folder}/records.sqlite")
    assert db.execute("SELECT value, measured FROM points").fetchall() == [(None, 2.0)]


def test_there_is_room_for_so_many(tmp_path):
    gate = threading.Event()
    records = Records(tmp_path, room=3, fail=lambda step: step == "begin" and gate.wait(60))
    first, second = Heard(), Heard()
    records.append([verdict(f"P{i}") for i in range(5)], first)  # nothing waits: any number
    records.append([verdict("Q")], second)
    assert "no room" in second.wait().words
    gate.set()
    assert len(first.wait().answers) == 5
    assert appended(records, verdict("Q")).answers[0].number == 6
    assert records.waiting() == 0
    records.stop()


def test_numbers_and_chain_go_on_after_a_restart(tmp_path):
    for start in range(3):
        records = Records(tmp_path)
        assert appended(records, verdict(f"P{start}")).answers[0].number == start + 1
        assert records.stop()
    found = verify(tmp_path)
    assert (found.records, found.first, found.last, found.broken) == (3, 1, 3, None)


def test_after_stop_nothing_is_taken(tmp_path):
    records = Records(tmp_path)
    assert records.stop()
    assert "stops" in appended(records, verdict("P")).words


def test_who_hears_may_fail(records):
    records.append([verdict("P1")], lambda answers, words: 1 / 0)
    assert appended(records, verdict("P2")).answers[0].number == 2


def test_one_station_writes_in_a_folder(records):
    with pytest.raises(InputError, match="another station"):
        Records(records.folder)


def test_foreign_and_newer_databases_are_refused(tmp_path):
    path = tmp_path / "records.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(InputError, match="is no database"):
        Records(tmp_path)
    path.unlink()
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE other (x)")
    db.close()
    with pytest.raises(InputError, match="no records of a station"):
        Records(tmp_path)
    path.unlink()
    Records(tmp_path).stop()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    for call in (Records, verify):
        with pytest.raises(InputError, match="version 99"):
            call(tmp_path)


def test_verify_needs_records(tmp_path):
    with pytest.raises(InputError, match="holds no records"):
        verify(tmp_path)
