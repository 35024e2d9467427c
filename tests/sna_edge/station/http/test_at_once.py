"""Parts whose message comes in one piece, and all that must hold for them as for others."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from types import SimpleNamespace

import pytest

from sna_edge.station.http import at_once
from sna_edge.station.http.protocol import HEAD
from sna_edge.station.parts import Answer

from ..plants import STATION, asked, process
from ..waiting import in_a_loop

HTTP = STATION + '[http]\nlisten = "127.0.0.1:0"\nbody = "2 KB"\n'


@pytest.fixture
def plant(tmp_path):
    made = process(tmp_path, station=HTTP)
    yield made
    made.stop()


@pytest.fixture
def plug(plant):
    found = socket.create_connection(("127.0.0.1", plant.plant.doors["http"].port))
    found.settimeout(60.0)
    yield found
    found.close()


def message(part: str, *heads: str) -> bytes:
    body = json.dumps({"part": part, "power": 200})
    lines = ["POST /stations/press-1/parts HTTP/1.1", "Host: localhost", *heads]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode()


def answers(plug: socket.socket, count: int) -> list[tuple[int, dict, dict]]:
    """Status, headers and body of answers, in the order in which they come."""
    file, found = plug.makefile("rb"), []
    for _ in range(count):
        status, heads = int(file.readline().split()[1]), {}
        while (line := file.readline().strip()) != b"":
            name, _, value = line.decode().partition(": ")
            heads[name.lower()] = value
        found.append((status, heads, json.loads(file.read(int(heads["content-length"])))))
    return found


def parts(found: list[tuple[int, dict, dict]]) -> list[str]:
    assert {status for status, _, _ in found} == {200}
    return [record["part"] for _, _, record in found]


def test_messages_behind_one_another_are_answered_in_their_order(plant, plug):
    plug.sendall(b"".join(message(f"A{i}") for i in range(5)))
    assert parts(answers(plug, 5)) == [f"A{i}" for i in range(5)]
    plug.sendall(message("A3"))  # had a record
    ((status, heads, record),) = answers(plug, 1)
    assert (record["part"], record["record"] < 6, heads["station-again"]) == ("A3", True, "1")
    assert heads["content-security-policy"].startswith("default-src 'none'")


def test_a_message_in_pieces_counts_as_one(plant, plug):
    text = message("B1") + message("B2")
    for i in range(0, len(text), 41):
        plug.sendall(text[i : i + 41])
        time.sleep(0.002)
    assert parts(answers(plug, 2)) == ["B1", "B2"]


def test_a_connection_that_is_to_end_ends_with_the_answer(plant, plug):
    plug.sendall(message("C1", "Connection: close"))
    ((_, heads, record),) = answers(plug, 1)
    assert (heads["connection"], record["part"], plug.recv(10)) == ("close", "C1", b"")


def test_what_is_refused_is_refused(plant, plug):
    plug.sendall(message("D1").replace(b"localhost", b"elsewhere"))
    assert [status for status, _, _ in answers(plug, 1)] == [403]
    at = f"http://127.0.0.1:{plant.plant.doors['http'].port}/stations/press-1/parts"
    assert asked(at, b'{"power": 200}' + b" " * 3000)[0] == 413
    assert plant.plant.records.texts == [] or "D1" not in "".join(plant.plant.records.texts)


def test_a_head_without_end_is_cut_off(plant, plug):
    plug.sendall(b"POST /stations/press-1/parts HTTP/1.1\r\nHost: localhost\r\n")
    sent = 0
    with pytest.raises(OSError):
        while sent < 100 * HEAD:
            plug.sendall(b"X-More: " + b"y" * 4000 + b"\r\n")
            sent += 4000
    assert sent < 100 * HEAD


def test_nothing_is_acknowledged_without_a_record(plant, plug, monkeypatch):
    def append(drafts, done):
        done([], "the disk is full")

    monkeypatch.setattr(plant.plant.records, "append", append)
    plug.sendall(message("E1") + message("E2"))
    found = answers(plug, 2)
    assert [(status, heads["retry-after"]) for status, heads, _ in found] == [(503, "1")] * 2
    assert found[0][2] == {"error": "the disk is full"}


def test_who_waits_for_a_record_too_long_hears_so_once(plant, plug, monkeypatch):
    kept = []
    monkeypatch.setattr(at_once, "RECORDED", 0.2)
    monkeypatch.setattr(plant.plant.records, "append", lambda drafts, done: kept.append(done))
    plug.sendall(message("F1"))
    assert [status for status, _, _ in answers(plug, 1)] == [503]
    monkeypatch.undo()
    for done in kept:
        done([], "the disk is full")
    plug.sendall(message("F2"))
    assert parts(answers(plug, 1)) == ["F2"]


def test_who_is_not_taken_hears_so_once(plant, plug, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(at_once, "RECORDED", 0.2)
        patched.setattr(plant.desk, "submit", lambda *_, **__: False)
        plug.sendall(message("G1"))
        assert [status for status, _, _ in answers(plug, 1)] == [503]
    time.sleep(0.4)
    plug.sendall(message("G2"))
    assert parts(answers(plug, 1)) == ["G2"]


def test_one_clock_tells_all_whose_records_do_not_come(monkeypatch):
    heard, done, later = [], [], 0.0
    desk = SimpleNamespace(submit=lambda found, when, here, at: not done.append(when))
    soon = at_once.AtOnce(desk)
    answer = Answer(1, '{"verdict": "ACCEPT"}', "ACCEPT")

    async def passed(seconds: float) -> None:
        """The clock of the loop goes on so far, whatever the machine does meanwhile."""
        nonlocal later
        later += seconds
        for _ in range(5):
            await asyncio.sleep(0)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(loop, "time", lambda own=loop.time: own() + later)
        for i in range(3):
            assert soon.take([], "json", 0, lambda data, i=i: heard.append((i, data.split()[1])))
        done[1]([answer], "")
        await passed(at_once.RECORDED / 2)
        assert heard == [(1, b"200")]
        await passed(at_once.RECORDED / 2)
        done[0]([answer], "")  # too late: told once already
        assert soon.take([], "json", 0, lambda data: heard.append((3, data.split()[1])))
        await passed(at_once.RECORDED)

    in_a_loop(run())
    assert heard == [(1, b"200"), (0, b"503"), (2, b"503"), (3, b"503")]
    assert not soon._waits
