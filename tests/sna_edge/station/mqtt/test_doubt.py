"""What an edge node has lost on the way is no reading: no part is judged by values of before."""

from __future__ import annotations

import random
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from sna_edge.station.mqtt import taken
from sna_edge.station.mqtt.broker import Broker
from sna_edge.station.mqtt.linked import Linked
from sna_edge.station.mqtt.sparkplug.host import HostDoor
from sna_edge.station.mqtt.sparkplug.payload import Metric, Payload
from sna_edge.station.mqtt.sparkplug.seen import Seen, parts
from sna_edge.station.mqtt.sparkplug.settings import SparkplugSettings, Tap
from sna_edge.station.mqtt.sparkplug.types import Type
from sna_edge.station.mqtt.sparkplug.wire import Malformed

from ..desk import Desk

TAP = Tap(("plant", "plc", "laser"), "press-1", "Part/Id", "Part/Id",
          inputs={"power": "Laser/Power"}, measured={"width": "Gauge/Width"})  # fmt: skip


def part(name: str, power: float | None = None) -> list[Metric]:
    told = [Metric("Part/Id", name, Type.STRING, 1)]
    return told + ([] if power is None else [Metric("Laser/Power", power, Type.DOUBLE, 2)])


class Node:
    """An edge node that has had its births: power 200."""

    def __init__(self, **more: Any) -> None:
        self.seen, self.seq = Seen(**more), 0
        self.say("NBIRTH", Metric("bdSeq", 0, Type.INT64), device="")
        self.say("DBIRTH", *part("", 200.0))

    def say(self, kind: str, *metrics: Metric, device: str = "laser", data: bytes = b"") -> Any:
        sent = data or Payload(metrics, 1000, self.seq).encoded()
        self.seq = (self.seq + 1) % 256
        found = self.seen.heard(kind, device, sent)
        birth = kind.endswith("BIRTH")
        values = self.seen.values.get(device, {})
        return [one.reading for one in parts(TAP, found, values, birth=birth, door="d")]


def test_after_a_gap_parts_have_the_values_that_came_with_them() -> None:
    node = Node()
    assert node.say("DDATA", *part("A1")) == [{"power": 200.0}]
    node.seq += 3  # one of those may have said that the power is another one
    assert node.say("DDATA", *part("A2")) == [{"power": None}]
    assert node.seen.gap and node.say("DDATA", *part("A3", 210.0)) == [{"power": 210.0}]
    assert node.say("DDATA", *part("A4")) == [{"power": 210.0}] and not node.seen.gap


@pytest.mark.parametrize(
    "lost", [b"\xff", b"\x12\x01\x10", Payload((Metric("", 5.0, Type.DOUBLE, 9),), 1, 3).encoded()]
)
def test_a_message_that_was_none_may_have_said_what_has_changed(lost: bytes) -> None:
    node = Node()
    node.say("DDATA", *part("A1"))
    with pytest.raises(Malformed):
        node.say("DDATA", data=lost)
    assert node.say("DDATA", *part("A2")) == [{"power": None}]
    node.seq = 0
    node.say("NBIRTH", Metric("bdSeq", 0, Type.INT64), device="")
    node.say("DBIRTH", *part("", 200.0))
    assert node.say("DDATA", *part("A3")) == [{"power": 200.0}]


def test_devices_that_no_part_comes_from_are_counted_and_not_kept() -> None:
    node = Node(devices={"laser"})
    for n in range(200):
        node.say("DBIRTH", Metric(f"m{n}", 1.0, Type.DOUBLE), device=f"d{n}")
    assert set(node.seen.types) == {"", "laser"} == set(node.seen.values)
    assert node.say("DDATA", *part("A1")) == [{"power": 200.0}] and not node.seen.gap


def test_arrays_and_bytes_are_words_that_json_has() -> None:
    told = (Metric("Part/Id", b"\xff", Type.BYTES), Metric("Laser/Power", (1, 2), Type.INT8_ARRAY),
            Metric("Gauge/Width", b"\x00", Type.FILE))  # fmt: skip
    node, found = Node(), []
    node.seen.heard("DBIRTH", "laser", Payload(told, 1000, node.seq).encoded())
    found = node.seen.heard("DDATA", "laser", Payload(told, 1000, node.seq + 1).encoded())
    (one,) = parts(TAP, found, node.seen.values["laser"], birth=False, door="d")
    assert one.reading == {"power": "(an array)", "measured": {"width": "(bytes)"}}


def test_hostile_bytes_are_malformed_or_read() -> None:
    draw = random.Random(22)
    good = Payload((*part("A1", 210.0), Metric("x", (1.5, 2.5), Type.DOUBLE_ARRAY)), 1, 2).encoded()
    node = Node()
    for _ in range(3000):
        bad = bytearray(good)
        for _ in range(draw.randrange(1, 4)):
            bad[draw.randrange(len(bad))] ^= 1 << draw.randrange(8)
        kind = draw.choice(("DDATA", "DBIRTH", "NBIRTH", "NDEATH", "DDEATH", "NDATA", "XBIRTH", ""))
        device = draw.choice(("", "laser", "other"))
        try:
            node.say(
                kind, device=device, data=bytes(bad[: draw.choice((len(bad), draw.randrange(60)))])
            )
        except Malformed:
            continue


def test_a_fault_of_one_message_leaves_the_thread_of_the_network_alive() -> None:
    class Faulty(Linked):
        def heard(self, connection: Any, message: Any) -> None:
            raise ZeroDivisionError("of ours")

    door: Any = Faulty("mqtt.plant", None, Desk())  # type: ignore[arg-type]
    door.quietly(None, None)
    assert door.state()["faults"] == 1 and "of ours" in door.state()["fault"]


def test_a_station_without_room_answers_for_its_link(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread of the network waits for less than the broker does, which would end the link."""
    monkeypatch.setattr(taken, "ROOM", 1)
    at = Broker("127.0.0.1", 1883, "station", keepalive=1)
    door = HostDoor("plant", SparkplugSettings(at, taps=(TAP,)), Desk())
    link: Any = SimpleNamespace(acknowledge=lambda message: None, publish=lambda *one: None)
    births = (Metric("bdSeq", 0, Type.INT64),), tuple(part("", 200.0))
    told = [("NBIRTH/plc", births[0]), ("DBIRTH/plc/laser", births[1])]
    told += [("DDATA/plc/laser", tuple(part(f"A{n}"))) for n in range(3)]

    def hear() -> None:
        for seq, (end, metrics) in enumerate(told):
            data = Payload(metrics, 1000, seq).encoded()
            topic = f"spBv1.0/plant/{end}"
            door.heard(link, SimpleNamespace(topic=topic, payload=data, qos=1, retain=False))

    network = Thread(target=hear, daemon=True)
    network.start()
    network.join(60.0)
    assert not network.is_alive() and door.offered.waiting == 1
    assert door.state()["lost"] == 2 and not door.state()["malformed"]
