"""The order of a graceful end: ways in, what judges, ways out, records; each has its share."""

from __future__ import annotations

import time
from contextlib import closing as closed_after
from threading import Event, Thread, Timer
from types import SimpleNamespace

import pytest

from sna_edge.station.out.doors import Doors
from sna_edge.station.out.runner import Runner
from sna_edge.station.out.secrets import Secret
from sna_edge.station.parts import Arrival
from sna_edge.station.process import Process
from sna_edge.station.records import History, Records
from sna_edge.station.stopping import closed, ways

from .plants import STATION, Told, configured, folder
from .waiting import until


class Receiver:
    """Keeps texts; as slow as asked."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.name, self.seconds, self.texts, self.closed = "receiver", seconds, [], False

    def send(self, records) -> int:
        if records:
            time.sleep(self.seconds)
        self.texts += [one.text for one in records]
        return records[-1].number if records else 0

    def close(self) -> None:
        self.closed = True


class Late:
    """A way in that reads one more part while it is being closed, and hangs for `seconds` then."""

    name = "late"

    def __init__(self, desk, seconds: float = 0.0) -> None:
        self.desk, self.seconds, self.told, self.stopped = desk, seconds, Told(), Event()

    def start(self) -> None: ...

    def state(self) -> dict:
        return {"up": True, "words": ""}

    def stop(self, seconds: float) -> None:
        assert self.desk.submit([Arrival("press-1", {"power": 200.0}, part="last")], self.told)
        time.sleep(self.seconds)
        self.stopped.set()


def made(tmp_path, stop_seconds: float = 10.0) -> Process:
    station = f"stop_seconds = {stop_seconds}\n{STATION}"
    return Process(configured(folder(tmp_path, station=station)), Records)


def sender(process: Process, receiver: Receiver) -> Runner:
    return Runner(receiver, process.plant.records.outbox)


def test_ways_out_get_the_last_part_and_the_end_and_nothing_twice(tmp_path) -> None:
    process, receiver = made(tmp_path), Receiver(seconds=0.05)
    late = Late(process.desk)
    process.plant.doors = {"both": Doors("both", [sender(process, receiver), late])}
    process.start()
    assert process.stop()
    assert receiver.closed and late.told.records[0]["verdict"] == "ACCEPT"
    assert any('"part": "last"' in text for text in receiver.texts)
    assert '"event": "stopped"' in receiver.texts[-1]
    again = made(tmp_path)  # its place is on the disk: only what is new is sent
    second = Receiver()
    again.plant.doors = {"out": sender(again, second)}
    again.start()
    until(lambda: any('"started"' in text for text in second.texts))
    again.stop()
    assert not set(second.texts) & set(receiver.texts)


def test_a_way_in_that_hangs_takes_nothing_from_what_judges(tmp_path) -> None:
    process, receiver = made(tmp_path, stop_seconds=8.0), Receiver()
    late = [Late(process.desk, seconds=90.0), Late(process.desk)]
    process.plant.doors = {"a": late[0], "b": late[1], "out": sender(process, receiver)}
    process.start()
    began = time.monotonic()
    assert process.stop(), "everything that was taken has its record"
    assert time.monotonic() - began < 60.0 and late[1].stopped.is_set()
    assert late[1].told.wait().answers and '"event": "stopped"' in receiver.texts[-1]


def test_a_way_out_that_hangs_does_not_keep_the_records_open(tmp_path) -> None:
    process = made(tmp_path, stop_seconds=4.0)
    process.plant.doors = {"out": sender(process, Receiver(seconds=30.0))}
    process.start()
    assert process.stop()
    assert process.plant.records.state()["up"]
    assert not process.plant.records._thread.is_alive()


def test_what_judges_late_counts_while_the_records_are_open(tmp_path, monkeypatch) -> None:
    """A starved machine: judging ends after its share and before the records close."""
    process, begun = made(tmp_path, stop_seconds=10.0), Event()
    process.start()
    process.plant.doors = {"out": Late(process.desk)}
    process.desk.turn(lambda: (begun.wait(60.0), time.sleep(6.5)))
    stopped = []
    thread = Thread(target=lambda: (begun.set(), stopped.append(process.stop())))
    thread.start()
    thread.join(120.0)
    assert stopped == [True]


def test_a_door_that_raises_is_left_alone() -> None:
    class Wrong:
        def stop(self, seconds: float) -> None:
            raise RuntimeError("no")

    late = Event()

    class Right:
        def stop(self, seconds: float) -> None:
            late.set()

    closed([Wrong(), Right()], 1.0)
    assert late.is_set()


@pytest.mark.parametrize("name", ["out.runner:Runner", "opcua.server:ServerDoor"])
def test_ways_out_say_so(name) -> None:
    from importlib import import_module

    module, _, kind = name.partition(":")
    cls = getattr(import_module(f"sna_edge.station.{module}"), kind)
    assert ways([cls.__new__(cls)])[1]


def test_what_is_not_judged_in_time_is_told_so_and_the_end_is_in_order(tmp_path) -> None:
    """Too much waits for a line that is too slow: each message has its records, or its sender hears
    that it has none, and the station ends as it should."""
    process = made(tmp_path, 0.5)
    process.start()
    line, ending, looked = process.desk.cells["press-1", "default"].line, Event(), []
    judge = line.readings

    def slow(readings, *given, **more):
        if looked:  # all but the first wait for the end
            ending.wait(60.0)
        looked.append(time.sleep(0.1))
        return judge(readings, *given, **more)

    line.readings = slow
    tolds = []
    for n in range(40):
        tolds.append(Told())
        parts = [Arrival("press-1", {"power": 200.0}, part=f"{n}-{i}") for i in range(200)]
        assert process.desk.submit(parts, tolds[-1])
    tolds[0].wait()
    ending.set()
    assert process.stop()
    for told in tolds:
        told.wait()
        assert len(told.answers) == 200 or "send it again" in told.why
    refused = [told for told in tolds if told.why]
    assert 0 < len(refused) < 40 and all(told.calls == 1 for told in tolds)


def test_rejects_that_wait_for_advice_at_the_end_go_on_without_it(tmp_path) -> None:
    limits = "[outputs.width]\nUSL = 80\n[knobs.power]\n"
    station = f"stop_seconds = 0.5\n{STATION}"
    process = Process(configured(folder(tmp_path, station=station, limits=limits)), Records)
    process.start()
    advisor, asked, ending = process.desk.cells["press-1", "default"].advisor, [], Event()
    assert advisor is not None

    def slow(reading):
        asked.append(reading)
        ending.wait(60.0)
        time.sleep(0.9)
        return {"status": "ok"}

    advisor.advice = slow
    told = Told()
    parts = [Arrival("press-1", {"power": 200.0}, part=f"{i}") for i in range(10)]
    assert process.desk.submit(parts, told)
    ending.set()
    assert process.stop()
    told.wait()
    words = [record["advice"]["status"] for record in told.records]
    assert words.count("deadline") >= 8 and len(words) == 10 and len(asked) <= 2


def test_who_is_told_to_end_while_it_starts_opens_no_more_doors(tmp_path):
    """A server of OPC UA that takes a minute to open, a door behind it."""
    pytest.importorskip("asyncua")
    from sna_edge.station.opcua.server import ServerDoor

    end, station = Event(), STATION + '[http]\nlisten = "127.0.0.1:0"\n'
    process = Process(configured(folder(tmp_path, station=station)), Records, end)
    http, slow = process.plant.doors["http"], Event()

    class Slow(ServerDoor):
        def _run(self) -> None:
            slow.wait(150.0)

    found = Slow(SimpleNamespace(url="", access=SimpleNamespace(password=Secret())),
                 ["press-1"], process.bus, process.plant.ending)  # fmt: skip
    process.plant.doors = {"opcua_server": found, "http": http}
    Timer(0.5, end.set).start()
    began = time.monotonic()
    process.start()
    assert time.monotonic() - began < 60.0 and not http.state()["up"]
    slow.set()
    assert process.stop()
    with closed_after(History(tmp_path / "station-data")) as past:
        assert '"event": "stopped"' in past.latest(1)[0].text
