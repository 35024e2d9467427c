"""The doors of the line's protocols: MQTT with JSON, Sparkplug B, OPC UA, files."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import random
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from sna_edge.station.mqtt.sparkplug.payload import Metric, Payload
from sna_edge.station.mqtt.sparkplug.types import Type

from .grammar import FALSE, good, message
from .plant import Plant

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
TOPICS = ["line/a", "line/" + "t" * 200, "line/\u2026", "line/$SYS", "line/ ", "line/a/b", "other",
          "line/%00", "line/../a"]  # fmt: skip
"""A broker ends the connection of who publishes below $SYS or $share by itself."""


class Broker:
    """mosquitto on loopback."""

    def __init__(self, folder: Path, port: int) -> None:
        folder.mkdir()
        (folder / "m.conf").write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n"
            "max_queued_messages 0\nmax_packet_size 20000000\n"
        )
        command = [str(MOSQUITTO), "-c", str(folder / "m.conf")]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(10)


def _client(plant: Plant) -> Any:
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(200)
    client.connect("127.0.0.1", plant.ports["mqtt"])
    client.loop_start()
    return client


def mqtt(plant: Plant, draw: random.Random, count: int) -> None:
    """Messages of JSON: one, lines, lists; retained, QoS 0 to 2, topics that are odd."""
    client, last = _client(plant), None
    while count > 0:
        kind, size = draw.randrange(10), 1
        payload = message(draw, plant.name("X"))
        if kind < 4:
            size = draw.randrange(2, 200)
            more = [message(draw, plant.name("X")) for _ in range(size)]
            payload = b"\n".join(more) if kind < 3 else b"[" + b",".join(more) + b"]"
        elif kind == 4:
            payload = draw.choice((b"", b"\n\n", b"[]", b"[" * 9999, bytes(1 << 18), b"{}" * 999))
        client.publish(draw.choice(TOPICS), payload, draw.randrange(3), draw.random() < 0.02)
        count -= size
        if kind == 9 or draw.random() < 0.05:
            part, power = plant.good(draw)
            last = client.publish("line/good", good(part, power), 1)
            plant.acknowledged(part, power)
            last.wait_for_publish(60)
    client.publish("line/a", b"\xff" * ((1 << 20) + 9), 1).wait_for_publish(60)
    if last is not None:
        last.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


class Edge:
    """An edge node that lies."""

    def __init__(self, plant: Plant, draw: random.Random) -> None:
        self.client, self.seq, self.draw, self.plant = _client(plant), -1, draw, plant

    def say(self, kind: str, *metrics: Metric, data: bytes = b"", device: str = "laser") -> None:
        """A counted message."""
        self.seq = 0 if kind == "NBIRTH" else (self.seq + 1) % 256
        end = "" if kind.startswith("N") else f"/{device}"
        now = int(1000 * time.time())
        sent = data or Payload(metrics, now, self.seq).encoded()
        self.client.publish(f"spBv1.0/plant/{kind}/plc{end}", sent, 1).wait_for_publish(60)

    def born(self) -> None:
        """Births of node and device."""
        self.say("NBIRTH", Metric("bdSeq", 0, Type.INT64))
        told = (Metric("Part/Id", "", Type.STRING, 1), Metric("Laser/Power", 200.0, Type.DOUBLE, 2))
        self.say("DBIRTH", *told, Metric("Gauge/Width", None, Type.DOUBLE, 3))

    def good(self) -> None:
        """Births and a good part: whatever was before."""
        self.born()
        part, power = self.plant.good(self.draw)
        told = (Metric("Laser/Power", power, Type.DOUBLE), Metric("Gauge/Width", None, Type.DOUBLE))
        self.say("DDATA", Metric("Part/Id", part, Type.STRING), *told)
        self.plant.acknowledged(part, power)


def sparkplug(plant: Plant, draw: random.Random, count: int) -> None:
    """Bits that were flipped, cut messages, wrong types, aliases that were never born, gaps.
    Returns when the good parts have their records: that the broker has them promises nothing."""
    edge = Edge(plant, draw)
    for n in range(count):
        if n % 25 == 0:
            edge.good()
        _lie(edge, draw, plant.name("X"))
    edge.good()
    plant.settled()
    edge.client.disconnect()
    edge.client.loop_stop()


def _lie(edge: Edge, draw: random.Random, part: str) -> None:
    kind = draw.choice(("DDATA", "DDATA", "NDATA", "DBIRTH", "NBIRTH", "DDEATH", "NDEATH", "XDATA"))
    name = Metric("Part/Id", part, Type.STRING)
    values = [
        Metric("Laser/Power", math.nan, Type.DOUBLE), Metric("Laser/Power", math.inf, Type.DOUBLE),
        Metric("Laser/Power", "171.25x", Type.STRING), Metric("Laser/Power", None, Type.DOUBLE),
        Metric("Laser/Power", b"\xff" * 99, Type.BYTES), Metric("Laser/Power", True, Type.BOOLEAN),
        Metric("Laser/Power", (171, 1), Type.INT32_ARRAY),
        Metric("Laser/Power", 2**63, Type.UINT64),
        Metric("Gauge/Width", b"\x00", Type.FILE), Metric("", FALSE, Type.DOUBLE, 999),
        Metric("Gauge/Width", (1.0,), Type.DOUBLE_ARRAY),
        Metric("x" * 999, 1.0, Type.DOUBLE, 2**63),
    ]  # fmt: skip
    told, form = draw.choice(values), draw.randrange(5)
    now = draw.choice((0, 1, 2**63, 2**64 - 1, 1_764_000_000_000))
    data = bytearray(Payload((name, told), now, (edge.seq + 1) % 256).encoded())
    if form == 0:
        for _ in range(draw.randrange(1, 5)):
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    elif form == 1:
        data = data[: draw.randrange(len(data))]
    elif form == 2:
        edge.seq = draw.randrange(256)
    elif form == 3:
        data = bytearray(draw.choice((b"\x1f\x8b\x08" + bytes(99), b"\x12\xff\xff\xff\xff\x7f",
                                      b"\x80" * 20, bytes(draw.randrange(256) for _ in range(40)),
                                      b"\x12\x00" * 20_000)))  # fmt: skip
    edge.say(kind, data=bytes(data) or b"\x00", device=draw.choice(("laser", "laser", f"d{part}")))


class Controller:
    """An asyncua server with nodes of any type, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self._loop, self._nodes = asyncio.new_event_loop(), dict[str, Any]()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._do(self._start(port))

    def _do(self, what: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(120)

    async def _start(self, port: int) -> None:
        from asyncua import Server

        logging.getLogger("asyncua").setLevel(logging.CRITICAL)
        self._server = Server()
        await self._server.init()
        self._server.set_endpoint(f"opc.tcp://127.0.0.1:{port}")
        await self._server.register_namespace("urn:plc")
        for name, value in {"Count": 0, "Part": "", "Power": 150.0}.items():
            at = f"ns=2;s={name}"
            self._nodes[name] = await self._server.nodes.objects.add_variable(at, name, value)
        await self._server.start()

    def write(self, name: str, value: Any) -> None:
        """Whatever the type of the node."""
        from asyncua import ua

        node = self._nodes[name].nodeid
        self._do(self._server.write_attribute_value(node, ua.DataValue()))  # frees its type
        self._do(self._server.write_attribute_value(node, value))


def opcua(plant: Plant, draw: random.Random, count: int, plc: Controller) -> None:
    """Values of wrong types, arrays, bad and uncertain ones, null, times far off."""
    from datetime import datetime, timezone

    from asyncua import ua

    def value(given: Any, kind: Any = None, status: int = 0, when: Any = None) -> Any:
        return ua.DataValue(ua.Variant(given, kind), ua.StatusCode(status), SourceTimestamp=when)

    far = [datetime(1601, 1, 2, tzinfo=timezone.utc), datetime(9999, 12, 30, tzinfo=timezone.utc)]
    wrong = [value([FALSE, 1.0]), value("171.25x"), value(None), value(FALSE, status=0x80000000),
             value(FALSE, status=0x40000000), value(b"\xff"), value(True), value(math.nan),
             value(math.inf), value("\u2026\n=cmd()"), value(2**63, ua.VariantType.UInt64),
             value(ua.NodeId(1, 2)), value(far[0]), value(FALSE, status=0x40930000)]  # fmt: skip
    for n in range(count):
        plc.write("Power", draw.choice(wrong))
        plc.write("Part", draw.choice((value(plant.name("X")), value(plant.name("X")), value(None),
                                       value(7.5), value(["a"]), value("x" * 5000))))  # fmt: skip
        plc.write(
            "Count",
            draw.choice(
                (
                    value(n),
                    value(math.nan),
                    value("n"),
                    value(n, when=far[1]),
                    value(-n),
                    value(None),
                    value(n, status=0x80000000),
                )
            ),
        )
        time.sleep(0.002)
        if n % 20 == 19:
            _counted(plant, draw, plc, value, n)


def _counted(plant: Plant, draw: random.Random, plc: Controller, value: Any, n: int) -> None:
    """A good part, and time enough to read it before the next value is written."""
    part, power = plant.good(draw)
    plc.write("Power", value(power, when=None))
    plc.write("Part", value(part))
    plc.write("Count", value(10**6 + n))
    plant.acknowledged(part, power)
    time.sleep(2.5)


def files(plant: Plant, draw: random.Random, count: int) -> None:
    """Tables of hostile cells, bytes that are no table, names, links, pipes, folders."""
    folder = os.fsencode(plant.folder / "in")
    os.mkfifo(folder + b"/fifo.csv")
    os.symlink("/etc/passwd", folder + b"/link.csv")
    os.mkdir(folder + b"/dir.csv")
    n = 0
    while count > 0:
        n += 1
        data, size = _table(plant, draw)
        name = draw.choice((b"f%d", b"\xff%d", b"\x1b[3%d", b"x" * 200 + b"%d", b"'; DROP %d")) % n
        temporary, place = folder + b"/.new", folder + b"/" + name + b".csv"
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, place)
        if draw.random() < 0.05:  # it vanishes, or is written again while it is read
            time.sleep(0.06)
            try:
                os.unlink(place) if draw.random() < 0.5 else os.truncate(place, 5)
            except OSError:
                continue
        if n % 5 == 0:
            part, power = plant.good(draw)
            with open(temporary, "wb") as file:
                file.write(b"part,power\n%s,%.1f\n" % (part.encode(), power))
            os.replace(temporary, folder + b"/good%d.csv" % n)
            plant.acknowledged(part, power)
        count -= size
        while len(os.listdir(folder)) > 200:
            time.sleep(0.1)


def _table(plant: Plant, draw: random.Random) -> tuple[bytes, int]:
    size, separator = draw.randrange(1, 400), draw.choice((",", ";", "\t", "|"))
    cells = ['"x"', "", "NaN", "inf", "1e400", "1,7,1", "0x1", "\u2026", '"', "a\0", "'", "=1+1",
             "9" * 400, "true", "1.2.3", "99", "301", "171.25 parsec", "\u0661"]  # fmt: skip
    rows = [f"part{separator}power"]
    for _ in range(size):
        row = [plant.name("X"), draw.choice(cells)]
        if draw.random() < 0.1:
            row = row * draw.randrange(3)
        rows.append(separator.join(row))
    data = "\n".join(rows).encode(draw.choice(("utf-8", "utf-16", "utf-8-sig")), "replace")
    kind = draw.random()
    if kind < 0.1:
        data = data[: draw.randrange(len(data))]
    elif kind < 0.2:
        junk = bytearray(data)
        for _ in range(9):
            junk[draw.randrange(len(junk))] = draw.choice((0, 10, 34, 0xFF, 0x80, 44))
        data = bytes(junk)
    elif kind < 0.25:
        data = draw.choice((b"", b"PK\x03\x04", b"PAR1", bytes(999), b"\xff" * 99, b"part,power\n"))
    return data, size
