"""Parts in, one record each out, whatever comes."""

from __future__ import annotations

import json
import random
import threading

import pytest

from sna_edge.errors import InputError
from sna_edge.station.judging.clock import Clock
from sna_edge.station.messages import of_object
from sna_edge.station.parts import Arrival
from sna_edge.station.records import Records

from ..plants import Told, process, sent


@pytest.fixture
def plant(tmp_path):
    made = process(tmp_path)
    yield made
    made.stop()


def verdicts(plant):
    return [json.loads(t) for t in plant.plant.records.texts if '"kind": "verdict"' in t]


def test_a_part_gets_a_verdict_and_a_record_with_all_that_it_was_judged_by(plant):
    (record,) = sent(plant.desk, {"power": 200.0}, part="A1", door="http", sent=0.5).records
    assert (record["verdict"], record["part"], record["station"]) == ("ACCEPT", "A1", "press-1")
    assert record["outputs"]["width"]["value"] == 100.0 and record["reading"]["power"] == 200.0
    assert record["config"] == plant.config.digest and len(record["limits"]) == 64
    assert len(record["model"]["sha256"]) == 64 and record["recipe"] == "default"
    assert record["sent"] == "1970-01-01T00:00:00.500Z" and record["time"].endswith("Z")
    assert record["schema"] == 1 and record["clock"] in ("synchronised", "unsynchronised")


def test_a_part_that_comes_again_is_answered_with_its_record(plant):
    first = sent(plant.desk, {"power": 200.0, "time": 1.0}, part="A1")
    again = sent(plant.desk, {"time": 2.0, "power": 200.0}, part="A1")
    assert again.answers[0].again and again.answers[0].text == first.answers[0].text
    other = sent(plant.desk, {"power": 290.0}, part="A1", sequence=1)
    assert other.records[0]["verdict"] == "REJECT" and len(verdicts(plant)) == 2


@pytest.mark.parametrize("reading", [{"power": 290.0}, {"power": 200.0, "measured": {"width": 9}}])
@pytest.mark.parametrize("held", [False, True])
def test_an_id_that_another_part_has_gets_no_verdict(plant, reading, held):
    """A counter that begins anew: the verdict of the first part is not that of the second."""
    records = plant.plant.records
    first, second = Told(), Told()
    if held:
        records.hold.clear()
    assert plant.desk.submit([Arrival("press-1", {"power": 200.0}, "A1")], first)
    if not held:
        first.wait()
    for told in (second, third := Told()):
        assert plant.desk.submit([Arrival("press-1", reading, "A1")], told)
    records.hold.set()
    (record,), (same,) = second.wait().records, third.wait().records
    assert (first.wait().records[0]["verdict"], record["verdict"]) == ("ACCEPT", "NO VERDICT")
    assert "judged as part 'A1', sequence 0, before" in record["reason"]
    assert record == same and third.answers[0].again and len(verdicts(plant)) == 2


@pytest.mark.parametrize("wrong", [{"sequence": -1}, {"sequence": "2"}, {"recipe": "a\n\u202eb"}])
def test_a_message_that_cannot_be_read_is_not_answered_with_the_verdict_of_its_part(plant, wrong):
    first = sent(plant.desk, {"power": 200.0}, part="A1").records[0]
    told = Told()
    assert plant.desk.submit([of_object({"part": "A1", "power": 290.0} | wrong, "press-1")], told)
    (record,) = told.wait().records
    assert (first["verdict"], record["verdict"]) == ("ACCEPT", "NO VERDICT")
    assert "of A1 is" in record["reason"] and record["recipe"] == "default"


def test_a_part_that_comes_again_before_its_record_is_written_waits_for_it(plant):
    records = plant.plant.records
    records.hold.clear()
    first, again = Told(), Told()
    arrival = Arrival("press-1", {"power": 200.0}, "A1")
    assert plant.desk.submit([arrival, arrival], first) and plant.desk.submit([arrival], again)
    records.hold.set()
    assert [a.again for a in first.wait().answers] == [False, True]
    assert again.wait().answers[0].again and len(verdicts(plant)) == 1


def test_without_an_id_every_message_is_a_part_of_its_own(plant):
    told = sent(plant.desk, {"power": 200.0}, {"power": 200.0})
    assert len({r["part"] for r in told.records}) == 2


def test_parts_without_an_id_are_others_after_a_start_in_the_same_second(tmp_path, monkeypatch):
    """Of a clock that was set back, or begins where it was saved: the second part was answered with
    the record of the first, or had no verdict."""
    monkeypatch.setattr(Clock, "now", lambda clock: 1_790_000_000.0)
    found = []
    for power in (200.0, 200.0, 210.0):
        plant = process(tmp_path, Records)
        found += sent(plant.desk, {"power": power}).records
        plant.stop()
    assert [record["verdict"] for record in found] == ["ACCEPT"] * 3
    assert len({record["record"] for record in found}) == 3


def test_what_cannot_be_read_has_a_record_and_no_verdict(plant):
    readings = ["the line is not JSON", {"power": "high"}, {}, {"power": float("nan")},
                {"power": 10**400}, {"power": [1]}, {"power": True}]  # fmt: skip
    told = sent(plant.desk, *readings)
    assert {r["verdict"] for r in told.records} == {"NO VERDICT"}
    assert all(r["reason"] for r in told.records)


def test_an_unknown_recipe_gives_no_verdict_and_an_unknown_station_an_error(plant):
    (record,) = sent(plant.desk, {"power": 200.0}, recipe="other").records
    assert record["verdict"] == "NO VERDICT" and "its recipes are default" in record["reason"]
    with pytest.raises(InputError, match="no station is called 'press-2'"):
        plant.desk.submit([Arrival("press-2", {})], Told())


def test_nothing_is_acknowledged_on_a_full_disk_and_all_goes_on_when_there_is_room(plant):
    plant.plant.records.full = "the disk is full"
    told = sent(plant.desk, {"power": 200.0}, part="A1")
    assert told.answers == [] and told.why == "the disk is full" and not verdicts(plant)
    plant.plant.records.full = ""
    assert sent(plant.desk, {"power": 200.0}, part="A1").records[0]["verdict"] == "ACCEPT"
    assert len(verdicts(plant)) == 1


def test_measured_values_are_joined_to_their_part(plant):
    sent(plant.desk, {"power": 200.0}, part="A1")
    (record,) = sent(plant.desk, {"measured": {"width": "0.0001017 m"}}, part="A1").records
    told = record["measured"]["width"]
    assert record["kind"] == "measured" and record["was"] == "ACCEPT"
    assert told["value"] == pytest.approx(101.7) and told["predicted"] == 100.0
    assert told["inside"] and told["in_limits"]
    (more,) = sent(plant.desk, {"measured": {"width": 130.0}}, part="A1").records
    assert not more["measured"]["width"]["inside"] and not more["measured"]["width"]["in_limits"]
    assert sent(plant.desk, {"measured": {"width": 130.0}}, part="A1").answers[0].again


def test_measured_values_that_come_first_wait_for_their_part(plant):
    (early,) = sent(plant.desk, {"measured": {"width": 101.0}}, part="A1").records
    assert "predicted" not in early["measured"]["width"]
    (record,) = sent(plant.desk, {"power": 200.0}, part="A1").records
    assert record["measured"]["width"]["predicted"] == 100.0


def test_there_is_a_bound_for_what_waits(tmp_path):
    from ..plants import STATION

    plant = process(tmp_path, station="queue = 10\n" + STATION)
    plant.plant.records.hold.clear()
    told, taken = [], 0
    for i in range(100):
        told.append(Told())
        taken += plant.desk.submit([Arrival("press-1", {"power": 200.0}, f"A{i}")], told[-1])
        if taken <= i:
            break
    assert taken < 100 and plant.desk.refused >= 1
    plant.plant.records.hold.set()
    for one in told[:taken]:
        one.wait()
    assert len(verdicts(plant)) == taken
    plant.stop()


def test_a_fault_of_ours_ends_no_station(plant, monkeypatch):
    line = plant.desk.cells["press-1", "default"].line
    whole = line.readings

    def broken(readings, *more, **options):
        if any(r.get("power") == 201.0 for r in readings if not isinstance(r, str)):
            raise ZeroDivisionError("nobody has thought of it")
        return whole(readings, *more, **options)

    monkeypatch.setattr(line, "readings", broken)
    told = sent(plant.desk, *({"power": 200.0 + i} for i in range(3)))
    assert [r["verdict"] for r in told.records] == ["ACCEPT", "NO VERDICT", "ACCEPT"]
    assert "internal fault" in told.records[1]["reason"]
    monkeypatch.setattr(plant.plant.records, "seen", lambda keys: 1 / 0)
    told = sent(plant.desk, {"power": 200.0}, part="A9")
    assert not told.answers and "send it again" in told.why
    monkeypatch.undo()
    assert sent(plant.desk, {"power": 200.0}, part="A9").records[0]["verdict"] == "ACCEPT"


def test_threads_that_send_the_same_parts_get_one_record_each(plant):
    draw, told = random.Random(1), []

    def flood(seed):
        draw = random.Random(seed)
        for _ in range(50):
            parts = [f"P{draw.randrange(60)}" for _ in range(draw.randrange(1, 20))]
            told.append((parts, sent(plant.desk, *(
                Arrival("press-1", {"power": 100.0 + 3.0 * int(p[1:])}, p) for p in parts
            ))))  # fmt: skip

    threads = [threading.Thread(target=flood, args=[draw.random()]) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    by_part = {r["part"]: r["record"] for r in verdicts(plant)}
    assert len(by_part) == len(verdicts(plant)) == 60
    for parts, one in told:
        assert one.calls == 1 and [r["part"] for r in one.records] == parts
        assert [r["record"] for r in one.records] == [by_part[p] for p in parts]


def test_a_graceful_end_judges_what_waits(tmp_path):
    plant = process(tmp_path)
    told = [Told() for _ in range(50)]
    for i, one in enumerate(told):
        assert plant.desk.submit([Arrival("press-1", {"power": 200.0}, f"A{i}")], one)
    assert plant.stop()
    assert all(one.wait().answers for one in told) and len(verdicts(plant)) == 50
    assert not plant.desk.submit([Arrival("press-1", {"power": 200.0})], Told())
    events = [json.loads(t)["event"] for t in plant.plant.records.texts if '"event"' in t]
    assert events == ["started", "stopped"]


def test_advice_comes_with_the_record_of_a_reject_and_holds_up_no_part(tmp_path):
    from ..plants import LIMITS, STATION

    patient = STATION.replace("limits = ", "advice_ms = 10000\nlimits = ")
    plant = process(tmp_path, station=patient, limits=LIMITS + "[knobs.power]\nstep = 5\n")
    told = sent(plant.desk, {"power": 290.0}, {"power": 200.0}, {"power": 290.0})
    assert [r["verdict"] for r in told.records] == ["REJECT", "ACCEPT", "REJECT"]
    assert told.records[0]["advice"]["settings"]["power"] <= 240.0
    assert told.records[1]["record"] < told.records[2]["record"]
    plant.stop()


def test_a_part_that_no_record_can_be_made_of_has_one_that_says_so(plant):
    """Values that JSON has not: the parts beside it have their verdicts."""
    odd = {"measured": {"width": b"\xff", "depth": {1, 2}}}
    told = sent(plant.desk, *(Arrival("press-1", r, f"A{i}") for i, r in
                              enumerate([{"power": 200.0}, odd, {"power": 290.0}])))  # fmt: skip
    assert told.calls == 1 and not told.why
    assert [r.get("verdict") for r in told.records] == ["ACCEPT", "NO VERDICT", "REJECT"]
    assert "internal fault" in told.records[1]["reason"]
    told = sent(plant.desk, Arrival("press-1", {"power": {1}}, "B1", recipe="none"))
    assert told.records[0]["verdict"] == "NO VERDICT"


def test_what_waits_for_a_part_is_bounded_whatever_is_measured(plant):
    much = {"measured": {f"n{n}": "x" * 1000 for n in range(10_000)}}
    (record,) = sent(plant.desk, Arrival("press-1", much, "A1")).records
    assert sum("reason" in one for one in record["measured"].values()) <= 10
    (kept,) = plant.desk.joining._waiting.values()
    assert len(json.dumps(kept)) < 50_000
    held = {"measured": {"width": 118.0, "x": [[]]}}
    sent(plant.desk, Arrival("press-1", held, "A2"))
    (record,) = sent(plant.desk, Arrival("press-1", {"power": 200.0}, "A2")).records
    assert record["measured"]["width"]["value"] == 118.0


def test_who_brings_parts_judges_them_where_nobody_else_does(tmp_path):
    made = process(tmp_path)
    line, threads = next(iter(made.desk.cells.values())).line, []
    judge, busy, free = line.readings, threading.Event(), threading.Event()

    def readings(*given):
        threads.append(threading.current_thread().name)
        return judge(*given)

    line.readings = readings
    own = threading.current_thread().name
    for here in (True, False):
        told = Told()
        assert made.desk.submit([Arrival("press-1", {"power": 200.0})], told, here=here)
        told.wait()
    assert threads == [own, "verdicts"]
    made.desk.turn(lambda: (busy.set(), free.wait(60.0)))  # somebody judges, for long
    assert busy.wait(60.0)
    told = Told()
    assert made.desk.submit([Arrival("press-1", {"power": 200.0})], told, here=True)
    assert not told.calls
    free.set()
    assert told.wait().records[0]["verdict"] == "ACCEPT" and threads[-1] == "verdicts"
    made.stop()
