"""Parts and records by MQTT as JSON, against a mosquitto that is stopped, killed, restarted."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sna_edge.errors import InputError
from sna_edge.station.mqtt.broker import Broker
from sna_edge.station.mqtt.json_in import LARGEST, JsonDoor, arrivals
from sna_edge.station.mqtt.json_out import JsonOut
from sna_edge.station.mqtt.settings import MqttSettings, read
from sna_edge.station.out.runner import Runner

from ..brokers import Client, Mosquitto
from ..desk import Desk
from ..kept import Kept
from ..tables import settings
from ..waiting import until

TOPIC = "line/parts"


def part(n: int, **more: Any) -> str:
    return json.dumps({"part": f"P{n}", "power": 200 + n} | more)


class Way:
    """A way in that is stopped at the end."""

    def __init__(self, broker: Mosquitto) -> None:
        self.desk = Desk()
        at = Broker("127.0.0.1", broker.port, "station", timeout=20.0)
        self.door = JsonDoor(
            "plant", MqttSettings(at, {TOPIC: "press-1", "other/+": "press-2"}), self.desk
        )
        self.door.start()

    def up(self) -> None:
        until(lambda: self.door.state()["up"], what=self.door.state()["words"])


@pytest.fixture
def way(broker: Mosquitto) -> Iterator[Way]:
    one = Way(broker)
    yield one
    one.door.stop(1.0)


def test_parts_come_in_with_their_station_and_door(broker: Mosquitto, way: Way) -> None:
    way.up()
    line = Client(broker.port)
    line.publish(TOPIC, part(1, recipe="ring", sequence=2, time=1_764_000_000))
    line.publish("other/x", part(2))
    line.publish(TOPIC, f"[{part(3)}, {part(4)}]")
    line.publish(TOPIC, f"{part(5)}\n{part(6)}\n")
    line.publish(TOPIC, json.dumps({"part": "P7", "power": 1}, indent=2))
    until(lambda: len(way.desk.records) == 7)
    first = way.desk.records["press-1", "P1", 2]
    assert (first.recipe, first.door, first.sent) == ("ring", "mqtt.plant", 1_764_000_000.0)
    assert first.reading["power"] == 201
    assert ("press-2", "P2", 0) in way.desk.records
    assert way.desk.order == [f"P{n}" for n in range(1, 8)]
    line.close()


def test_what_is_not_on_the_disk_is_not_acknowledged(broker: Mosquitto, way: Way) -> None:
    """A disk that is full: the broker keeps the parts, for this connection and the next one."""
    way.up()
    way.desk.wrong = "the disk is full"
    line = Client(broker.port)
    for n in range(5):
        line.publish(TOPIC, part(n))
    until(lambda: way.door.state()["words"] == "the disk is full")
    assert not way.door.state()["up"] and way.desk.records == {}
    way.door.stop(0.5)
    other = Way(broker)
    until(lambda: other.desk.parts == {f"P{n}" for n in range(5)})
    other.door.stop(5.0)
    until(lambda: broker.log.read_text().count("Client station disconnected") == 2)
    third = Way(broker)
    third.up()
    line.publish(TOPIC, part(9))
    until(lambda: third.desk.records)
    assert third.desk.parts == {"P9"}, "what has a record was acknowledged"
    third.door.stop(5.0)
    line.close()


def test_it_goes_on_by_itself_when_there_is_room_again(broker: Mosquitto, way: Way) -> None:
    way.up()
    way.desk.wrong = "the disk is full"
    line = Client(broker.port)
    for n in range(5):
        line.publish(TOPIC, part(n))
    until(lambda: way.door.state()["waiting_in"])
    way.desk.wrong = ""
    until(lambda: len(way.desk.records) == 5 and way.door.state()["up"])
    line.close()


def test_a_full_desk_holds_the_line_back(broker: Mosquitto, way: Way) -> None:
    """mosquitto hands over 20 messages at a time; the rest waits at the broker."""
    way.up()
    way.desk.full = True
    line = Client(broker.port)
    for n in range(100):
        line.publish(TOPIC, part(n))
    until(lambda: way.door.state()["waiting_in"] == 20)
    time.sleep(0.3)
    assert way.door.state()["waiting_in"] == 20 and way.desk.records == {}
    way.desk.full = False
    until(lambda: len(way.desk.records) == 100)
    assert way.desk.order == [f"P{n}" for n in range(100)]
    line.close()


def test_duplicates_and_disorder_have_one_record_each(broker: Mosquitto, way: Way) -> None:
    way.up()
    line, draw = Client(broker.port), random.Random(3)
    sent = [n for n in range(60) for _ in range(draw.randrange(1, 4))]
    draw.shuffle(sent)
    for n in sent:
        line.publish(TOPIC, part(n))
    until(lambda: len(way.desk.records) + way.desk.again == len(sent))
    assert way.desk.parts == {f"P{n}" for n in range(60)}
    line.close()


def test_malformed_messages_get_a_sentence_and_stop_nothing(broker: Mosquitto, way: Way) -> None:
    way.up()
    line = Client(broker.port)
    hostile = [
        b"", b"\xff\xfe", b"{", b"null", b"3", b'"x"', b"[]", b"[1]", b'{"a": 1, "a": 2}',
        b"[" * 100_000, b'{"part": {"x": 1}}', b'{"part": "P", "sequence": -1}', b"\0" * 1000,
        b" " * (LARGEST + 1), b'{"a": NaN}', b'{"part": "' + b"x" * 5000 + b'"}',
    ]  # fmt: skip
    for payload in hostile:
        line.publish(TOPIC, payload)
    line.publish(TOPIC, part(1))
    until(lambda: "P1" in way.desk.parts)
    said = [r for r in way.desk.readings() if isinstance(r, str)]
    assert len(said) >= len(hostile) - 1, said
    line.close()


def test_retained_messages_are_no_parts(broker: Mosquitto) -> None:
    line = Client(broker.port)
    line.publish(TOPIC, part(1), retain=True)
    way = Way(broker)
    way.up()
    until(lambda: way.door.state()["retained"] == 1)
    line.publish(TOPIC, part(2))
    until(lambda: way.desk.parts == {"P2"})
    way.door.stop(5.0)
    line.close()


def test_a_killed_broker_is_come_back_to(broker: Mosquitto, way: Way) -> None:
    """The line sends again what has no record: nothing twice, nothing lost."""
    way.up()
    for turn in range(3):
        line = Client(broker.port)
        for n in range(20 * turn, 20 * turn + 20):
            line.client.publish(TOPIC, part(n), 1)
        if turn == 1:
            until(lambda: len(way.desk.records) > 20)
        broker.kill()
        until(lambda: not way.door.state()["up"])
        broker.start()
        way.up()
        line.close()
        line = Client(broker.port)
        for n in range(20 * turn + 20):
            line.publish(TOPIC, part(n))
        wanted = {f"P{n}" for n in range(20 * turn + 20)}
        until(lambda wanted=wanted: way.desk.parts == wanted)  # type: ignore[misc]
        line.close()
    assert len(way.desk.records) == 60


def test_a_killed_station_loses_nothing(broker: Mosquitto, tmp_path: Path) -> None:
    """kill -9 at random moments while parts come in: each part that the broker has taken gets one
    line in the file, whenever the station dies."""
    script, file = Path(__file__).with_name("killed.py"), tmp_path / "records"
    file.touch()
    draw, line = random.Random(5), Client(broker.port)
    command = [sys.executable, str(script), str(broker.port), str(file)]
    first = subprocess.Popen(command, stdout=subprocess.PIPE)
    line.publish(TOPIC, part(0))  # once the session is there, the broker keeps all that follows
    until(lambda: "P0\n" in file.read_text() or line.publish(TOPIC, part(0)), 120)
    for n in range(1, 200):
        line.publish(TOPIC, part(n))
        if n % 50 == 0:
            time.sleep(draw.random() / 10)
            first.kill()
            first.wait()
            first = subprocess.Popen(command, stdout=subprocess.PIPE)
    until(lambda: len(file.read_text().splitlines()) >= 200, 120)
    time.sleep(0.2)
    first.kill()
    first.wait()
    assert sorted(file.read_text().split()) == sorted(f"P{n}" for n in range(200))
    line.close()


class Out:
    """Records on their way out."""

    def __init__(self, port: int, kept: Kept, **more: Any) -> None:
        at = Broker("127.0.0.1", port, "station", timeout=20.0)
        wanted = MqttSettings(at, {}, "sna/{station}/{kind}", **more)
        self.runner = Runner(JsonOut("plant", wanted), kept, first=0.05, longest=0.2)
        self.runner.start()


def test_records_go_out_with_their_topic(broker: Mosquitto) -> None:
    kept, reader = Kept(), Client(broker.port, "sna/#")
    out = Out(broker.port, kept, kinds=("verdict", "event"))
    until(lambda: out.runner.state()["up"])
    kept.add(2)
    kept.add(kind="measured")
    kept.add(kind="event", station="")
    until(lambda: len(reader.heard) == 3)
    topics = [topic for topic, _, _ in reader.heard]
    assert topics == ["sna/press-1/verdict"] * 2 + ["sna/station/event"]
    first = json.loads(reader.heard[0][1])
    assert first == json.loads(kept.texts[1]) | {"is_historical": False}
    assert kept.cursors["plant"] == 4 or until(lambda: kept.cursors["plant"] == 4) is None
    out.runner.stop(5.0)
    reader.close()


def test_an_hour_without_a_broker(broker: Mosquitto) -> None:
    """3,600 records while it is away: afterwards in order, as historical, none lost; what repeats
    is known by its number."""
    kept = Kept()
    out = Out(broker.port, kept)
    until(lambda: out.runner.state()["up"])
    kept.add(10)
    until(lambda: kept.cursors["plant"] == 10)
    broker.kill()
    kept.add(3600)
    until(lambda: not out.runner.state()["up"])
    with kept.held():
        broker.start()
        reader = Client(broker.port, "sna/#")
    until(lambda: kept.cursors["plant"] == 3610, 120)
    kept.add(10)
    until(lambda: kept.cursors["plant"] == 3620)
    reader.until(lambda r: r.heard and json.loads(r.heard[-1][1])["record"] == 3620)
    found = [json.loads(payload) for payload in reader.on("sna/press-1/verdict")]
    numbers = [one["record"] for one in found]
    once = list(dict.fromkeys(numbers))
    assert once == list(range(once[0], 3621)) and once[0] <= 11
    later = {one["record"]: one["is_historical"] for one in found}
    assert all(later[n] for n in range(once[0], 3611)) and not any(
        later[n] for n in range(3611, 3621)
    )
    out.runner.stop(5.0)
    reader.close()


def test_passwords_come_from_files_and_stay_out_of_sentences(tmp_path: Path) -> None:
    import shutil as sh

    if sh.which("mosquitto_passwd") is None:
        pytest.skip("no mosquitto_passwd here")
    users = tmp_path / "users"
    users.touch()
    subprocess.run(["mosquitto_passwd", "-b", users, "press", "right horse"], check=True)
    broker = Mosquitto(tmp_path, f"password_file {users}", anonymous=False)
    broker.start()
    try:
        for password, up in (("wrong horse", False), ("right horse", True)):
            (tmp_path / "password").write_text(password)
            entries = {"broker": f"127.0.0.1:{broker.port}", "user": "press", "timeout": 20,
                       "password_file": "password", "take": {TOPIC: "press-1"}}  # fmt: skip
            door = JsonDoor("plant", settings(read, entries, folder=str(tmp_path)), Desk())
            door.start()
            words = "takes parts" if up else "refuses the connection: Not authorized"
            until(lambda door=door, words=words: words in door.state()["words"])  # type: ignore[misc]
            assert "horse" not in repr(door.settings) + door.state()["words"]
            door.stop(5.0)
    finally:
        broker.stop()


def test_tls_with_a_certificate_of_the_station(tmp_path: Path) -> None:
    from ..certificates import made

    ca, certificate, key = made(tmp_path)
    lines = [
        f"cafile {ca}",
        f"certfile {certificate}",
        f"keyfile {key}",
        "require_certificate true",
    ]
    broker = Mosquitto(tmp_path, *lines)
    broker.start()
    try:
        entries = {"broker": f"mqtts://localhost:{broker.port}", "take": {TOPIC: "press-1"},
                   "ca": str(ca), "timeout": 20}  # fmt: skip
        for more, up in (({}, False), ({"certificate": str(certificate), "key": str(key)}, True)):
            door = JsonDoor("plant", settings(read, entries | more), Desk())
            door.start()
            if up:
                until(lambda door=door: door.state()["up"], what=door.state()["words"])  # type: ignore[misc]
            else:
                until(lambda: "did not return a certificate" in broker.log.read_text())
                assert not door.state()["up"]
            door.stop(5.0)
    finally:
        broker.stop()


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ({"broker": "http://x"}, "write mqtts://host:8883"),
        ({"broker": "mqtt://x:99999"}, "write mqtts://host:8883"),
        ({"broker": "mqtts://a:b@x"}, "a password in its broker"),
        ({"broker": "x", "password": "abc"}, "give password_file"),
        ({"broker": "x", "password_env": "P"}, "a password and no user"),
        ({"broker": "x", "ca": "ca.pem"}, "write mqtts://"),
        ({"broker": "x", "take": {}}, "neither takes nor sends"),
        ({"broker": "x", "take": {"a/#/b": "press-1"}}, "has the topic"),
        ({"broker": "x", "take": {"a+": "press-1"}}, "has the topic"),
        ({"broker": "x", "take": {"a": "press-9"}}, "names the station 'press-9'"),
        ({"broker": "x", "records": "a/+"}, "has the topic"),
        ({"broker": "x", "records": "a/{part}"}, "has {part} in records"),
        ({"broker": "x", "kinds": ["all"]}, "the kind 'all'"),
        ({}, "has no entry 'broker'"),
    ],
)
def test_wrong_settings_are_named(entries: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says) as found:
        settings(read, {"records": "a"} | entries if "take" not in entries else entries)
    assert "abc" not in str(found.value)


def test_without_paho_the_door_names_the_extra() -> None:
    code = """
import sys
sys.modules["paho"] = None
from sna_edge.station.mqtt.door import make
from sna_edge.station.mqtt.broker import Broker
from sna_edge.station.mqtt.settings import MqttSettings
try:
    make("plant", MqttSettings(Broker("x", 1, "c"), {"a": "s"}), None)
except Exception as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "sna-edge[mqtt]" in done.stdout, done.stderr + done.stdout


def test_a_message_has_one_part_at_least() -> None:
    assert [a.part for a in arrivals(b'[{"part": 1}, {"part": "b"}]', "s", "d")] == ["1", "b"]
    for nothing in (b"", b"[]", b"\n\n", b"x" * (LARGEST + 1)):
        (one,) = arrivals(nothing, "s", "d")
        assert isinstance(one.reading, str)
