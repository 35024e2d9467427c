"""A station on a small model, for tests: a folder with its files, and a process on it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np

import sna_edge
from sna_edge.station.config import read_configuration
from sna_edge.station.doors import readers
from sna_edge.station.parts import Arrival
from sna_edge.station.process import Process

from .memory import MemoryRecords

LIMITS = "[outputs.width]\nLSL = 80\nUSL = 120\n"
STATION = """data = "station-data"
[stations.press-1.recipes.default]
model = "line.sna"
limits = "limits.toml"
"""


def model(slope: float = 1.0, name: str = "power") -> sna_edge.Model:
    """width = 50 um at 100 W, 150 um at 300 W, times `slope`; 90 % +- 5 um."""
    axis = sna_edge.spline_axis(name, "W", 100.0, 300.0, spans=1, degree=1)
    rows = slope * np.array([[50.0], [150.0]])
    cp = sna_edge.CP((rows,), (np.array([0]),), np.ones((1, 1)))
    width = sna_edge.Output("width", "um", interval=sna_edge.Interval(0.9, 5.0, 5.0))
    return sna_edge.Model([axis], cp, [width])


def folder(path: Path, station: str = STATION, limits: str = LIMITS) -> Path:
    """The files of a station; the path of its configuration."""
    model().save(path / "line.sna")
    (path / "limits.toml").write_text(limits)
    (path / "station.toml").write_text(station)
    return path / "station.toml"


def put(path: Path, data: str | bytes) -> None:
    """A file in its place at once, as a careful sender puts it there: no look sees half of it."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(data.encode() if isinstance(data, str) else data)
    beside.replace(path)


def configured(path: Path):
    return read_configuration(path, readers())


def process(path: Path, records=MemoryRecords, **files) -> Process:
    """A process that has started."""
    made = Process(configured(folder(path, **files)), records)
    made.start()
    return made


class Told:
    """What `done` was told."""

    def __init__(self) -> None:
        import threading

        self.answers, self.why, self.calls = [], "", 0
        self._event = threading.Event()

    def __call__(self, answers, why):
        self.answers, self.why = answers, why
        self.calls += 1
        self._event.set()

    def wait(self, seconds: float = 60.0) -> Told:
        assert self._event.wait(seconds), "nobody was told"
        return self

    @property
    def records(self) -> list[dict]:
        return [json.loads(a.text) for a in self.answers]


def sent(desk, *readings, station="press-1", **more) -> Told:
    """Submit readings (or arrivals) together, and wait until they are answered."""
    told = Told()
    found = [r if isinstance(r, Arrival) else Arrival(station, r, **more) for r in readings]
    assert desk.submit(found, told)
    return told.wait()


def asked(url: str, data: bytes | None = None, **headers: str) -> tuple[int, bytes, dict]:
    """Status, body and headers of a request."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data, given)
    try:
        with urllib.request.urlopen(request, timeout=60) as found:
            return found.status, found.read(), dict(found.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read(), dict(error.headers)
