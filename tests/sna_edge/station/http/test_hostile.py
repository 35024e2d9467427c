"""Messages made to break it, clients that flood it; STATION_MESSAGES of them (`make soak`: a
million)."""

from __future__ import annotations

import json
import os
import random
import socket
import threading
from contextlib import suppress

from sna_edge.station.messages import of_line, of_lines, of_message

from ..plants import STATION, asked, process

COUNT = int(os.environ.get("STATION_MESSAGES", "3000"))
SEED = 22
PIECES = [
    b'{"part": "A1", "power": 200}', b"[", b"]", b"{", b"}", b'"', b",", b":", b"\\", b"\x00",
    b"\xff", b"\xef\xbb\xbf", b"NaN", b"Infinity", b"1e999", b"-", b"9" * 400, b'"power"',
    b'"measured"', b'{"width": 1}', b'"sequence"', b'"recipe"', b'"reading"', b'"time"', b"null",
    b"true", b'"\\ud800"', b'"\\u0000"', b"[" * 3000, b'{"a":' * 1500, b"\n", b"\r\n", b" ",
    b'"id"', b'"=cmd()"', b"'; DROP TABLE records; --", b"../../etc/passwd", b"\xf0\x9f\x92\xa9",
]  # fmt: skip


def hostile(draw: random.Random) -> bytes:
    """A message of pieces, or a good one with a few bytes changed."""
    if draw.random() < 0.5:
        return b"".join(draw.choices(PIECES, k=draw.randrange(1, 8)))
    good = bytearray(
        b'{"part": "A%d", "power": %d, "measured": {"width": 100}, "sequence": 0}'
        % (draw.randrange(10**6), draw.randrange(100, 300))
    )
    for _ in range(draw.randrange(1, 6)):
        good[draw.randrange(len(good))] = draw.randrange(256)
    return bytes(good)


def test_hostile_messages_never_end_it_and_never_give_a_false_accept(tmp_path):
    plant, draw = process(tmp_path), random.Random(SEED)
    readers = (lambda b, s: [of_line(b, s)], of_lines, lambda b, s: of_message(b, s)[0])
    sent = 0
    while sent < COUNT:
        some = []
        for _ in range(200):
            some += draw.choice(readers)(hostile(draw), "press-1")
        some, ended = some[:2000], threading.Event()
        while not plant.desk.submit(some, lambda answers, why, ended=ended: ended.set()):
            pass
        assert ended.wait(60.0), f"nobody was told; seed {SEED}"
        sent += len(some)
    assert plant.desk.running
    for text in plant.plant.records.texts:
        assert text.isascii() and "\n" not in text
        record = json.loads(text)
        assert record.get("why", "").startswith("internal fault") is False, text
        if record.get("verdict") == "ACCEPT":
            assert 85.0 <= record["outputs"]["width"]["value"] <= 115.0, text
    plant.stop()


def test_floods_and_half_requests_leave_room_for_others(tmp_path):
    http = '[http]\nlisten = "127.0.0.1:0"\nseconds = 5.0\nconnections = 60\n'
    plant = process(tmp_path, station="queue = 50\n" + STATION + http)
    port = plant.plant.doors["http"].port
    at = f"http://127.0.0.1:{port}/stations/press-1/parts"
    plugs = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
    for plug in plugs:
        plug.sendall(b"POST /stations/press-1/parts HTTP/1.1\r\nContent-Le")
    codes, lock = [], threading.Lock()

    def flood():
        for _ in range(5):
            body = json.dumps([{"power": 200}] * 40).encode()
            found = asked(at, body)[0]
            with lock:
                codes.append(found)

    threads = [threading.Thread(target=flood) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) <= {200, 503} and 200 in codes
    for plug in plugs:
        plug.settimeout(60.0)
        with suppress(ConnectionResetError):
            assert plug.recv(100) == b"", "it still waits for the rest of a head"
        plug.close()
    assert asked(at, b'{"power": 200}')[0] == 200
    accepted = sum('"kind": "verdict"' in t for t in plant.plant.records.texts)
    assert accepted == 40 * codes.count(200) + 1
    plant.stop()
