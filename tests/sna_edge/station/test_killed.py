"""Killed at random moments: every part that was acknowledged has exactly one record."""

from __future__ import annotations

import json
import random
import socket
import threading
import time

from sna_edge.station.records import verify
from sna_edge.station.systemd import Watchdog

from .plants import STATION, folder
from .running import Clients, Running
from .waiting import free_port, until


def records(data):
    """All records, as texts, in order."""
    import sqlite3

    from sna_edge.station.records.schema import FILE

    with sqlite3.connect(data / FILE) as db:
        return [json.loads(text) for (text,) in db.execute("SELECT text FROM records ORDER BY 1")]


def started(tmp_path, port=None, **env):
    port = port or free_port()
    config = folder(tmp_path, station=STATION + f'[http]\nlisten = "127.0.0.1:{port}"\n')
    return Running(config, port, **env)


def heard(clients, count):
    """Wait until so many parts were acknowledged; a busy machine takes its time."""
    until(lambda: len(clients.acknowledged) >= count, 120.0)


def listen(plug, said):
    """Hear all that systemd is told up to its end: its socket holds ten messages only."""
    while said[-1:] != [b"STOPPING=1"]:
        said.append(plug.recv(100))


def test_a_watchdog_waits_for_nobody(tmp_path, monkeypatch):
    """Of a systemd that does not read: each sign of life held the verdicts up for a second."""
    plug = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    plug.bind(str(tmp_path / "notify"))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "1")
    watchdog, began = Watchdog(), time.monotonic()
    for _ in range(300):
        watchdog.feed()
    assert time.monotonic() - began < 200.0  # it would take nearly 300
    assert plug.recv(100) == b"WATCHDOG=1"


def test_every_acknowledged_part_has_exactly_one_record_whatever_is_killed(tmp_path):
    draw, kills = random.Random(5), 3
    running = started(tmp_path).ready()
    clients = Clients(running.url("/stations/press-1/parts"), seed=5)
    for n in range(kills):
        heard(clients, 10 * n + 10)
        time.sleep(draw.uniform(0.0, 0.5))
        running.kill()
        running = started(tmp_path, running.port).ready()
    heard(clients, 10 * kills + 10)
    clients.stop()
    assert running.end() == 0
    found = [r for r in records(tmp_path / "station-data") if r["kind"] == "verdict"]
    by_part = {r["part"]: r["record"] for r in found}
    assert len(by_part) == len(found), "a part has two records"
    assert not clients.twice, "a part was acknowledged with two records"
    assert {p: by_part.get(p) for p in clients.acknowledged} == clients.acknowledged
    assert verify(tmp_path / "station-data").broken is None


def test_it_ends_gracefully_and_tells_systemd(tmp_path):
    plug = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    plug.bind(str(tmp_path / "notify"))
    plug.settimeout(120.0)
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "3000000"}
    running = started(tmp_path, **environment).ready()
    clients = Clients(running.url("/stations/press-1/parts"), seed=6)
    systemd = threading.Thread(target=listen, args=[plug, said := []])
    systemd.start()
    until(lambda: {b"READY=1", b"WATCHDOG=1"} <= {*said})
    heard(clients, 10)
    assert running.end() == 0
    clients.stop()
    systemd.join()
    assert said[-1] == b"STOPPING=1"
    found = records(tmp_path / "station-data")
    numbers = {r["part"]: r["record"] for r in found if r["kind"] == "verdict"}
    assert {p: numbers.get(p) for p in clients.acknowledged} == clients.acknowledged
    assert [r["event"] for r in found if r["kind"] == "event"][-1] == "stopped"
    said = running.log.read_text().splitlines()  # and no library complains of what is left
    assert all(line.startswith("sna-edge station: ") for line in said), said
