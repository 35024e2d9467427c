"""A destination gets every record, in order, however long it was away."""

from __future__ import annotations

import json
import time

import pytest

from sna_edge.errors import InputError
from sna_edge.station.records import Keep, Records, verify

from .made import appended, verdict


@pytest.fixture
def records(tmp_path):
    made = Records(tmp_path / "data")
    yield made
    made.stop()


def _numbers(records, name="plant"):
    return [p.number for p in records.outbox.unsent(name)]


def test_records_wait_until_they_are_sent(records):
    appended(records, verdict("P0"))
    records.outbox.join("plant")
    appended(records, verdict("P1"), verdict("P2"), verdict("P3"))
    assert _numbers(records) == [2, 3, 4]
    assert [p.number for p in records.outbox.unsent("plant", 2)] == [2, 3]
    assert [p.number for p in records.outbox.unsent("plant", 2, 3)] == [4]
    parcel = records.outbox.unsent("plant")[0]
    assert (parcel.kind, json.loads(parcel.text)["part"]) == ("verdict", "P1")
    records.outbox.sent("plant", 3)
    records.outbox.sent("plant", 2)  # late, and nothing goes back
    assert (_numbers(records), records.outbox.waiting("plant")) == ([4], 1)
    records.outbox.sent("plant", 99)
    assert records.outbox.waiting("plant") == 0
    appended(records, verdict("P4"))
    assert _numbers(records) == [5]


def test_everything_that_is_there(records):
    appended(records, verdict("P0"))
    records.outbox.join("plant", everything=True)
    assert _numbers(records) == [1]
    records.outbox.leave("plant")
    with pytest.raises(InputError, match="has not joined"):
        records.outbox.unsent("plant")


def test_what_was_written_while_a_destination_was_away_is_historical(records):
    records.outbox.join("plant")
    appended(records, verdict("P1"))
    assert [p.is_historical for p in records.outbox.unsent("plant")] == [False]
    records.outbox.connected("plant")
    appended(records, verdict("P2"))
    assert [p.is_historical for p in records.outbox.unsent("plant")] == [True, False]


def test_a_place_outlives_the_station(tmp_path):
    records = Records(tmp_path)
    records.outbox.join("plant")
    appended(records, verdict("P1"), verdict("P2"))
    records.outbox.sent("plant", 1)
    records.stop()
    records = Records(tmp_path)
    records.outbox.join("plant")
    assert [(p.number, p.is_historical) for p in records.outbox.unsent("plant")] == [(2, True)]
    records.outbox.sent("plant", 2)
    until = time.monotonic() + 60
    while records.outbox.changed() and time.monotonic() < until:
        time.sleep(0.05)
    assert not records.outbox.changed()  # without any record
    records.stop()
    records = Records(tmp_path)
    assert records.outbox.unsent("plant") == []
    records.stop()


def test_a_place_that_could_not_be_written_is_written_later(tmp_path):
    broken = [True]

    def fail(step: str) -> None:
        if step == "commit" and broken[0]:
            raise OSError("broken")

    records = Records(tmp_path, fail=fail)
    records.outbox.join("plant")
    assert "broken" in appended(records, verdict("P1")).words
    broken[0] = False
    assert appended(records, verdict("P1")).words == ""
    assert "P1" in [json.loads(p.text).get("part") for p in records.outbox.unsent("plant")]
    records.stop()
    records = Records(tmp_path)
    assert "plant" in records.outbox.places()
    records.stop()


def test_what_a_cap_takes_from_a_destination_is_told(tmp_path):
    records = Records(tmp_path, Keep(cap=1_500_000, when_full="drop_oldest"))
    records.outbox.join("plant")
    records.outbox.join("other")
    for i in range(0, 4000, 250):
        assert appended(records, *(verdict(f"P{k}") for k in range(i, i + 250))).words == ""
        records.outbox.sent("other", records.state()["last"])
    place = records.outbox.places()["plant"]
    assert place.dropped > 0 and records.outbox.places()["other"].dropped == 0
    assert _numbers(records)[0] == place.sent + 1 == place.dropped + 1
    records.stop()
    assert verify(tmp_path).broken is None
    records = Records(tmp_path)
    dropped = [json.loads(p.text) for p in records.outbox.unsent("plant", 9999)]
    told = [t for t in dropped if t.get("event") == "outbox dropped"]
    assert sum(t["last"] - t["first"] + 1 for t in told) <= place.dropped
    assert {t["destination"] for t in told} == {"plant"}
    records.stop()
