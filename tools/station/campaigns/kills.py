"""The process is killed, or asked to end, at any moment: also while it starts, takes another model,
forgets old records or is copied."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .followed import Followed
from .holds import Reference, events, faults, records
from .outcome import Outcome, closed, parts_go_on
from .senders import Crowd, FolderSender, HttpSender, MqttSender, PlcSender, Sender, Told, together
from .site import AQDEF, FOLDER, HTTP, MQTT, OPCUA, Broken, Broker, Site, model, mosquitto, until

RETENTION = '[records]\ncap = "2 MB"\nwhen_full = "drop_oldest"\n'


class Lines:
    """A station with all its doors (OPC UA, which is slow to start, only where `plc`), and the
    lines that send to it; with `more`, which lets the oldest records go, its records are
    followed."""

    def __init__(self, folder: Path, seed: int, more: str = "", *, plc: bool = True) -> None:
        with_broker = mosquitto() is not None
        doors = [HTTP, *([MQTT] if with_broker else []), *([OPCUA] if plc else []), FOLDER, AQDEF]
        self.site, self.told = Site(folder, *doors, more=more), Told()
        self.reference = Reference(self.site)
        self.broker = Broker(folder, self.site.ports["mqtt"]) if with_broker else None
        self.plc = _plc(self.site) if plc else None
        self._seed = seed
        self.senders: list[Sender] = []
        self.followed = Followed(self.site.data) if more else None

    def send(self) -> None:
        """Start the station, so that the broker knows it, and the lines."""
        self.site.start()
        if self.broker is not None:
            until(lambda: self.site.up("mqtt.plant"), "the station has subscribed")
        site, told, seed = self.site, self.told, self._seed
        self.senders = [HttpSender(told, site, seed), FolderSender(told, site, seed)]
        if self.plc is not None:
            self.senders.append(PlcSender(told, site, self.plc, seed))
        if self.broker is not None:
            self.senders.append(MqttSender(told, site.ports["mqtt"], seed))

    def close(self, times: int) -> Outcome:
        """The last station ends; what does not hold."""
        try:
            return closed(
                self.site, self.told, self.reference, self.senders, times, followed=self.followed
            )
        finally:
            self.leave()

    def leave(self) -> None:
        """Stop the servers beside the station."""
        for sender in self.senders:
            sender.stopping.set()
        if self.followed is not None:
            self.followed.stop()
        if self.site.process is not None and self.site.process.poll() is None:
            self.site.kill()
        if self.broker is not None:
            self.broker.stop()

    def other_model(self, draw: random.Random) -> None:
        """Another good model takes the place of the one that judges."""
        half = self.site.folder / ".model.half"
        model(round(draw.uniform(0.9, 1.1), 4)).save(half)
        self.reference.allow(half.read_bytes())
        os.replace(half, self.site.folder / "line.sna")


def _plc(site: Site) -> Any:
    from station_real import Plc

    return Plc(site.ports["plc"])


def killed(folder: Path, times: int, draw: random.Random) -> Outcome:
    """kill -9: while it starts (a third), under load, with a swap, retention and a backup."""
    dropping = draw.random() < 0.3
    more, plc = RETENTION if dropping else "", draw.random() < 0.25
    lines = Lines(folder, draw.randrange(10**6), more, plc=plc)
    site, wrong = lines.site, list[str]()
    try:
        lines.send()
        if dropping:
            _come_to_the_cap(lines)
        for n in range(times):
            if n:
                site.spawn()
            if n and draw.random() < 0.35:
                time.sleep(draw.uniform(0.0, 2.0))
            else:
                site.ready()
                if draw.random() < 0.4:
                    lines.other_model(draw)
                copying = _backup(site, folder / f"copy-{n}") if draw.random() < 0.3 else None
                time.sleep(draw.uniform(0.0, 1.2))
                if copying is not None:
                    copying.kill()
                    copying.wait()
            site.kill()
            if n % 5 == 4:
                wrong += faults(site, _of_now(lines.told), lines.reference, lines.followed)
        site.start()
        parts_go_on(lines.told, site)
        outcome = lines.close(times)
    finally:
        lines.leave()
    outcome.faults += wrong
    return outcome


def _come_to_the_cap(lines: Lines) -> None:
    """So many parts that the oldest records go from here on. Raises Broken."""
    assert lines.followed is not None
    for n in range(20):
        together(lines.site, lines.told, [f"R{n}-{i}" for i in range(250)])
        lines.followed.look()
        if lines.followed.cut:
            return
    raise Broken(f"{len(lines.followed.numbers)} records, and none of them goes")


def _of_now(told: Told) -> Told:
    """What must hold while it is down: parts that were handed over may still wait."""
    now = Told()
    now.power, now.numbers = dict(told.power), dict(told.numbers)
    return now


def _backup(site: Site, target: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sna_edge", "station", "backup", str(site.data), str(target)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ended(folder: Path, times: int, draw: random.Random) -> Outcome:
    """SIGTERM under load, also while it starts, some with more waiting than can be judged in time:
    it ends with 0, and its last record says so."""
    lines = Lines(folder, draw.randrange(10**6), plc=draw.random() < 0.25)
    site, told, wrong = lines.site, lines.told, list[str]()
    if starved := draw.random() < 0.4:
        site.config = site.config.replace("stop_seconds = 20", "stop_seconds = 1")
        site.write()
    try:
        lines.send()
        for n in range(times):
            early, crowd = n % 4 == 3, list[Crowd]()
            if n:
                site.spawn()
            if early:
                time.sleep(draw.uniform(0.3, 1.5))
            else:
                site.ready()
                crowd = [Crowd(site, told, f"C{n}.{i}") for i in range(4 * starved)]
                time.sleep(draw.uniform(0.0, 0.8))
            code = site.end()
            for one in crowd:
                one.join()
            if code and not (early and code == -15):
                wrong.append(f"SIGTERM: it ends with {code}: {site.said()[-300:]}")
            if not early and not _says_so(records(site.data)):
                wrong.append("the last event does not say that it has stopped")
        site.start()
        parts_go_on(told, site)
        outcome = lines.close(times)
    finally:
        lines.leave()
    outcome.faults += wrong
    return outcome


def _says_so(kept: list[dict[str, Any]]) -> bool:
    last = [one for one in kept if one["kind"] == "event"][-1:]
    return bool(events(last, "stopped"))
