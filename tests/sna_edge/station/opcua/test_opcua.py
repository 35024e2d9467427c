"""OPC UA: parts from a real server that goes away and comes back; verdicts as nodes for a foreign
client."""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sna_edge.errors import InputError
from sna_edge.station.bus import Bus
from sna_edge.station.opcua import server
from sna_edge.station.opcua.client import ClientDoor
from sna_edge.station.opcua.server import ServerDoor
from sna_edge.station.opcua.settings import (
    Access,
    ClientSettings,
    ServerSettings,
    read_client,
    read_server,
)
from sna_edge.station.out.secrets import Secret

from ..certificates import made
from ..desk import Desk
from ..kept import record
from ..tables import settings
from ..waiting import free_port, in_a_loop, until
from .controller import Controller

pytest.importorskip("asyncua")


def wanted(url: str, **more: Any) -> ClientSettings:
    found = ClientSettings(
        url, "press-1", "ns=2;s=Count", {"power": "ns=2;s=Power", "speed": "ns=2;s=Speed"}, {},
        part="ns=2;s=Part", every=10.0, timeout=60.0,
    )  # fmt: skip
    return replace(found, **more)


class Line:
    def __init__(self, **more: Any) -> None:
        self.controller, self.desk = Controller(free_port()).start(), Desk()
        self.door = ClientDoor("plc", wanted(self.controller.url, **more), self.desk)
        self.door.start()
        until(lambda: self.door.state()["up"], what=self.door.state()["words"])


@pytest.fixture
def line() -> Iterator[Line]:
    one = Line()
    yield one
    one.door.stop(3.0)
    one.controller.stop()


def test_parts_come_in_when_the_trigger_changes(line: Line) -> None:
    line.controller.made("A1", 1, Power=210.5)
    until(lambda: "A1" in line.desk.parts)
    line.controller.made("A2", 2, Speed=9)
    until(lambda: "A2" in line.desk.parts)
    assert line.desk.readings() == [{"power": 210.5, "speed": 7}, {"power": 210.5, "speed": 9}]
    assert line.desk.records["press-1", "A1", 0].door == "opcua_client.plc"
    assert line.door.state()["missed"] == 0


def test_a_part_that_is_being_written_when_we_connect_is_not_read_in_the_middle() -> None:
    """Its id is there and its values are not, and the trigger has not changed yet."""
    controller, desk = Controller(free_port()).start(Part="Z1", Count=0), Desk()
    door = ClientDoor("plc", wanted(controller.url), desk)
    door.start()
    until(lambda: door.state()["up"])
    controller.made("Z1", 1, Power=999.0)
    until(lambda: desk.parts == {"Z1"})
    assert desk.readings() == [{"power": 999.0, "speed": 7}]
    door.stop(3.0)
    controller.stop()


def test_a_count_that_jumps_tells_of_parts_that_were_missed(line: Line) -> None:
    line.controller.made("B1", 1)
    until(lambda: "B1" in line.desk.parts)
    line.controller.made("B4", 4)
    until(lambda: "B4" in line.desk.parts)
    assert line.door.state()["missed"] == 2


def test_a_fresh_client_follows_a_server_that_was_restarted(line: Line) -> None:
    line.controller.made("C1", 1)
    until(lambda: "C1" in line.desk.parts)
    line.controller.stop()
    until(lambda: not line.door.state()["up"])
    line.controller.start(Count=2, Part="C2")  # made while the link was away
    until(lambda: "C2" in line.desk.parts)
    line.controller.made("C3", 3)
    until(lambda: "C3" in line.desk.parts)
    assert line.door.state()["connections"] == 2 and line.desk.order == ["C1", "C2", "C3"]


def test_a_station_that_was_restarted_judges_the_last_part_once(line: Line) -> None:
    line.controller.made("D1", 1)
    until(lambda: "D1" in line.desk.parts)
    line.door.stop(3.0)
    line.door = ClientDoor("plc", wanted(line.controller.url), line.desk)
    line.door.start()
    until(lambda: line.desk.again == 1)
    assert line.desk.parts == {"D1"}


def test_without_ids_the_first_value_is_no_part() -> None:
    line = Line(part="", measured={"width": "ns=2;s=Width"})
    line.controller.made("", 5, Width=1.5)
    until(lambda: len(line.desk.records) == 1)
    assert line.desk.readings() == [{"power": 200.0, "speed": 7, "measured": {"width": 1.5}}]
    line.door.stop(3.0)
    line.controller.stop()


def test_a_desk_without_a_disk_is_asked_again(line: Line) -> None:
    line.desk.wrong = "the disk is full"
    line.controller.made("E1", 1)
    until(lambda: line.door.state()["words"] == "the disk is full")
    line.desk.wrong = ""
    until(lambda: line.desk.parts == {"E1"} or line.desk.parts == {"", "E1"})


def test_a_node_that_is_none_is_told(line: Line) -> None:
    door = ClientDoor("plc", wanted(line.controller.url, trigger="ns=2;s=None"), Desk())
    door.start()
    until(lambda: "cannot be followed" in door.state()["words"] or not door.state()["up"])
    door.stop(3.0)


class Shown:
    """The server of a station, and what a foreign client does with it."""

    def __init__(self, **more: Any) -> None:
        self.bus, self.port = Bus(), free_port()
        self.url = f"opc.tcp://127.0.0.1:{self.port}"
        self.door = ServerDoor(ServerSettings(self.url, **more), ["press-1", "press-2"], self.bus)
        self.door.start()

    def client(self, what: Callable[[Any], Awaitable[Any]], setup: Any = None) -> Any:
        from asyncua import Client

        async def run() -> Any:
            client = Client(self.url, timeout=60)
            if setup:
                await setup(client)
            async with client:
                return await what(client)

        return in_a_loop(run())

    def read(self, *names: str, setup: Any = None) -> list[Any]:
        async def what(client: Any) -> list[Any]:
            space = await client.get_namespace_index("urn:sna-edge:station")
            nodes = [client.get_node(f"ns={space};s=press-1/{name}") for name in names]
            return [await node.read_value() for node in nodes]

        return list(self.client(what, setup))


@pytest.fixture
def shown() -> Iterator[Shown]:
    one = Shown()
    yield one
    one.door.stop(5.0)


def test_the_last_verdict_is_read_by_a_foreign_client(shown: Shown) -> None:
    assert shown.read("Verdict", "Record") == [None, 0]
    shown.bus.publish("verdict", record(6))
    shown.bus.publish("verdict", record(7, verdict="REJECT", reason="too wide"))
    until(lambda: shown.door.state()["shown"] >= 1 and shown.read("Record") == [7])
    names = ("Verdict", "Reason", "Part", "Outputs/width/value", "Outputs/width/USL")
    *found, upper = shown.read(*names)
    assert found == ["REJECT", "too wide", "P7", 107.25] and math.isnan(upper)


def test_others_cannot_write(shown: Shown) -> None:
    from asyncua import ua

    async def write(client: Any) -> None:
        space = await client.get_namespace_index("urn:sna-edge:station")
        node = client.get_node(f"ns={space};s=press-1/Verdict")
        await node.write_value(ua.Variant("ACCEPT", ua.VariantType.String))

    async def add(client: Any) -> None:
        await client.nodes.objects.add_variable(2, "mine", 1)

    for what in (write, add):
        with pytest.raises(ua.UaStatusCodeError):
            shown.client(what)
    assert shown.read("Verdict") == [None]


def test_a_subscription_of_a_foreign_client_hears_of_each_verdict(shown: Shown) -> None:
    heard: list[Any] = []

    class Handler:
        def datachange_notification(self, node: Any, value: Any, data: Any) -> None:
            heard.append(value)

    async def follow(client: Any) -> None:
        space = await client.get_namespace_index("urn:sna-edge:station")
        subscription = await client.create_subscription(10, Handler())
        await subscription.subscribe_data_change(client.get_node(f"ns={space};s=press-1/Record"))
        for n in range(1, 4):
            shown.bus.publish("verdict", record(n))
            while heard[-1:] != [n]:  # else the server tells of the last one only
                await asyncio.sleep(0.01)

    shown.client(lambda client: asyncio.wait_for(follow(client), 120))
    assert heard == [0, 1, 2, 3]


def test_more_clients_and_subscriptions_than_have_room_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from asyncua import Client
    from asyncua.ua import UaError

    monkeypatch.setitem(server.LIMITS, "max_connections", 2)
    monkeypatch.setitem(server.LIMITS, "max_subscriptions", 1)
    one = Shown()

    async def crowd() -> None:
        async with Client(one.url, timeout=60) as first, Client(one.url, timeout=60):
            with pytest.raises((OSError, asyncio.TimeoutError)):
                await Client(one.url, timeout=2).connect()
            await first.create_subscription(100, None)
            with pytest.raises(UaError):
                await first.create_subscription(100, None)

    in_a_loop(crowd())
    assert one.read("Record") == [0]  # there is room again
    one.door.stop(5.0)


def test_an_address_in_use_is_told_at_the_start(shown: Shown) -> None:
    other = ServerDoor(ServerSettings(shown.url), ["press-1"], Bus())
    with pytest.raises(InputError, match="cannot listen at"):
        other.start()


def test_certificates_and_passwords(tmp_path: Path) -> None:
    from asyncua import ua
    from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
    from asyncua.crypto.uacrypto import CertProperties

    _, certificate, key = made(tmp_path)
    (tmp_path / "password").write_text("right horse\n")
    access = Access(str(certificate), str(key), "", "press", Secret(str(tmp_path / "password")))
    shown = Shown(access=access)

    def setup(password: str, *, secure: bool = True) -> Any:
        async def set_up(client: Any) -> None:
            client.application_uri = "urn:sna-edge:test"
            client.set_user("press")
            client.set_password(password)
            if secure:
                await client.set_security(
                    SecurityPolicyBasic256Sha256, str(certificate), CertProperties(str(key), "pem"),
                    server_certificate=str(certificate),
                )  # fmt: skip

        return set_up

    assert shown.read("Verdict", setup=setup("right horse")) == [None]
    for wrong in (setup("wrong horse"), setup("right horse", secure=False)):
        with pytest.raises((ua.UaError, ConnectionError, asyncio.TimeoutError, TimeoutError)):
            shown.read("Verdict", setup=wrong)
    assert "horse" not in repr(shown.door.settings)
    shown.door.stop(5.0)


CLIENT = {"url": "opc.tcp://plc:4840", "station": "press-1", "part": "i=1", "inputs": {"p": "i=2"}}


def test_settings() -> None:
    found = settings(read_client, CLIENT)
    assert found.trigger == found.part == "i=1" and found.inputs == {"p": "i=2"}
    assert settings(read_server, {}).url == "opc.tcp://127.0.0.1:4840"


@pytest.mark.parametrize(
    ("read", "entries", "says"),
    [
        (read_client, CLIENT | {"url": "http://x"}, "write opc.tcp://host:4840"),
        (read_client, CLIENT | {"url": "opc.tcp://x"}, "write opc.tcp://host:4840"),
        (read_client, CLIENT | {"station": "no"}, "the station 'no'"),
        (read_client, {k: v for k, v in CLIENT.items() if k != "part"}, "part or trigger"),
        (read_client, {k: v for k, v in CLIENT.items() if k != "inputs"}, "has no inputs"),
        (read_client, CLIENT | {"user": "u"}, "both user and password_file"),
        (read_client, CLIENT | {"certificate": "c"}, "both certificate and key"),
        (read_client, CLIENT | {"certificate": "c", "key": "k"}, "server_certificate"),
        (read_client, CLIENT | {"password": "abc"}, "give password_file"),
        (read_server, {"listen": "0.0.0.0:4840"}, "which others reach"),
        (read_server, {"listen": "x"}, "write opc.tcp://host:4840"),
    ],
)
def test_wrong_settings_are_named(read: Any, entries: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says) as found:
        settings(read, entries)
    assert "abc" not in str(found.value)


def test_without_asyncua_the_door_names_the_extra() -> None:
    code = """
import sys
sys.modules["asyncua"] = None
from sna_edge.station.opcua.server import make
try:
    make("", None, None)
except Exception as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "sna-edge[opcua]" in done.stdout, done.stderr
