"""Whatever is done to the records from outside: verify names the first one where it shows."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from sna_edge.station.records import Records, verify
from sna_edge.station.records.chain import FIRST, Anchors, Head, Mark, known, linked

from .made import appended, event, verdict


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A folder of 20 records."""
    folder = tmp_path_factory.mktemp("whole") / "data"
    records = Records(folder)
    for i in range(10):
        appended(records, verdict(f"P{2 * i}"), verdict(f"P{2 * i + 1}", verdict="REJECT"))
    records.stop()
    return folder


@pytest.fixture
def copy(whole, tmp_path):
    """A copy of it, and how it is changed."""

    def change(*statements: str) -> None:
        with closing(sqlite3.connect(tmp_path / "data" / "records.sqlite")) as db:
            for statement in statements:
                db.execute(statement)
            db.commit()

    shutil.copytree(whole, tmp_path / "data")
    change.folder = tmp_path / "data"
    return change


EDITS = {
    "edited": (8, "UPDATE records SET text = replace(text, 'REJECT', 'ACCEPT') WHERE number > 6"),
    "digest": (5, "UPDATE records SET digest = zeroblob(32) WHERE number = 5"),
    "removed": (5, "DELETE FROM records WHERE number = 5"),
    "first": (1, "DELETE FROM records WHERE number = 1"),
    "first three": (1, "DELETE FROM records WHERE number <= 3"),
    "last": (20, "DELETE FROM records WHERE number = 20"),
    "last ten": (11, "DELETE FROM records WHERE number > 10"),
    "all": (1, "DELETE FROM records"),
    "swapped": (
        5,
        "UPDATE records SET number = -5 WHERE number = 5",
        "UPDATE records SET number = 5 WHERE number = 9",
        "UPDATE records SET number = 9 WHERE number = -5",
    ),
    "texts swapped": (
        3,
        "UPDATE records SET (text, digest) = (SELECT text, digest FROM records r"
        " WHERE r.number = CASE records.number WHEN 3 THEN 4 ELSE 3 END) WHERE number IN (3, 4)",
    ),
    "verdict": (8, "UPDATE records SET verdict = 1 WHERE number = 8"),
    "part": (6, "UPDATE records SET part = 'X' WHERE number = 6"),
    "time": (6, "UPDATE records SET time = time + 1 WHERE number = 6"),
    "kind": (6, "UPDATE records SET kind = 1 WHERE number = 6"),
    "station": (1, "UPDATE names SET name = 'press-7' WHERE name = 'press-1'"),
    "blob": (4, "UPDATE records SET text = x'00' WHERE number = 4"),
    "letters": (4, "UPDATE records SET text = text || 'é' WHERE number = 4"),
    "before": (1, "INSERT INTO records SELECT 0,0,1,1,'Z',0,'',0,0,'{}',x'' "),
    "more": (21, "INSERT INTO records SELECT 21,0,1,1,'Z',0,'',0,0,'{}',x'' "),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_change_shows_where_it_was_made(copy, name):
    number, *statements = EDITS[name]
    copy(*statements)
    if name == "before":
        number = 0
    found = verify(copy.folder)
    assert found.broken == number, found
    assert str(number) in found.words


def test_records_are_whole(whole):
    found = verify(whole)
    assert (found.records, found.first, found.last, found.broken, found.words) == (
        20, 1, 20, None, ""
    )  # fmt: skip
    assert found.digest == known(whole)[-1].digest.hex()


def test_a_chain_made_anew_differs_from_its_anchors(copy):
    """Who changes a text and all digests after it has to change the files beside it too."""
    with closing(sqlite3.connect(copy.folder / "records.sqlite")) as db:
        digest = FIRST
        for number, text in db.execute("SELECT number, text FROM records").fetchall():
            told = json.loads(text)
            told["previous"] = digest.hex()
            if number == 4:
                told["verdict"] = "ACCEPT"
            digest = linked(digest, json.dumps(told))
            values = json.dumps(told), digest, number
            db.execute("UPDATE records SET text = ?, digest = ? WHERE number = ?", values)
        db.execute("UPDATE records SET verdict = 1 WHERE number = 4")
        db.commit()
    found = verify(copy.folder)
    assert found.broken == 20 and "anchor" in found.words
    records = Records(copy.folder)
    records.stop()
    assert json.loads(_texts(copy.folder)[-1])["event"] == "records changed"


def _texts(folder):
    with closing(sqlite3.connect(folder / "records.sqlite")) as db:
        return [text for (text,) in db.execute("SELECT text FROM records ORDER BY number")]


def test_a_station_goes_on_behind_a_cut_end_and_says_so(copy):
    copy("DELETE FROM records WHERE number > 15")
    for _ in range(2):  # it says it once
        records = Records(copy.folder)
        again, new = appended(records, verdict("P3"), verdict("P17")).answers
        records.stop()
    assert again.number == 4
    texts = [json.loads(text) for text in _texts(copy.folder)]
    assert [t["record"] for t in texts] == [*range(1, 16), 21, 22]
    told = next(t for t in texts if t.get("event"))
    assert (told["event"], told["missing"]) == ("records missing", [16, 20])
    assert new.number in (21, 22) and new.again
    assert verify(copy.folder).broken == 16  # for ever


def test_without_its_files_the_chain_still_says_of_its_middle(copy):
    for name in ("head", "anchors.log"):
        (copy.folder / name).unlink()
    copy("DELETE FROM records WHERE number > 15")
    assert verify(copy.folder).broken is None  # nothing else knows of them
    copy("DELETE FROM records WHERE number = 3")
    assert verify(copy.folder).broken == 3


@pytest.mark.parametrize("name", ["head", "anchors.log"])
def test_one_of_the_two_files_is_enough_to_show_a_cut(copy, name):
    (copy.folder / name).unlink()
    copy("DELETE FROM records WHERE number > 15")
    assert verify(copy.folder).broken == 16


def test_half_a_head_is_the_mark_before(tmp_path):
    head = Head(tmp_path)
    for number in (1, 2, 3):
        head.set(Mark(number, bytes([number]) * 32))
    head.close()
    path = tmp_path / "head"
    data = bytearray(path.read_bytes())
    assert Head(tmp_path).mark.number == 3
    data[10] ^= 1  # the slot of 1 and 3
    path.write_bytes(data)
    assert Head(tmp_path).mark == Mark(2, b"\2" * 32)
    path.write_bytes(b"")
    assert Head(tmp_path).mark == Mark()


def test_old_anchors_go(tmp_path, monkeypatch):
    monkeypatch.setattr("sna_edge.station.records.chain.KEPT", 3)
    anchors = Anchors(tmp_path)
    for number in range(1, 9):
        anchors.set(Mark(number), 0)
    assert [m.number for m in Anchors(tmp_path).marks] == [5, 6, 7, 8]


def test_an_event_after_the_fact_is_part_of_the_chain(copy):
    records = Records(copy.folder)
    [answer] = appended(records, event(word="limits changed")).answers
    records.stop()
    assert answer.number == 21 and verify(copy.folder).records == 21
    copy("UPDATE records SET text = replace(text, 'mia', 'bob') WHERE number = 21")
    assert verify(copy.folder).broken == 21
