"""Killed at random moments: every part that was acknowledged has exactly one record."""

from __future__ import annotations

import json
import random
import socket
import time

from sna_edge.station.records import verify

from .plants import STATION, folder
from .running import Clients, Running, free_port


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
    end = time.monotonic() + 60.0
    while len(clients.acknowledged) < count:
        assert time.monotonic() < end
        time.sleep(0.01)


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
    plug.settimeout(60.0)
    environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
    running = started(tmp_path, **environment).ready()
    clients = Clients(running.url("/stations/press-1/parts"), seed=6)
    said = [plug.recv(100)]
    while b"READY=1" not in said or b"WATCHDOG=1" not in said:
        said.append(plug.recv(100))
    heard(clients, 10)
    assert running.end() == 0
    clients.stop()
    plug.settimeout(1.0)
    while said[-1] != b"STOPPING=1":
        said.append(plug.recv(100))
    found = records(tmp_path / "station-data")
    numbers = {r["part"]: r["record"] for r in found if r["kind"] == "verdict"}
    assert {p: numbers.get(p) for p in clients.acknowledged} == clients.acknowledged
    assert [r["event"] for r in found if r["kind"] == "event"][-1] == "stopped"
    said = running.log.read_text().splitlines()  # and no library complains of what is left
    assert all(line.startswith("sna-edge station: ") for line in said), said
