"""Sparkplug B over a real mosquitto: the station as an edge node, and edge nodes as a way in; what
comes by is read by our payloads, which pysparkplug reads alike (test_payload.py)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from sna_edge.errors import InputError
from sna_edge.station.mqtt.broker import Broker
from sna_edge.station.mqtt.sparkplug.host import HostDoor
from sna_edge.station.mqtt.sparkplug.node import REBIRTH, EdgeNode, host_state
from sna_edge.station.mqtt.sparkplug.payload import Metric, Payload, births, payload
from sna_edge.station.mqtt.sparkplug.settings import SparkplugSettings, Tap, read
from sna_edge.station.mqtt.sparkplug.types import Type
from sna_edge.station.out.runner import Runner

from ..brokers import Client, Mosquitto
from ..desk import Desk
from ..kept import Kept
from ..tables import settings
from ..waiting import until

ALL = "spBv1.0/plant/#"
STATE = "spBv1.0/STATE/scada"


class Host:
    """A foreign host application: what it hears of an edge node, decoded by its births."""

    def __init__(self, port: int) -> None:
        self.client = Client(port, ALL)

    def messages(self) -> list[tuple[str, Payload]]:
        types: dict[str, Any] = {}
        found = []
        for topic, data, _ in list(self.client.heard):
            _, _, kind, *device = topic.split("/")
            if kind == "NCMD":
                continue
            place = "/".join(device)
            one = payload(data, types.get(place))
            if kind.endswith("BIRTH"):
                types[place] = births(one.metrics)
            found.append((kind, one))
        return found

    def of(self, kind: str) -> list[Payload]:
        return [one for k, one in self.messages() if k == kind]

    def records(self) -> list[tuple[int, bool]]:
        return [
            (m.value, m.historical)
            for one in self.of("DDATA") + self.of("NDATA")
            for m in one.metrics
            if m.name in ("Record", "Event/Record")
        ]

    def seqs(self) -> list[int | None]:
        return [
            one.seq
            for kind, one in self.messages()
            if kind in ("NBIRTH", "DBIRTH", "NDATA", "DDATA")
        ]


@pytest.fixture
def host(broker: Mosquitto) -> Iterator[Host]:
    one = Host(broker.port)
    yield one
    one.client.close()


def node(port: int, kept: Kept, **more: Any) -> Runner:
    at = Broker("127.0.0.1", port, "station", timeout=20.0)
    edge = EdgeNode("plant", SparkplugSettings(at, "plant", "line-1", **more))
    runner = Runner(edge, kept, first=0.05, longest=0.2)
    runner.start()
    return runner


def value(one: Payload, name: str) -> Any:
    return next(m.value for m in one.metrics if m.name == name)


def test_births_and_data(broker: Mosquitto, host: Host) -> None:
    kept = Kept()
    runner = node(broker.port, kept)
    until(lambda: runner.state()["up"] and host.of("NBIRTH"))
    kept.add(3)
    kept.add(kind="event", event="alarm", why="full", who="station", outputs=None, station="")
    until(lambda: len(host.records()) == 4)
    (first, second), dbirth = host.of("NBIRTH"), host.of("DBIRTH")
    assert first.seq == 0 and value(first, REBIRTH) is False
    assert value(first, "bdSeq") == value(second, "bdSeq")  # an event's metrics are born with it
    assert {m.name: m.type for m in dbirth[0].metrics}["Outputs/width/value"] is Type.DOUBLE
    data = host.of("DDATA")[1]
    assert value(data, "Record") == 2 and value(data, "Outputs/width/value") == 102.25
    assert value(data, "Part") == "P2" and value(data, "Verdict") == "ACCEPT"
    assert all(m.time and m.alias for m in data.metrics)
    assert value(host.of("NDATA")[0], "Event/Why") == "full"
    seqs = host.seqs()
    assert seqs == [0, 1, 2, 3, 4, 0, 1, 2]
    runner.stop(5.0)
    until(lambda: host.of("NDEATH"))
    assert value(host.of("NDEATH")[0], "bdSeq") == value(first, "bdSeq")


def test_seq_goes_round(broker: Mosquitto, host: Host) -> None:
    kept = Kept(600)
    runner = node(broker.port, kept)
    until(lambda: len(host.records()) == 600, 60)
    assert host.seqs() == [n % 256 for n in range(602)]
    runner.stop(5.0)


def test_a_rebirth_is_answered(broker: Mosquitto, host: Host) -> None:
    kept = Kept()
    runner = node(broker.port, kept)
    until(lambda: host.of("NBIRTH"))
    kept.add(1)
    until(lambda: host.of("DDATA"))
    asked = Payload((Metric(REBIRTH, True, Type.BOOLEAN),), 1).encoded()
    for hostile in (b"\xff", b"", Payload((Metric("x", True, Type.BOOLEAN),), 1).encoded()):
        host.client.publish("spBv1.0/plant/NCMD/line-1", hostile)
    host.client.publish("spBv1.0/plant/NCMD/line-1", asked)
    until(lambda: len(host.of("NBIRTH")) == 2 and len(host.of("DBIRTH")) == 2)
    again = host.of("DBIRTH")[1]
    assert value(again, "Record") == 1 and host.of("NBIRTH")[1].seq == 0 and again.seq == 1
    runner.stop(5.0)


def test_the_will_tells_that_a_killed_node_is_dead(broker: Mosquitto, host: Host) -> None:
    kept = Kept()
    runner = node(broker.port, kept)
    until(lambda: host.of("NBIRTH"))
    edge: Any = runner.destination
    edge._connection.close(farewell=False)
    until(lambda: host.of("NDEATH"))
    born = host.of("NBIRTH")[0]
    assert value(host.of("NDEATH")[0], "bdSeq") == value(born, "bdSeq")
    kept.add(1)
    until(lambda: len(host.of("NBIRTH")) == 2 and host.records())
    assert value(host.of("NBIRTH")[1], "bdSeq") == (value(born, "bdSeq") + 1) % 256
    runner.stop(5.0)


def test_records_wait_for_the_primary_host(broker: Mosquitto, host: Host) -> None:
    """Online, gone, back: what was made meanwhile comes in order, as historical."""
    kept = Kept()

    def say(online: bool, moment: int) -> None:
        text = json.dumps({"online": online, "timestamp": moment})
        host.client.publish(STATE, text, retain=True)

    runner = node(broker.port, kept, primary_host="scada")
    until(lambda: "primary host scada is not online" in runner.state()["words"])
    assert not host.of("NBIRTH")
    say(True, 1000)
    until(lambda: runner.state()["up"])
    kept.add(2)
    until(lambda: len(host.records()) == 2)
    say(False, 500)  # an old will
    time.sleep(0.3)
    assert runner.state()["up"]
    say(False, 1000)
    until(lambda: not runner.state()["up"] and host.of("NDEATH"))
    kept.add(300)
    say(True, 2000)
    until(lambda: runner.state()["up"])
    kept.add(1)
    until(lambda: len(host.records()) >= 303, 60)
    once = dict(host.records())
    assert list(once) == list(range(1, 304))
    assert not once[1] and all(once[n] for n in range(3, 303)) and not once[303]
    runner.stop(5.0)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"online": 1, "timestamp": 1}',
                                  b'{"online": true}', b"[" * 5000])  # fmt: skip
def test_states_that_are_none(data: bytes) -> None:
    assert host_state(data) is None


class Plc:
    """A foreign edge node of the line."""

    def __init__(self, port: int) -> None:
        self.client = Client(port, "spBv1.0/plant/NCMD/plc", "spBv1.0/STATE/+")
        self.seq = -1

    def say(self, kind: str, *metrics: Metric, known: bool = False, device: str = "laser") -> None:
        self.seq = 0 if kind == "NBIRTH" else (self.seq + 1) % 256
        end = f"/{device}" if kind.startswith("D") else ""
        data = Payload(metrics, 1_764_000_000_000, self.seq).encoded(known)
        self.client.publish(f"spBv1.0/plant/{kind}/plc{end}", data, 0)

    def born(self, **values: Any) -> None:
        self.say("NBIRTH", Metric("bdSeq", 3, Type.INT64))
        part = values.get("part", "")
        self.say(
            "DBIRTH",
            Metric("Part/Id", part, Type.STRING, 1),
            Metric("Laser/Power", 200.5, Type.DOUBLE, 2),
            Metric("Laser/Speed", 7, Type.INT32, 3),
        )

    def made(self, part: str, power: float | None = None, **more: Any) -> None:
        metrics = [Metric("", part, Type.STRING, 1, **more)]
        if power is not None:
            metrics.append(Metric("", power, Type.DOUBLE, 2, **more))
        self.say("DDATA", *metrics, known=True)


TAP = Tap(("plant", "plc", "laser"), "press-1", "Part/Id", "Part/Id",
          inputs={"power": "Laser/Power", "speed": "Laser/Speed"})  # fmt: skip


class Line:
    def __init__(self, port: int, **more: Any) -> None:
        self.desk, self.plc = Desk(), Plc(port)
        at = Broker("127.0.0.1", port, "station", timeout=20.0)
        self.door = HostDoor("plant", SparkplugSettings(at, taps=(TAP,), **more), self.desk)
        self.door.start()
        until(lambda: self.door.state()["up"])

    def stop(self) -> None:
        self.door.stop(2.0)
        self.plc.client.close()


@pytest.fixture
def line(broker: Mosquitto) -> Iterator[Line]:
    one = Line(broker.port)
    yield one
    one.stop()


def test_parts_of_an_edge_node(line: Line) -> None:
    """Values that did not change are not sent again: they are those of before."""
    until(lambda: line.plc.client.on("spBv1.0/plant/NCMD/plc"))  # births were asked for
    line.plc.born()
    line.plc.made("A1")
    line.plc.made("A2", 210.0, time=1_764_000_123_000)
    line.plc.made("A2", 210.0)
    until(lambda: line.desk.again == 1)
    assert line.desk.readings() == [{"power": 200.5, "speed": 7}, {"power": 210.0, "speed": 7}]
    second = line.desk.records["press-1", "A2", 0]
    assert second.sent == 1_764_000_123.0 and second.door == "sparkplug.plant"


def test_a_backlog_in_one_message(line: Line) -> None:
    line.plc.born()
    metrics = [
        Metric("", v, kind, alias, 1000 * n, True)
        for n in range(1, 4)
        for alias, kind, v in ((1, Type.STRING, f"B{n}"), (2, Type.DOUBLE, 100.0 + n))
    ]
    line.plc.say("DDATA", *metrics, known=True)
    until(lambda: len(line.desk.records) == 3)
    assert [r["power"] for r in line.desk.readings()] == [101.0, 102.0, 103.0]  # type: ignore[index]


def test_a_birth_tells_of_the_last_part(line: Line) -> None:
    line.plc.born(part="C1")
    line.plc.made("C1")
    until(lambda: line.desk.again == 1)
    assert line.desk.parts == {"C1"}


def test_gaps_and_data_before_births_ask_for_births(line: Line) -> None:
    until(lambda: line.door.state()["rebirths"] == 1)
    time.sleep(2.1)
    line.plc.made("D1")
    until(lambda: line.door.state()["rebirths"] == 2 and line.door.state()["malformed"] == 1)
    line.plc.born()
    line.plc.seq += 5
    time.sleep(2.1)
    line.plc.made("D2")
    until(lambda: line.desk.parts == {"D2"} and line.door.state()["rebirths"] == 3)
    asked = payload(line.plc.client.on("spBv1.0/plant/NCMD/plc")[-1])
    assert asked.metrics[0].name == REBIRTH and asked.metrics[0].value is True


def test_hostile_messages_change_nothing(line: Line) -> None:
    line.plc.born()
    for topic in ("DDATA/plc/laser", "NBIRTH/plc", "DBIRTH/plc/laser", "X/plc/a/b/c", "NDEATH/plc"):
        for data in (b"", b"\xff" * 9, b"\x12\x02\x20\x63", bytes(1 << 21)):
            line.plc.client.publish(f"spBv1.0/plant/{topic}", data, 1)
    line.plc.born()
    line.plc.made("E1")
    until(lambda: line.desk.parts == {"E1"})
    assert line.door.state()["malformed"] > 5


def test_deaths(line: Line) -> None:
    line.plc.born()
    old = Payload((Metric("bdSeq", 2, Type.INT64),), 1).encoded()
    line.plc.client.publish("spBv1.0/plant/NDEATH/plc", old)
    line.plc.made("F1")
    until(lambda: line.desk.parts == {"F1"})
    now = Payload((Metric("bdSeq", 3, Type.INT64),), 1).encoded()
    line.plc.client.publish("spBv1.0/plant/NDEATH/plc", now)
    line.plc.made("F2")
    until(lambda: line.door.state()["malformed"] == 1)
    assert line.desk.parts == {"F1"}


def test_the_station_as_a_host_application(broker: Mosquitto) -> None:
    """STATE is kept by the broker: online while the station is there, offline by its word or its
    will."""
    line = Line(broker.port, host_id="station")
    state = "spBv1.0/STATE/station"
    until(lambda: line.plc.client.on(state))
    (first,) = map(json.loads, line.plc.client.on(state))
    assert first["online"] is True
    door: Any = line.door
    door._connection.close(farewell=False)
    until(lambda: len(line.plc.client.on(state)) >= 3)
    will, again = map(json.loads, line.plc.client.on(state)[1:3])
    assert will == first | {"online": False} and again["online"]
    assert again["timestamp"] >= first["timestamp"]
    line.door.stop(2.0)
    until(lambda: not json.loads(line.plc.client.on(state)[-1])["online"])
    line.plc.client.close()


def test_settings() -> None:
    tap = {"node": "plant/plc/laser", "station": "press-1", "part": "Id", "inputs": {"p": "P"}}
    found = settings(read, {"broker": "x", "group": "g", "node": "n", "take": {"laser": tap}})
    assert found.taps == (Tap(("plant", "plc", "laser"), "press-1", "Id", "Id", inputs={"p": "P"}),)
    assert (found.group, found.node, found.broker.port) == ("g", "n", 1883)


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ({}, "neither takes nor sends"),
        ({"group": "g"}, "both group and node"),
        ({"group": "a/b", "node": "n"}, "an id has no"),
        ({"take": {"x": {"node": "plc", "station": "press-1"}}}, "write group/node or"),
        ({"take": {"x": {"node": "a/b", "station": "no", "part": "i"}}}, "station 'no'"),
        (
            {"take": {"x": {"node": "a/b", "station": "press-1", "inputs": {"p": "P"}}}},
            "part or trigger",
        ),
        ({"take": {"x": {"node": "a/b", "station": "press-1", "part": "i"}}}, "has no inputs"),
    ],
)
def test_wrong_settings_are_named(entries: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        settings(read, {"broker": "x"} | entries)
