"""What clients send and do not read has room, and no more than that."""

from __future__ import annotations

import json
import socket
from threading import Event, Thread

import pytest

from sna_edge.errors import InputError
from sna_edge.station.http import app, protocol, room

from ..plants import STATION, asked, configured, folder, process
from ..waiting import in_a_loop, until

HTTP = STATION + (
    '[http]\nlisten = "127.0.0.1:0"\nbody = "1 MB"\nbodies = "1 MB"\nseconds = {seconds}\n'
)


@pytest.fixture
def plant(tmp_path):
    made = process(tmp_path, station=HTTP.format(seconds=100))
    yield made
    made.stop()


def at(plant) -> str:
    return f"http://127.0.0.1:{plant.plant.doors['http'].port}/stations/press-1/parts"


def plug(plant) -> socket.socket:
    found = socket.create_connection(("127.0.0.1", plant.plant.doors["http"].port))
    found.settimeout(60.0)
    return found


def large(part: str, size: int = 600_000) -> bytes:
    return json.dumps({"part": part, "power": 200, "x": "y" * size}).encode()


def head(size: int) -> bytes:
    lines = "POST /stations/press-1/parts HTTP/1.1", "Host: localhost", f"Content-Length: {size}"
    return "\r\n".join([*lines, "", ""]).encode()


def held(plant, size: int) -> None:
    """Wait until the room holds what counts of a message of that size, and nothing else."""
    room_of = plant.plant.doors["http"]._app.bodies
    until(lambda: room_of.held == max(size - room.SMALL, 0))


def answer(plug: socket.socket) -> bytes:
    found = b""
    while b"\r\n\r\n" not in found:
        found += plug.recv(1 << 16)
    return found


def test_all_large_messages_together_have_room_and_small_ones_always(plant):
    first, message = plug(plant), large("A")
    first.sendall(head(len(message)) + message[:-1])
    held(plant, len(message) - 1)
    status, told, heads = asked(at(plant), large("B"))
    assert (status, heads["retry-after"]) == (503, "1")
    assert "in a second" in json.loads(told)["error"]
    assert asked(at(plant), b'{"part": "C", "power": 200}')[0] == 200
    first.sendall(message[-1:])
    assert answer(first).startswith(b"HTTP/1.1 200")
    held(plant, 0)
    assert asked(at(plant), large("D"))[0] == 200
    first.close()
    counts = asked(at(plant).replace("stations/press-1/parts", "metrics"))[1].decode()
    assert 'dropped_total{door="http",what="large messages"} 0.0' not in counts
    assert 'dropped_total{door="http",what="large messages"}' in counts


def test_a_client_that_goes_in_the_middle_gives_its_room_back(plant):
    for n in range(5):
        gone, message = plug(plant), large(f"A{n}")
        gone.sendall(head(len(message)) + message[:-1])
        gone.close()
    until(lambda: asked(at(plant), large("B"))[0] == 200)


def test_a_large_message_is_read_while_others_have_their_verdicts(plant, monkeypatch):
    read, codes, begun, answered = app.arrivals, [], Event(), Event()

    def slow(data, kind, station):
        if len(data) > room.SMALL:
            begun.set()
            assert answered.wait(60.0), "the small one waits for the large one"
        return read(data, kind, station)

    monkeypatch.setattr(app, "arrivals", slow)
    thread = Thread(target=lambda: codes.append(asked(at(plant), large("A"))[0]))
    thread.start()
    assert begun.wait(60.0)
    assert asked(at(plant), b'{"part": "B", "power": 200}')[0] == 200
    assert codes == []
    answered.set()
    thread.join()
    assert codes == [200]


def test_requests_that_wait_for_the_one_before_them_are_counted(plant, monkeypatch):
    monkeypatch.setattr(protocol, "PIPELINED", 20)
    ask = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for _ in range(3):
        with plug(plant) as fine, plug(plant) as greedy:
            fine.sendall(ask * 20)
            greedy.sendall(ask * 500)
            found = b""
            while found.count(b"HTTP/1.1 200") < 20:
                found += fine.recv(1 << 16)
            told = b""
            while piece := greedy.recv(1 << 16):
                told += piece
            assert told.startswith(b"HTTP/1.1 400")


def test_who_does_not_read_is_cut_off(tmp_path):
    plant = process(tmp_path, station=HTTP.format(seconds=1.0))
    silent = socket.socket()
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    silent.settimeout(60.0)
    silent.connect(("127.0.0.1", plant.plant.doors["http"].port))
    message = b"[" + b",".join(b'{"power": 200}' for _ in range(4000)) + b"]"
    silent.sendall(head(len(message)) + message)
    until(lambda: plant.plant.doors["http"].state()["dropped"]["unread answers"])
    size = 0
    with pytest.raises(ConnectionResetError):
        while piece := silent.recv(1 << 16):
            size += len(piece)
        assert size < 4_000_000, "it has waited for a client that does not read"
        raise ConnectionResetError
    silent.close()
    assert asked(at(plant), b'{"power": 200}')[0] == 200
    plant.stop()


class Link:
    """A connection whose client reads as much as it is told."""

    def __init__(self, size: int) -> None:
        self.size, self.ended = size, False

    def unread(self) -> int:
        return self.size

    def cut(self) -> None:
        self.ended = True


def test_all_answers_that_nobody_reads_together_have_room(monkeypatch):
    async def looked(*sizes: int) -> list[bool]:
        links, made = room.Links(100.0, 1000), [Link(size) for size in sizes]
        for link in made:
            links.waits(link)
        links.look()
        links._clock and links._clock.cancel()
        assert links.cut == sum(link.ended for link in made)
        return [link.ended for link in made]

    assert in_a_loop(looked(500, 400)) == [False, False]
    assert in_a_loop(looked(500, 400, 300)) == [True, False, False]


def test_room_for_less_than_one_message_is_no_room(tmp_path):
    text = HTTP.format(seconds=1).replace('bodies = "1 MB"', 'bodies = "1 KB"')
    with pytest.raises(InputError, match="less room in bodies"):
        configured(folder(tmp_path, text))
