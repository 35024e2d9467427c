"""A station with one or more lines for tests of its page: real verdicts, a real server on loopback,
records in memory."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from time import monotonic, sleep, time
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, Interval, Model, Output, spline_axis
from sna_edge.inverse.targets.knob import Knob
from sna_edge.quality import Limit, Line, LineLimits
from sna_edge.station.config import Charting
from sna_edge.station.drafts import Draft
from sna_edge.station.page import Feed, Shown, routes
from sna_edge.station.page.kept import FILE
from sna_edge.station.parts import Answer
from sna_edge.station.records import History, Records
from sna_export.page.content import about
from sna_export.page.shell import render

from ..sna_edge.station.waiting import free_port

starlette = pytest.importorskip("starlette.applications", reason="no starlette here")
uvicorn = pytest.importorskip("uvicorn", reason="no uvicorn here")


class Bus:
    """What a feed listens to."""

    def __init__(self) -> None:
        self.lost = 0
        self.waiting: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()

    def get(self, seconds: float | None = None) -> tuple[str, str] | None:
        try:
            return self.waiting.get(timeout=seconds)
        except queue.Empty:
            return None


def press() -> Model:
    """weight = 40 g + (speed - 70) / 10 + (pressure - 600) / 50, less where it is hotter; length
    falls with temperature."""
    axes = [
        spline_axis("speed", "mm/s", 20.0, 120.0, spans=1, degree=1),
        spline_axis("pressure", "bar", 300.0, 900.0, spans=1, degree=1),
        spline_axis("temperature", "degC", 180.0, 260.0, spans=1, degree=1),
    ]
    tables = [np.array([[-1.0], [1.0]])] * 3
    weights = np.array([[5.0, 0.2], [6.0, 0.1], [-2.0, -3.0]])
    cp = CP(tables, [np.array([d]) for d in range(3)], weights)
    outputs = [
        Output("weight", "g", bias=40.0, interval=Interval(0.9, 0.5, 0.5)),
        Output("length", "mm", bias=90.2, interval=Interval(0.9, 0.2, 0.2)),
    ]
    return Model(axes, cp, outputs)


def page_file(path: Path, model: Model) -> Path:
    """The page of the model, as `sna-edge export --to page` writes it."""
    path.write_text(render("press", "a test", about(model, "press"), model.to_bytes()))
    return path


class LiveStation:
    """`part` judges a reading; `start` serves the page at `address`."""

    def __init__(
        self, model: Model, folder: Path, names: Sequence[str] = ("press-1",), page: bool = True
    ) -> None:
        limits = LineLimits(
            (Limit("weight", 38.0, 42.0, 40.0), Limit("length", 89.0, 91.5)),
            {"speed": Knob(step=1.0), "pressure": Knob(step=5.0)},
            explain="last accepted",
        )
        self.line, self.digest = Line(model, limits), sha256(model.to_bytes()).hexdigest()
        self.records, self.events = Records(folder / "data"), list[dict[str, Any]]()
        self._past = History(folder / "data")
        self.bus, self.folder, self.charts = Bus(), folder, Charting()
        self.state: dict[str, Any] = {
            "version": "test", "clock": "synchronised", "disk_free": 21e9, "waiting": 0,
            "p99_ms": 0.41, "doors": {"http": {"up": True, "words": "listens"}},
        }  # fmt: skip
        units = {a.name: a.unit for a in model.axes} | {o.name: o.unit for o in model.outputs}
        plans = {
            "many rejects": "Stop the press and measure three parts.",
            "other": "Tell the shift.",
        }
        levels = {o.name: o.interval.level for o in model.outputs if o.interval}
        file = page_file(folder / "press.html", model) if page else None
        self._lines = [
            Shown(name, "default", units, plans, 2000.0, file, levels, "width") for name in names
        ]
        self.feed, self.port, self._latest = Feed(self, self.bus), free_port(), ""
        self.server: Any = None

    def busy(self) -> bool:
        """Nothing is judged here."""
        return False

    def lines(self) -> Sequence[Shown]:
        return self._lines

    def status(self) -> Mapping[str, Any]:
        model = {"name": "press.sna", "version": 3, "moved": self.state.get("moved", [])}
        return {**self.state, "models": {f"{s.station}/default": model for s in self._lines}}

    def charting(self, station: str, recipe: str) -> Charting:
        return self.charts

    def shelf(self) -> Path:
        return self.folder / "data" / FILE

    def past(self) -> History:
        return self._past

    def event(self, event: str, station: str, who: str, why: str, **more: Any) -> None:
        told = {"event": event, "who": who, "why": why, **more}
        self.events.append(told)
        self._put({"kind": "event", "station": station, **told})

    recorded = event

    def part(
        self, reading: Mapping[str, Any], part: str, station: str = "press-1", **more: Any
    ) -> str:
        """Judge a part; its verdict."""
        (answer,) = self.line.readings([dict(reading)])
        answer.pop("line")
        if "measured" in more:
            outputs = answer.get("outputs", {})
            more["measured"] = {
                n: {"value": v, "predicted": outputs[n]["value"], "lower": outputs[n]["lower"],
                    "upper": outputs[n]["upper"], **more.get("became", {})}
                for n, v in more["measured"].items()
            }  # fmt: skip
            more.pop("became", None)
        model = {"sha256": self.digest, "version": 3, "signature": "verified"}
        head = {"kind": "verdict", "station": station, "recipe": "default", "part": part}
        self._put({**head, **answer, "model": model, "clock": "synchronised", **more})
        return str(answer["verdict"])

    def start(self) -> None:
        """Serve, at the same port again after a stop."""
        app = starlette.Starlette(routes=routes(self.feed, self))
        config = uvicorn.Config(
            app, host="127.0.0.1", port=self.port, log_level="error", timeout_graceful_shutdown=2
        )
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self.server.run, daemon=True)
        self.feed.start()
        self._thread.start()
        end = monotonic() + 60
        while not self.server.started:
            assert monotonic() < end and self._thread.is_alive(), "the server does not start"
            sleep(0.01)

    def stop(self) -> None:
        """End as the process does: pages are told, then the server ends."""
        self.feed.stop()
        self.server.should_exit = True
        self._thread.join(60)

    def again(self) -> None:
        """Start anew at the same address, as after a restart."""
        self.bus = Bus()
        self.feed = Feed(self, self.bus)
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """End for good."""
        self.stop()
        self._past.close()
        self.records.stop()

    def _put(self, told: dict[str, Any]) -> None:
        """Make a record of it, and tell the page when it is on the disk."""
        now = time()
        at = datetime.fromtimestamp(now, timezone.utc).isoformat(timespec="milliseconds")
        told = {"time": at.replace("+00:00", "Z"), **told}
        kind, bus = told["kind"], self.bus
        draft = Draft(
            kind, told["station"], json.dumps(told), now, told.get("part", ""), 0, "",
            told.get("recipe", ""), told.get("verdict", ""), told.get("outputs", {}),
        )  # fmt: skip

        def done(answers: list[Answer], sentence: str) -> None:
            assert not sentence, sentence
            for answer in answers:
                self._latest = answer.text
                bus.waiting.put(("event" if kind == "event" else "verdict", answer.text))

        self.records.append([draft], done)

    def charted(self) -> None:
        """Return when the feed has taken all that was put: it rests between parts."""
        end = monotonic() + 60
        while self.records.waiting() or self.feed._last != self._latest:
            assert monotonic() < end, "the feed has stopped"
            sleep(0.01)


def shift(station: LiveStation, rng: np.random.Generator, count: int, name: str = "press-1",
          first: int = 1, speed: float = 70.0, *, charted: bool = True) -> list[str]:  # fmt: skip
    """Parts as they usually are, every fourth one measured, on their charts when this returns
    unless it is not asked; their verdicts."""
    found = []
    for i in range(first, first + count):
        reading = {
            "speed": round(float(rng.normal(speed, 4.0)), 2),
            "pressure": round(float(rng.normal(600.0, 15.0)), 1),
            "temperature": round(float(rng.normal(220.0, 3.0)), 1),
        }
        more = {}
        if i % 4 == 0:
            value = station.line.model.evaluate(reading).value[0]
            more["measured"] = {"weight": float(value[0] + rng.normal(0.0, 0.3))}
            more["became"] = {"covered": {"share": 0.91, "lower": 0.8, "upper": 0.97,
                                          "parts": i // 4, "level": 0.9}}  # fmt: skip
        found.append(station.part(reading, f"A{i:04d}", name, **more))
    if charted:
        station.charted()
    return found
