"""A station between a real broker and a real OPC UA server: 1,000 parts, one record each.

Starts mosquitto and an asyncua server on loopback, the station of the wires' page, a line that
sends parts by MQTT (some twice) and by OPC UA, and kills the broker in the middle. Ends with one
pass line, or with what is wrong and exit code 1.

    python tools/station/station_real.py [--parts 1000]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from free_port import free_port

import sna_edge
from sna_edge.station.config import read_configuration
from sna_edge.station.doors import readers
from sna_edge.station.process import Process
from sna_edge.station.records import verify

CONFIG = """data = "station-data"
[stations.press-1.recipes.default]
model = "line.sna"
limits = "limits.toml"
[mqtt.plant]
broker = "mqtt://127.0.0.1:{mqtt}"
records = "sna/{{station}}/{{kind}}"
[mqtt.plant.take]
"line/parts" = "press-1"
[sparkplug.plant]
broker = "mqtt://127.0.0.1:{mqtt}"
group = "plant"
node = "line-1"
[opcua_client.plc]
url = "opc.tcp://127.0.0.1:{plc}"
station = "press-1"
trigger = "ns=2;s=Count"
part = "ns=2;s=Part"
[opcua_client.plc.inputs]
power = "ns=2;s=Power"
[opcua_server]
listen = "127.0.0.1:{own}"
[aqdef.export]
path = "dfq"
per = 100
"""
OPCUA_PARTS = 20


def main() -> int:
    """0 where every part has one record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, default=1000)
    parts = parser.parse_args().parts
    if broker_program() is None:
        print("station-real: no mosquitto here (sudo apt install mosquitto)")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return ran(Path(folder), parts)


def ran(folder: Path, count: int) -> int:
    """The whole run in a folder of its own."""
    began = time.monotonic()
    ports = {name: free_port() for name in ("mqtt", "plc", "own")}
    broker, plc = Broker(folder, ports["mqtt"]), Plc(ports["plc"])
    path = station_files(folder, ports)
    process = Process(read_configuration(path, readers()))
    process.start()

    def up(door: str) -> bool:
        return bool(process.plant.states()[door]["up"])

    try:
        until(lambda: all(s["up"] for s in process.plant.states().values()), "the doors are up")
        heard = Reader(ports["mqtt"], "sna/#", "spBv1.0/plant/DDATA/line-1/press-1")
        line = threading.Thread(target=sent, args=(ports["mqtt"], 0, count // 2))
        line.start()
        for n in range(OPCUA_PARTS):
            plc.made(f"U{n}", n + 1, 150.0 + n)
            until(lambda n=n: f"U{n}" in heard.parts, f"part U{n}")  # type: ignore[misc]
        line.join()
        until(lambda: len(heard.parts) == count // 2 + OPCUA_PARTS, "the first half")
        broker.kill()
        until(lambda: not up("mqtt.plant"), "the loss of the broker is seen")
        broker.start()
        heard.again()
        until(lambda: up("mqtt.plant") and up("sparkplug.plant"), "the doors are up again")
        sent(ports["mqtt"], 0, count - OPCUA_PARTS)  # a line sends again what it is not sure of
        wanted = {f"M{n}" for n in range(count - OPCUA_PARTS)}
        wanted |= {f"U{n}" for n in range(OPCUA_PARTS)}
        until(lambda: heard.parts == wanted, "records of all parts")
        shown = asyncio.run(read(ports["own"], "press-1/Record"))
    finally:
        process.stop()
        broker.stop()
    found = records(process.config.data)
    seconds = time.monotonic() - began
    return told(found, wanted, heard, shown, process.config.data, folder, seconds)


def told(found: list[str], wanted: set[str], heard: Reader, shown: int, data: str, folder: Path,
         seconds: float) -> int:  # fmt: skip
    """The pass line, or what is wrong."""
    files = list((folder / "dfq").glob("*.dfq"))
    wrong = {
        "parts have no record": len(wanted - set(found)),
        "parts have two records": len(found) - len(set(found)),
        "records are of no part": len(set(found) - wanted),
        "chain is broken": 0 if verify(data).broken is None else 1,
        "OPC UA shows no verdict": 0 if shown else 1,
        "Sparkplug has no data": 0 if heard.sparkplug else 1,
        "AQDEF has no file": 0 if files else 1,
    }
    bad = [f"{n} {what}" for what, n in wrong.items() if n]
    if bad:
        print(f"station-real: FAIL: {', '.join(bad)}")
        return 1
    print(
        f"station-real: pass: {len(found)} parts by MQTT and OPC UA, one record each, the broker"
        f" killed once; {heard.sparkplug} Sparkplug messages, {len(files)} AQDEF files,"
        f" {seconds:.0f} s"
    )
    return 0


def records(data: str) -> list[str]:
    """The parts of the records of verdicts."""
    import sqlite3

    with sqlite3.connect(f"file:{data}/records.sqlite?mode=ro", uri=True) as db:
        return [part for (part,) in db.execute("SELECT part FROM records WHERE kind = 0")]


def station_files(folder: Path, ports: dict[str, int]) -> Path:
    """Model, limits and configuration: width = 50 um at 100 W, 150 um at 300 W."""
    axis = sna_edge.spline_axis("power", "W", 100.0, 300.0, spans=1, degree=1)
    cp = sna_edge.CP((np.array([[50.0], [150.0]]),), (np.array([0]),), np.ones((1, 1)))
    width = sna_edge.Output("width", "um", interval=sna_edge.Interval(0.9, 5.0, 5.0))
    sna_edge.Model([axis], cp, [width]).save(folder / "line.sna")
    (folder / "limits.toml").write_text("[outputs.width]\nLSL = 80\nUSL = 120\n")
    (folder / "station.toml").write_text(CONFIG.format(**ports))
    return folder / "station.toml"


def sent(port: int, start: int, end: int) -> None:
    """Parts by MQTT, every tenth twice."""
    client = connected(port)
    for n in range(start, end):
        text = json.dumps({"part": f"M{n}", "power": 150 + n % 100})
        for _ in range(1 + (n % 10 == 0)):
            client.publish("line/parts", text, 1).wait_for_publish(30)
    client.disconnect()
    client.loop_stop()


def connected(port: int) -> Any:
    """A client of another make."""
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


class Reader:
    """Hears of records: the parts that have one, and how many messages of Sparkplug came."""

    def __init__(self, port: int, *topics: str) -> None:
        self.port, self.topics = port, topics
        self.parts: set[str] = set()
        self.sparkplug = 0
        self.again()

    def again(self) -> None:
        """Connect anew."""
        self.client = connected(self.port)
        self.client.on_message = self._heard
        granted = threading.Event()
        self.client.on_subscribe = lambda *told: granted.set()
        self.client.subscribe([(topic, 1) for topic in self.topics])
        granted.wait(30)

    def _heard(self, client: Any, data: Any, message: Any) -> None:
        if message.topic.startswith("spBv1.0"):
            self.sparkplug += 1
        elif message.topic.endswith("/verdict"):
            self.parts.add(json.loads(message.payload)["part"])


def broker_program() -> str | None:
    """mosquitto, where it is installed."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


class Broker:
    """mosquitto on loopback."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port, self.config = port, folder / "mosquitto.conf"
        self.config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n")
        self.start()

    def start(self) -> None:
        """Begin, and answer."""
        command = [str(broker_program()), "-c", str(self.config)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until(lambda: answers(self.port), "mosquitto answers")

    def kill(self) -> None:
        """At once; it remembers nothing."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(10)


class Plc:
    """An asyncua server with the nodes of a controller, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._nodes: dict[str, Any] = {}
        self._do(self._start(port))

    def _do(self, what: Any) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(600)

    async def _start(self, port: int) -> None:
        from asyncua import Server

        server = Server()
        await server.init()
        server.set_endpoint(f"opc.tcp://127.0.0.1:{port}")
        await server.register_namespace("urn:plc")
        for name, value in {"Count": 0, "Part": "", "Power": 150.0}.items():
            place = f"ns=2;s={name}"
            self._nodes[name] = await server.nodes.objects.add_variable(place, name, value)
        await server.start()

    def made(self, part: str, count: int, power: float) -> None:
        """A part: values first, then the count."""
        for name, value in {"Part": part, "Power": power, "Count": count}.items():
            self._do(self._nodes[name].write_value(value))


async def read(port: int, name: str) -> int:
    """A node of the station's server."""
    from asyncua import Client

    async with Client(f"opc.tcp://127.0.0.1:{port}", timeout=30) as client:
        space = await client.get_namespace_index("urn:sna-edge:station")
        return int(await client.get_node(f"ns={space};s={name}").read_value() or 0)


def answers(port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def until(true: Callable[[], object], what: str, seconds: float = 180.0) -> None:
    """Wait; ends the program where it takes too long."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            sys.exit(f"station-real: FAIL: waited {seconds:.0f} s for: {what}")
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main())
