"""What tells of the last part again: a birth of an edge node, a controller after a reconnection."""

from __future__ import annotations

import os
import time

import pytest

from sna_edge.station.mqtt.sparkplug.payload import Metric, Payload
from sna_edge.station.mqtt.sparkplug.seen import Seen, parts
from sna_edge.station.mqtt.sparkplug.settings import Tap
from sna_edge.station.mqtt.sparkplug.types import Type
from sna_edge.station.opcua.client import ClientDoor
from sna_edge.station.opcua.settings import ClientSettings
from sna_edge.station.process import Process
from sna_edge.station.records import Records

from .plants import STATION, Told, configured, folder, process

TAP = Tap(("plant", "plc", ""), "press-1", "Part", "Part", inputs={"power": "Power"})


def sparkplug(part, power):
    """A birth of the edge node that tells of a part."""
    seen = Seen()
    metrics = (Metric("Part", part, Type.STRING), Metric("Power", power, Type.DOUBLE))
    found = seen.heard("NBIRTH", "", Payload(metrics, 1000, 0).encoded())
    return list(parts(TAP, found, seen.values[""], birth=True, door="sparkplug.plant"))


def opcua(part, power):
    """What a fresh client reads of a controller."""
    settings = ClientSettings("opc.tcp://x", "press-1", "t", {"power": "p"}, {}, part="i")
    door = ClientDoor("plc", settings, None)
    return [door._arrival({"trigger": 1, "part": part, "inputs.power": power})]


def answered(plant, arrivals):
    told = Told()
    assert plant.desk.submit(arrivals, told)
    [answer], [record] = told.wait().answers, told.records
    return answer, record


@pytest.mark.parametrize("again", [sparkplug, opcua])
def test_the_same_part_again_is_answered_with_its_record(tmp_path, again):
    """With the same values it is the same message. With other ones it is another message, which is
    not judged: the controller has the inputs of the next part already, and the first verdict
    stands. Sent once more it has no third record."""
    plant = process(tmp_path)
    try:
        first, judged = answered(plant, again("A17", 200.0))
        assert judged["verdict"] == "ACCEPT" and not first.again
        same, record = answered(plant, again("A17", 200.0))
        assert same.again and record == judged
        other, refused = answered(plant, again("A17", 290.0))
        assert not other.again and refused["verdict"] == "NO VERDICT"
        assert refused["part"].startswith("A17~") and "another message" in refused["reason"]
        twice, record = answered(plant, again("A17", 290.0))
        assert twice.again and record == refused
        assert answered(plant, again("A17", 200.0))[1] == judged
    finally:
        plant.stop()


def test_a_destination_gets_what_is_recorded_before_its_own_door_is_open(tmp_path):
    """Doors open one after the other: parts that come by the first meanwhile are for all."""
    config = STATION + '[aqdef.export]\npath = "dfq"\n'
    made = Process(configured(folder(tmp_path, station=config)), Records)
    try:
        assert made.plant.records.outbox.places()["aqdef.export"].sent == 0
        assert made.plant.records.outbox.waiting("aqdef.export") == 0
        told = Told()
        made.desk.note("alarm", told, why="before any door")
        told.wait()
        assert made.plant.records.outbox.waiting("aqdef.export") == 1
    finally:
        made.stop()


def test_what_a_kill_left_half_written_is_taken_away_at_the_start(tmp_path):
    config = STATION + '[aqdef.export]\npath = "dfq"\n[folder.inbox]\npath = "in"\n'
    config += 'station = "press-1"\n'
    for name in ("dfq", "in/done", "in/wrong", "station-data"):
        (tmp_path / name).mkdir(parents=True)
        for half in (".sna-abcdef", "kept"):
            (tmp_path / name / half).write_text("half")
            os.utime(tmp_path / name / half, (time.time() - 100,) * 2)
    (tmp_path / "dfq" / ".sna-young").write_text("another station writes this now")
    plant = process(tmp_path, Records, station=config)
    plant.stop()
    left = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob(".sna-*")}
    assert left == {"dfq/.sna-young"}
    assert len(list(tmp_path.rglob("kept"))) == 4
