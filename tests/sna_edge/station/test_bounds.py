"""Everything that somebody who sends can make grow has a bound, and what has to go is counted."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from sna_edge.station import bus
from sna_edge.station.charts import patterns
from sna_edge.station.judging import joining, limited
from sna_edge.station.messages import of_line
from sna_edge.station.mqtt import taken
from sna_edge.station.mqtt.sparkplug.payload import Metric, Payload
from sna_edge.station.mqtt.sparkplug.seen import parts
from sna_edge.station.mqtt.sparkplug.settings import Tap
from sna_edge.station.mqtt.sparkplug.types import Type
from sna_edge.station.parts import Arrival

from .desk import Desk
from .plants import process, sent
from .waiting import in_a_loop, until

KEYS = ",".join(f'"k{i}": {i}' for i in range(50_000))


@pytest.fixture
def plant(tmp_path):
    made = process(tmp_path)
    yield made
    made.stop()


@pytest.mark.parametrize(
    ("message", "verdict"),
    [
        ('{"part": "A", "power": 200, "x": "%s"}' % ("y" * 900_000), "ACCEPT"),
        ('{"part": "A", "power": 200, "%s": 1}' % ("y" * 900_000), "ACCEPT"),
        ('{"part": "A", "power": 200, "time": "%s"}' % ("y" * 900_000), "ACCEPT"),
        ('{"part": "A", "power": 200, "timestamp": [%s1]}' % ("1, " * 200_000), "ACCEPT"),
        ('{"part": "A", "power": 200, "measured": "%s"}' % ("y" * 900_000), "ACCEPT"),
        ('{"part": "A", "power": 200, "measured": {"width": 100, ' + KEYS + "}}", "ACCEPT"),
        ('{"part": "A", "measured": {"width": 100, ' + KEYS + "}}", ""),
        ('{"part": "A", "recipe": "z", "power": 200, ' + KEYS + "}", "NO VERDICT"),
        ('{"part": "A", "recipe": "z", "power": 200, "n": %s}' % ("9" * 4000), "NO VERDICT"),
    ],
    ids=range(9),
)
def test_a_record_has_a_length_whatever_the_message_has(plant, message, verdict):
    (record,) = sent(plant.desk, of_line(message.encode(), "press-1")).records
    assert len(json.dumps(record)) < limited.LONGEST
    assert record.get("verdict", "") == verdict
    if len(message) > limited.LONGEST:
        assert limited.CUT in record["remark"]
    if verdict == "ACCEPT":
        assert record["reading"]["power"] == 200
    if "width" in message:
        assert record["measured"]["width"]["value"] == 100


def test_what_is_short_is_recorded_as_it_was(plant):
    (record,) = sent(plant.desk, {"power": 200, "x": "y" * 300, "z": [1, 2]}, part="A").records
    assert record["reading"] == {"power": 200, "x": "y" * 300, "z": [1, 2], "id": "A"}
    assert "remark" not in record


def test_recipes_that_no_station_has_are_named_so_many_times(plant):
    told = [sent(plant.desk, {"power": 200}, recipe=f"r{n}").records[0] for n in range(150)]
    assert {one["recipe"] for one in told} == {"", *(f"r{n}" for n in range(limited.STRANGE))}
    assert all(f"no recipe 'r{n}'" in one["reason"] for n, one in enumerate(told))
    assert len(plant.desk.verdicts) == limited.STRANGE + 1
    again = sent(plant.desk, {"power": 200}, recipe="r7").records[0]
    assert again["recipe"] == "r7"


def test_measured_values_that_wait_for_their_part_have_room_together():
    held = joining.Joining(lambda station, part: None)
    long = {f"{n}{'k' * 300}": "v" * 300 for n in range(200)}
    for n in range(500):
        held.wait("press-1", f"A{n}", long)
    kept = sum(len(k) + len(v) for one in held._waiting.values() for k, v in one.items())
    assert kept <= joining.LETTERS and held.forgotten == 500 - len(held._waiting) > 300
    assert held.awaited("press-1", "A0") is None and held.awaited("press-1", "A499")
    for n in range(5000):
        held.wait("press-1", f"B{n % 4500}", {"width": 1.0})
    assert len(held._waiting) == joining.ROOM
    while held._waiting:
        held.awaited(*next(iter(held._waiting)))
    assert held._letters == 0


def test_a_listener_keeps_so_many_messages_and_characters(monkeypatch):
    monkeypatch.setattr(bus, "LETTERS", 1000)
    listener = bus.Listener({"verdict"}, 10)
    for n in range(25):
        listener.put("verdict", f"{n:2}" + "x" * 198)
    assert (len(listener.all()), listener.lost) == (5, 20)
    listener.put("verdict", "x" * 5000)  # one is always kept
    listener.put("verdict", "y")
    assert listener.get(0.0) == ("verdict", "y") and listener.lost == 21
    for _ in range(25):
        listener.put("verdict", "x")
    assert len(listener.all()) == 10 and listener._letters == 0


def test_messages_without_a_record_have_room_together(monkeypatch):
    monkeypatch.setattr(taken, "BYTES", 1000)
    desk, acknowledged = Desk(), []
    desk.pause = 0.2  # the disk is slow
    offered = taken.Offered("mqtt", desk)
    offered.start()

    def put():
        for n in range(6):
            arrivals = [Arrival("press-1", {"power": 200}, f"A{n}.{i}") for i in range(3)]
            offered.put(taken.Taken(arrivals, lambda n=n: acknowledged.append(n), size=500))

    thread = threading.Thread(target=put)
    thread.start()
    most = 0
    while thread.is_alive():
        most = max(most, offered._size)
        time.sleep(0.005)
    until(lambda: len(acknowledged) == 6)
    assert most == 1000 and offered._size == 0 and len(desk.records) == 18
    offered.put(taken.Taken([Arrival("press-1", {}, "B")], stale=lambda: True, size=900))
    until(lambda: not offered.waiting)
    assert offered._size == 0
    offered.stop(5.0)


def test_of_an_edge_node_only_the_metrics_that_are_asked_for_are_kept():
    tap = Tap(("g", "n", "d"), "press-1", "Id", "Id", inputs={"power": "P"}, measured={"w": "W"})
    values: dict = {}
    for n in range(300):
        told = (Metric(f"x{n}", n, Type.INT64), Metric("P", 200.0, Type.DOUBLE),
                Metric("Id", f"A{n}", Type.STRING))  # fmt: skip
        (arrival,) = parts(tap, Payload(told, 0, 0), values, birth=False, door="s")
        assert arrival.part == f"A{n}" and arrival.reading["power"] == 200.0
    assert values.keys() == {"P", "Id"}


def test_changes_of_a_controller_do_not_queue():
    from sna_edge.station.opcua.client import _Told

    async def told() -> int:
        queue: asyncio.Queue = asyncio.Queue(1)
        heard = _Told(queue)
        for n in range(1000):
            heard.datachange_notification(SimpleNamespace(), n, None)
        return queue.qsize()

    assert in_a_loop(told()) == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="malloc of glibc")
def test_large_messages_that_are_freed_go_back():
    program = """if True:
    from pathlib import Path
    from sna_edge.station import interpreter
    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    {begin}
    large = b"x" * (30 << 20)
    del large
    before = resident()
    many = [b"x" * (3 << 20) for _ in range(8)]
    kept = b"y" * (300 << 10)
    del many
    print(resident() - before)
    """
    begun = program.format(begin="interpreter.begin()")
    grown = [int(subprocess.check_output([sys.executable, "-c", one]))
             for one in (begun, program.format(begin=""))]  # fmt: skip
    assert grown[0] < 2 << 20 < grown[1], grown


def test_names_in_readings_that_come_once_do_not_stay():
    looked = patterns.Patterns()
    for n in range(1000):
        for name in ("power", f"x{n}"):
            list(looked.add("ACCEPT", {name: float(n)}))
    assert len(looked.inputs) <= patterns.INPUTS and looked.inputs["power"].moves == patterns.STUCK
    for n in range(1000):  # names that come again and again keep no other out that was there
        list(looked.add("ACCEPT", {f"y{n // 4}": float(n)}))
    assert len(looked.inputs) <= patterns.INPUTS and "power" in looked.inputs


@pytest.mark.parametrize("name", ["\ud800", "a/+/b", "#", "\0", "x" * 70000])
def test_a_name_that_is_no_topic_holds_up_no_record_behind_it(name):
    from sna_edge.station.mqtt.json_out import JsonOut
    from sna_edge.station.out.destination import Sent

    out = JsonOut("mqtt.plant", SimpleNamespace(records="sna/{station}/{kind}"))
    topic = out._topic(Sent(1, json.dumps({"station": name})), "event")
    assert topic.isascii() and not set(topic) & set("+#\0") and topic.count("/") == 2
    assert len(topic) < 300
    assert out._topic(Sent(1, '{"station": "press-1"}'), "event") == "sna/press-1/event"
