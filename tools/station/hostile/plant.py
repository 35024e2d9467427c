"""The station under attack: a process of its own with every door, a real broker, a controller, a
receiver of webhooks that answers rubbish; and what must hold at the end."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from free_port import free_port

import sna_edge
from sna_edge.station.records import History, verify

from .grammar import FALSE, GOOD

CONFIG = """data = "station-data"
[stations.press-1.recipes.default]
model = "line.sna"
limits = "limits.toml"
[http]
listen = "127.0.0.1:{http}"
page = true
seconds = 2.0
[folder.inbox]
path = "in"
station = "press-1"
seconds = 0.05
[aqdef.export]
path = "dfq"
per = 2000
[webhook.alarms]
url = "http://127.0.0.1:{hook}/"
secret_file = "secret"
verdicts = ["REJECT"]
timeout = 0.5
"""
MQTT = """[mqtt.plant]
broker = "mqtt://127.0.0.1:{mqtt}"
records = "sna/{{station}}/{{kind}}"
[mqtt.plant.take]
"line/+" = "press-1"
[sparkplug.plant]
broker = "mqtt://127.0.0.1:{mqtt}"
[sparkplug.plant.take.laser]
node = "plant/plc/laser"
station = "press-1"
part = "Part/Id"
inputs = {{ power = "Laser/Power" }}
measured = {{ width = "Gauge/Width" }}
"""
OPCUA = """[opcua_client.plc]
url = "opc.tcp://127.0.0.1:{plc}"
station = "press-1"
trigger = "ns=2;s=Count"
part = "ns=2;s=Part"
inputs = {{ power = "ns=2;s=Power" }}
every = 10.0
[opcua_server]
listen = "127.0.0.1:{own}"
"""
STARTED = 120.0
MEMORY = 300.0
"""MB that the station may have at most, whatever is sent."""
ANSWER = 30.0
"""Seconds in which a good part has its answer, on a busy machine too."""


SAID = 200
"""Faults that are told in words; all count."""
NEW = "SELECT number, part FROM records WHERE number > ? AND kind = 0 ORDER BY number"


@dataclass
class Plant:
    """`folder` with everything; `wanted` {part: verdict} of good parts that were acknowledged,
    `seconds` that the good ones of HTTP took, `alone` their p99 in ms before; `faults`
    found; `counts` of verdicts."""

    folder: Path
    wires: bool = True
    traced: bool = False
    ports: dict[str, int] = field(default_factory=dict)
    wanted: dict[str, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    memory: list[float] = field(default_factory=list)
    alone: float = 0.0
    numbered: int = 0

    def ports_made(self) -> None:
        """Ports for the station and for what it speaks to."""
        self.ports = {name: free_port() for name in ("http", "hook", "mqtt", "plc", "own")}

    def start(self) -> None:
        """Begin; returns when the station is ready."""
        axis = sna_edge.spline_axis("power", "W", 100.0, 300.0, spans=1, degree=1)
        cp = sna_edge.CP((np.array([[50.0], [150.0]]),), (np.array([0]),), np.ones((1, 1)))
        width = sna_edge.Output("width", "um", interval=sna_edge.Interval(0.9, 5.0, 5.0))
        sna_edge.Model([axis], cp, [width]).save(self.folder / "line.sna")
        (self.folder / "limits.toml").write_text("[outputs.width]\nLSL = 80\nUSL = 120\n")
        (self.folder / "secret").write_text("key")
        (self.folder / "in").mkdir()
        text = CONFIG + (MQTT + OPCUA if self.wires else "")
        (self.folder / "station.toml").write_text(text.format(**self.ports))
        own = [str(Path(__file__).with_name("traced.py"))]
        program = own if self.traced else ["-m", "sna_edge", "station"]
        with open(self.folder / "station.log", "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *program, str(self.folder / "station.toml")],
                stdout=log, stderr=log,
            )  # fmt: skip
        end = time.monotonic() + STARTED
        while not self.alive():
            if time.monotonic() > end or self.process.poll() is not None:
                raise SystemExit((self.folder / "station.log").read_text())
            time.sleep(0.1)
        self.before = self.files()
        self.memory.append(self.resident())

    def alive(self) -> bool:
        """Whether it says that parts get verdicts and records."""
        try:
            at = f"http://127.0.0.1:{self.ports['http']}/health"
            with urllib.request.urlopen(at, timeout=ANSWER) as found:
                return bool(found.status == 200)
        except OSError:
            return False

    def resident(self) -> float:
        """MB of the process."""
        try:
            text = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return 0.0
        return int(text.partition("VmRSS:")[2].split()[0]) / 1024.0

    def files(self) -> set[str]:
        """What lies beside the folders of the station."""
        own = {"station-data", "in", "dfq", "station.log", "broker"}
        return {name for name in os.listdir(self.folder) if name not in own}

    def name(self, kind: str) -> str:
        """Of the next part: G.. good, X.. hostile."""
        self.numbered += 1
        return f"{kind}{self.numbered}"

    def good(self, draw: random.Random) -> tuple[str, float]:
        """A good part: its id and power."""
        return self.name("G"), draw.choice(list(GOOD))

    def fault(self, words: str) -> None:
        """Something that must not be."""
        self.faults.append(words[:300] if len(self.faults) < SAID else "")

    def acknowledged(self, part: str, power: float, verdict: str = "") -> None:
        """A good part has its answer."""
        self.wanted[part] = GOOD[power]
        if verdict and verdict != GOOD[power]:
            self.fault(f"{part} of power {power} was answered {verdict}")

    def look(self, door: str) -> None:
        """Between two rounds: it lives, and has not grown."""
        self.memory.append(self.resident())
        if self.process.poll() is not None or not self.alive():
            self.fault(f"{door}: the station does not answer: {self.log()}")
        if self.memory[-1] > MEMORY:
            self.fault(f"{door}: {self.memory[-1]:.0f} MB")

    def trace(self, most: int = 12) -> str:
        """What its memory is made of, as `traced` says."""
        path = self.folder / "memory.json"
        path.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        end = time.monotonic() + STARTED
        while not path.exists() and time.monotonic() < end:
            time.sleep(0.05)
        told = json.loads(path.read_text())
        path.unlink()
        heap = ", ".join(f"{name} {size:.0f}" for name, size in told["heap"].items())
        tables = [f"  {mb:.2f} MB, {n}: {name}" for name, (n, mb) in told["tables"].items()]
        return "\n".join([f"MB: {heap}", *tables[:most], *told["grown"][: 2 * most]])

    def log(self) -> str:
        """The end of what it said."""
        return (self.folder / "station.log").read_text(errors="replace")[-300:]

    def stop(self) -> None:
        """End it as systemd does."""
        self.process.send_signal(signal.SIGTERM)
        try:
            if self.process.wait(60):
                self.fault(f"it ended with {self.process.returncode}: {self.log()}")
        except subprocess.TimeoutExpired:
            self.fault("it did not end within 60 s")
            self.process.kill()

    def settled(self, seconds: float = 60.0) -> None:
        """Wait until good parts that nobody answers (MQTT, files) have their records, as long as
        more of them come within the seconds."""
        end, lacked, upto, there = time.monotonic() + seconds, len(self.wanted) + 1, 0, set[str]()
        while lacked and time.monotonic() < end:
            with closing(self._db()) as db:
                rows = db.execute(NEW, (upto,)).fetchall()
            there.update(part for _, part in rows)
            upto = rows[-1][0] if rows else upto
            if (now := len(set(self.wanted) - there)) < lacked:
                end, lacked = time.monotonic() + seconds, now
            time.sleep(0.1)

    def _db(self) -> sqlite3.Connection:
        path = self.folder / "station-data" / "records.sqlite"
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)

    def check(self) -> None:
        """Every record of the station."""
        found: dict[str, list[str]] = {}
        with closing(self._db()) as db:
            for part, text in db.execute("SELECT part, text FROM records"):
                self._record(part, text, found)
        for part, verdict in self.wanted.items():
            if found.get(part) != [verdict]:
                self.fault(f"{part} has the records {found.get(part)}, wanted one {verdict}")
        proof = verify(self.folder / "station-data")
        if proof.broken is not None:
            self.fault(f"verify: {proof.words}")
        self.counts["records"] = proof.records
        with closing(History(self.folder / "station-data")) as past:
            for one in past.latest(500):
                json.loads(one.text)
        if self.files() != self.before:
            self.fault(f"files were written: {self.files() - self.before}")
        if b"Traceback" in (log := (self.folder / "station.log").read_bytes()):
            self.fault(f"a traceback: {log.partition(b'Traceback')[2][-300:]!r}")

    def _record(self, part: str, text: str, found: dict[str, list[str]]) -> None:
        if not text.isascii() or "\n" in text:
            self.fault(f"no line of ASCII: {text[:100]}")
        try:
            record = json.loads(
                text, parse_constant=lambda word: self.fault(f"{word}: {text[:99]}")
            )
        except (ValueError, RecursionError) as error:
            return self.fault(f"a record is no JSON ({error}): {text[:100]}")
        for entry in ("reason", "why"):
            if not str(record.get(entry, "")).isprintable():
                self.fault(f"{entry} on more than one line: {record[entry]!r}")
        if "internal fault" in str(record.get("reason", "")) + str(record.get("why", "")):
            self.fault(f"internal fault: {record.get('why')} {text[:200]}")
        if record["kind"] != "verdict":
            return None
        found.setdefault(part, []).append(record["verdict"])
        self.counts[record["verdict"]] += 1
        if record["verdict"] != "ACCEPT":
            if record["verdict"] == "NO VERDICT" and not record.get("reason"):
                self.fault(f"no reason: {text[:200]}")
            return None
        power = record["reading"]["power"]
        width = record["outputs"]["width"]["value"]
        if power == FALSE or not 85.0 <= width <= 115.0:
            self.fault(f"a false ACCEPT: {part} {record['reading']}")
        return None


class Rubbish:
    """A receiver of webhooks that answers every third message with something else than it should,
    drips, or closes."""

    def __init__(self, port: int, seed: int) -> None:
        self._draw, self.heard = random.Random(seed), 0
        self._socket = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            link, _ = self._socket.accept()
            threading.Thread(target=self._serve, args=[link], daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        with link, link.makefile("rb") as file:
            try:
                while line := file.readline():
                    size = 0
                    while line.strip():
                        if line.lower().startswith(b"content-length"):
                            size = int(line.partition(b":")[2])
                        line = file.readline()
                    file.read(size)
                    self.heard += 1
                    link.sendall(self._answer())
            except (OSError, ValueError):
                return

    def _answer(self) -> bytes:
        fine = b"HTTP/1.1 204 No Content\r\n\r\n"
        if self._draw.random() < 0.67:
            return fine
        return self._draw.choice([
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"x" * 99999, b"\xff" * 99,
            b"HTTP/1.1 500 no\r\nContent-Length: 0\r\n\r\n", b"HTTP/9.9 zz\r\n\r\n", b"\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", b"HTTP/1.1 302 Go\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n" * 50, b"HTTP/1.1 200 OK\r\n" + b"a" * 70000,
        ])  # fmt: skip
