"""Lines that send parts and count what was acknowledged."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import threading
import time
from collections.abc import Sequence
from typing import Any

from .followed import has_record
from .site import Site, until

LOW, HIGH = 90.0, 310.0
"""W that are drawn: some are outside what the model knows."""


class Told:
    """What all senders of a campaign have sent and heard. `power`: part -> W; `numbers`: part ->
    record that was acknowledged; `handed`: parts that somebody else holds for the station, and that
    must have a record in the end; `wrong`: what no answer may be."""

    def __init__(self) -> None:
        self.power: dict[str, float] = {}
        self.numbers: dict[str, int] = {}
        self.handed: set[str] = set()
        self.wrong: list[str] = []
        self.refused = 0

    def heard(self, record: dict[str, Any]) -> None:
        """An answer."""
        part, number = record["part"], record["record"]
        if self.numbers.setdefault(part, number) != number:
            self.wrong.append(f"{part} was acknowledged with two records")


class Sender:
    """Threads that send until they are stopped; begins at once."""

    def __init__(self, told: Told, name: str, seed: int, threads: int = 1) -> None:
        self.told, self.name, self.stopping = told, name, threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(f"{name}{seed}.{i}", seed * 100 + i))
            for i in range(threads)
        ]
        self._failed: list[BaseException] = []
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send no more."""
        self.stopping.set()
        for thread in self._threads:
            thread.join()
        self.told.wrong += [f"{self.name}: {type(e).__name__}: {e}" for e in self._failed]

    def part(self, name: str, draw: random.Random) -> dict[str, Any]:
        """A message of a new part."""
        power = round(draw.uniform(LOW, HIGH), 3)
        self.told.power[name] = power
        return {"part": name, "power": power}

    def _run(self, name: str, seed: int) -> None:
        try:
            self.run(name, random.Random(seed))
        except BaseException as error:
            self._failed.append(error)

    def run(self, name: str, draw: random.Random) -> None:
        """Send until `stopping` is set."""
        raise NotImplementedError


class HttpSender(Sender):
    """As a controller does that tries again until it has an answer, and sometimes does not hear
    it."""

    def __init__(self, told: Told, site: Site, seed: int, threads: int = 2) -> None:
        self.port = site.ports["http"]
        super().__init__(told, "H", seed, threads)

    def run(self, name: str, draw: random.Random) -> None:
        """Messages of one part, or of seven."""
        n, waiting = 0, list[dict[str, Any]]()
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        while not self.stopping.is_set():
            if not waiting:
                for _ in range(draw.choice((1, 1, 1, 7))):
                    n += 1
                    waiting.append(self.part(f"{name}-{n}", draw))
            answers = self._sent(link, waiting)
            if answers is None:
                link.close()
                time.sleep(0.02)
                continue
            for one in answers:
                self.told.heard(one)
            if draw.random() < 0.9:
                waiting.clear()
            time.sleep(draw.choice((0.002, 0.01, 0.03)))
        link.close()

    def _sent(self, link: Any, waiting: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
        body = json.dumps(waiting if len(waiting) > 1 else waiting[0])
        try:
            link.request("POST", "/stations/press-1/parts", body)
            answer = link.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            return None
        if answer.status == 503:
            self.told.refused += 1
            time.sleep(0.05)
            return None
        if answer.status != 200:
            self.told.wrong.append(f"HTTP {answer.status}: {text[:200]!r}")
            return None
        found = json.loads(text)
        return found if isinstance(found, list) else [found]


class Crowd(threading.Thread):
    """Sends 1,500 parts at once, and hears what became of them or not."""

    def __init__(self, site: Site, told: Told, name: str) -> None:
        super().__init__(daemon=True)
        self.site, self.told, self.part = site, told, name
        self.start()

    def run(self) -> None:
        """One message."""
        together(self.site, self.told, [f"{self.part}-{i}" for i in range(1500)])


def together(site: Site, told: Told, names: Sequence[str]) -> int:
    """Parts in one message, which is sent once; its status."""
    parts = [{"part": name, "power": 150.0 + i % 90} for i, name in enumerate(names)]
    told.power.update({str(p["part"]): float(str(p["power"])) for p in parts})
    status, found = site.asked("/stations/press-1/parts", json.dumps(parts).encode(), 60.0)
    if status == 200:
        for one in found:
            told.heard(one)
    return status


class MqttSender(Sender):
    """Publishes at QoS 1; what the broker has taken must have a record. Every tenth comes twice."""

    def __init__(self, told: Told, port: int, seed: int) -> None:
        self.port = port
        super().__init__(told, "M", seed)

    def run(self, name: str, draw: random.Random) -> None:
        """One part at a time."""
        client, n = connected(self.port), 0
        while not self.stopping.is_set():
            n += 1
            message = json.dumps(self.part(f"{name}-{n}", draw))
            for _ in range(1 + (n % 10 == 0)):
                if self._taken(client, message):
                    self.told.handed.add(f"{name}-{n}")
            time.sleep(draw.choice((0.01, 0.03, 0.06)))
        client.disconnect()
        client.loop_stop()

    def _taken(self, client: Any, message: str) -> bool:
        """Whether the broker has acknowledged it; tries until then."""
        while not self.stopping.is_set():
            info = client.publish("line/parts", message, 1)
            with contextlib.suppress(RuntimeError):  # the broker is away
                while not self.stopping.is_set():
                    if info.is_published():
                        return True
                    time.sleep(0.002)
            time.sleep(0.1)
        return False


class FolderSender(Sender):
    """Files of some rows; those that lie in done/ have a record each."""

    def __init__(self, told: Told, site: Site, seed: int) -> None:
        self.folder = site.folder / "in"
        super().__init__(told, "F", seed)

    def run(self, name: str, draw: random.Random) -> None:
        """A file after the other, renamed when it is whole."""
        n = 0
        while not self.stopping.is_set():
            if len(list(self.folder.glob("*.csv"))) > 4:  # the station has enough to do
                self.stopping.wait(0.1)
                continue
            n += 1
            parts = [self.part(f"{name}-{n}-{i}", draw) for i in range(draw.randint(1, 12))]
            rows = "".join(f"{one['part']},{one['power']}\n" for one in parts)
            half = self.folder / f".{name}-{n}.half"
            half.write_text("id,power\n" + rows)
            os.replace(half, self.folder / f"{name}-{n}.csv")
            self.told.handed.update(one["part"] for one in parts)
            self.stopping.wait(draw.uniform(0.2, 0.8))


class PlcSender(Sender):
    """A controller: values first, then the count; the next part when this one has its record."""

    def __init__(self, told: Told, site: Site, plc: Any, seed: int) -> None:
        self.site, self.plc = site, plc
        super().__init__(told, "U", seed)

    def run(self, name: str, draw: random.Random) -> None:
        """One part at a time."""
        n = 0
        while not self.stopping.is_set():
            n += 1
            part = self.part(f"{name}-{n}", draw)
            self.plc.made(part["part"], n, part["power"])
            self.told.handed.add(part["part"])
            while not has_record(self.site.data, part["part"]):
                if self.stopping.wait(0.05):
                    return


def connected(port: int, name: str = "", heard: Any = None, *topics: str) -> Any:
    """A client of another make; a `name` makes its session last."""
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    client = paho.Client(CallbackAPIVersion.VERSION2, name, clean_session=not name)
    client.reconnect_delay_set(0.1, 0.5)
    granted = threading.Event()
    client.on_message = heard
    client.on_subscribe = lambda *told: granted.set()
    client.on_connect = lambda *told: topics and client.subscribe([(t, 1) for t in topics])
    client.connect("127.0.0.1", port)
    client.loop_start()
    if topics:
        until(granted.is_set, "the broker grants a subscription")
    return client


class Reader:
    """Hears of records by MQTT, with a session that lasts: number -> how often it came, and whether
    it was said to be historical."""

    def __init__(self, port: int) -> None:
        self.numbers: dict[int, int] = {}
        self.historical: dict[int, bool] = {}
        self._client = connected(port, "reader", self._heard, "sna/#")

    def _heard(self, client: Any, data: Any, message: Any) -> None:
        record = json.loads(message.payload)
        number = record["record"]
        self.numbers[number] = self.numbers.get(number, 0) + 1
        self.historical.setdefault(number, record["is_historical"])

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()
