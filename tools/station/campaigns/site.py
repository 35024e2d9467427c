"""A whole station: its files in a folder, its process, the servers that it speaks to."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from free_port import free_port

import sna_edge

STARTED = 300.0
"""Seconds that a start may take on a busy machine."""
STATION = """data = "{data}"
stop_seconds = 20
[stations.press-1.recipes.default]
model = "line.sna"
limits = "limits.toml"
advice_ms = 2
"""
LIMITS = "[outputs.width]\nLSL = 80\nUSL = 120\n[knobs.power]\nlower = 100\nupper = 300\n"
HTTP = '[http]\nlisten = "127.0.0.1:{http}"\n'
MQTT = """[mqtt.plant]
broker = "mqtt://127.0.0.1:{mqtt}"
timeout = 5
records = "sna/{{station}}/{{kind}}"
[mqtt.plant.take]
"line/parts" = "press-1"
"""
OPCUA = """[opcua_client.plc]
url = "opc.tcp://127.0.0.1:{plc}"
station = "press-1"
trigger = "ns=2;s=Count"
part = "ns=2;s=Part"
[opcua_client.plc.inputs]
power = "ns=2;s=Power"
[opcua_server]
listen = "127.0.0.1:{own}"
"""
FOLDER = '[folder.inbox]\npath = "in"\nstation = "press-1"\nseconds = 0.05\n'
AQDEF = '[aqdef.export]\npath = "dfq"\nper = 50\n'


class Broken(Exception):
    """Something did not happen in time, or the station is gone."""


def until(true: Callable[[], object], what: str, seconds: float = 300.0) -> None:
    """Return when `true()` is. Raises Broken."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise Broken(f"waited {seconds:.0f} s for: {what}")
        time.sleep(0.01)


def model(slope: float = 1.0, name: str = "power") -> sna_edge.Model:
    """width = 50 um at 100 W, 150 um at 300 W, times `slope`; 90 % +- 5 um."""
    axis = sna_edge.spline_axis(name, "W", 100.0, 300.0, spans=1, degree=1)
    rows = slope * np.array([[50.0], [150.0]])
    cp = sna_edge.CP((rows,), (np.array([0]),), np.ones((1, 1)))
    width = sna_edge.Output("width", "um", interval=sna_edge.Interval(0.9, 5.0, 5.0))
    return sna_edge.Model([axis], cp, [width])


class Site:
    """A station in `folder`; `doors` are texts of its configuration, `more` follows them. `data`:
    where its records are, by default inside."""

    def __init__(self, folder: Path, *doors: str, more: str = "", data: Path | None = None) -> None:
        self.folder, self.data = folder, data or folder / "station-data"
        self.doors = doors
        self.ports = {name: free_port() for name in ("http", "mqtt", "plc", "own")}
        self.path, self.log = folder / "station.toml", folder / "station.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.env: dict[str, str] = {}
        self.before: list[str] = []  # what starts it
        self.config = STATION
        for name in ("in", "dfq"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        model().save(folder / "line.sna")
        (folder / "limits.toml").write_text(LIMITS)
        self.write(more)

    def write(self, more: str = "") -> None:
        """The configuration."""
        text = (self.config + "".join(self.doors)).format(data=self.data, **self.ports)
        self.path.write_text(text + more)

    def spawn(self) -> Site:
        """Start it, and wait for nothing."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.before, sys.executable, "-m", "sna_edge", "station", str(self.path)],
                stdout=log, stderr=log, env=os.environ | self.env,
            )  # fmt: skip
        return self

    def start(self) -> Site:
        """Start it, and wait until it serves."""
        return self.spawn().ready()

    def ready(self) -> Site:
        """Wait until it serves. Raises Broken."""
        assert self.process is not None
        end = time.monotonic() + STARTED
        while self.process.poll() is None:
            if self.health() == 200:
                return self
            if time.monotonic() > end:
                raise Broken(f"the station does not start: {self.said()[-500:]}")
            time.sleep(0.02)
        raise Broken(f"the station has ended with {self.process.returncode}: {self.said()[-500:]}")

    def health(self) -> int:
        """What /health answers; 0: nothing does."""
        return self.asked("/health")[0]

    def asked(self, path: str, body: bytes | None = None, seconds: float = 60.0) -> tuple[int, Any]:
        """(status, what the answer holds) of a request; (0, why) where none comes."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports['http']}{path}", body)
        try:
            with urllib.request.urlopen(request, timeout=seconds) as found:
                text = found.read()
                status = found.status
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError as error:
            return 0, str(error)
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def post(self, **message: Any) -> tuple[int, Any]:
        """Send one message as curl would."""
        return self.asked("/stations/press-1/parts", json.dumps(message).encode())

    def up(self, door: str) -> bool:
        """Whether a door is."""
        status, found = self.asked("/status")
        return status == 200 and bool(found["doors"][door]["up"])

    def kill(self) -> None:
        """SIGKILL: as a power cut of the process; nothing where it does not run."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def end(self, seconds: float = 300.0) -> int:
        """SIGTERM, as systemd ends it; its exit code. Raises Broken."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Broken(f"SIGTERM has not ended it within {seconds:.0f} s") from None

    def said(self) -> str:
        """What it has written on stdout and stderr."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def mosquitto() -> str | None:
    """The broker's program, where it is installed."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


class Broker:
    """mosquitto on loopback; a graceful end keeps its sessions and what waits in them."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port, self.config = port, folder / "mosquitto.conf"
        kept = folder / "broker"
        kept.mkdir()
        self.config.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\n"
            f"persistence_location {kept}/\nmax_queued_messages 0\nmax_inflight_messages 200\n"
        )
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Begin, and answer. Raises Broken."""
        command = [str(mosquitto()), "-c", str(self.config)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until(self._answers, "mosquitto answers")

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(120)

    def _answers(self) -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0
