"""Clients that flood, clients that never read, and lines that send twice, late and in no order."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import threading
import time
from pathlib import Path
from typing import Any

from .holds import Reference, records
from .outcome import Outcome, closed, parts_go_on
from .senders import HttpSender, Told
from .site import HTTP, Site

HEAD = b"POST /stations/press-1/parts HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
GROWN = 260 << 20
"""Bytes of memory that a flood may cost a station, whatever comes."""


def flooded(folder: Path, times: int, draw: random.Random) -> Outcome:
    """Some clients send as many parts as they can, and hang up in the middle; another one is served
    all the time, and memory stays bounded."""
    site, told = Site(folder, HTTP), Told()
    reference = Reference(site)
    site.start()
    before, worst = _memory(site), 0.0
    sender, wrong = HttpSender(told, site, draw.randrange(10**6), threads=1), list[str]()
    try:
        for n in range(times):
            crowd = [
                threading.Thread(target=_flood, args=(site, told, f"X{n}.{i}", draw.random()))
                for i in range(6)
            ]
            for one in crowd:
                one.start()
            began = time.monotonic()
            parts_go_on(told, site)
            worst = max(worst, time.monotonic() - began)
            for one in crowd:
                one.join()
        if (grown := _memory(site) - before) > GROWN:
            wrong.append(f"the station has grown by {grown >> 20} MB")
        outcome = closed(site, told, reference, [sender], times)
    finally:
        sender.stopping.set()
        site.kill()
    outcome.faults += wrong
    return outcome


def _memory(site: Site) -> int:
    """Resident bytes of the station."""
    assert site.process is not None
    text = Path(f"/proc/{site.process.pid}/statm").read_text()
    return int(text.split()[1]) * 4096


def _flood(site: Site, told: Told, name: str, drawn: float) -> None:
    """Many parts in one message; half of the time the answer is not waited for."""
    parts = [{"part": f"{name}-{i}", "power": 200.0 + i % 90} for i in range(1500)]
    told.power.update({str(p["part"]): float(str(p["power"])) for p in parts})
    body = json.dumps(parts).encode()
    head = HEAD % len(body)
    with contextlib.suppress(OSError), _plug(site) as plug:
        cut = body[: int(drawn * len(body))] if drawn < 0.3 else body
        plug.sendall(head + cut)
        if drawn < 0.6:
            return
        answer = b""
        while piece := plug.recv(1 << 16):
            answer += piece
            if answer.endswith(b"]\n") or b" 503 " in answer[:20]:
                break
        first, _, text = answer.partition(b"\r\n\r\n")
        if b" 200 " in first[:20] and text.endswith(b"]\n"):
            for one in json.loads(text):
                told.heard(one)


def _plug(site: Site, seconds: float = 60.0) -> socket.socket:
    plug = socket.create_connection(("127.0.0.1", site.ports["http"]), seconds)
    plug.settimeout(seconds)
    return plug


def silent(folder: Path, times: int, draw: random.Random) -> Outcome:
    """Connections that ask and never read, that follow events and never read, that say half a word,
    or nothing; the others are served, and SIGTERM ends the station all the same."""
    site, told = Site(folder, HTTP), Told()
    reference = Reference(site)
    site.start()
    sender = HttpSender(told, site, draw.randrange(10**6), threads=1)
    plugs = list[socket.socket]()
    try:
        for n in range(times):
            plugs.append(_unread(site, told, draw, n))
            if len(plugs) > 60:
                plugs.pop(draw.randrange(len(plugs))).close()
            if n % 5 == 4:
                parts_go_on(told, site)
        outcome = closed(site, told, reference, [sender], times)
    finally:
        sender.stopping.set()
        site.kill()
        for plug in plugs:
            plug.close()
    return outcome


def _unread(site: Site, told: Told, draw: random.Random, n: int) -> socket.socket:
    plug = _plug(site)
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    kind = draw.randrange(5)
    with contextlib.suppress(OSError):
        if kind == 0:
            plug.sendall(b"POST /stations/press-1/parts HTTP/1.1\r\nHo")
        elif kind == 1:
            plug.sendall(
                b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"
            )
        elif kind == 2:
            plug.sendall(b"GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 200)
        elif kind == 3:
            body = _many(told, n)
            head = HEAD % len(body)
            plug.sendall(head + body)
    return plug


def _many(told: Told, n: int) -> bytes:
    parts = [{"part": f"Y{n}-{i}", "power": 150.0 + i % 90} for i in range(200)]
    told.power.update({str(p["part"]): float(str(p["power"])) for p in parts})
    return json.dumps(parts).encode()


def disordered(folder: Path, times: int, draw: random.Random) -> Outcome:
    """Parts twice and in no order, by two connections at once, their measured values before and
    after them; each has one verdict, and every measured value is beside what was predicted."""
    site, told = Site(folder, HTTP), Told()
    reference, wrong = Reference(site), list[str]()
    site.start()
    try:
        measured: dict[str, float] = {}
        for n in range(times):
            messages = list[dict[str, Any]]()
            for i in range(draw.randint(1, 12)):
                part, power = f"D{n}-{i}", round(draw.uniform(110.0, 290.0), 2)
                told.power[part] = power
                messages += [{"part": part, "power": power}] * draw.choice((1, 1, 2, 3))
                if draw.random() < 0.6:
                    measured[part] = round(draw.uniform(60.0, 140.0), 2)
                    value = {"part": part, "measured": {"width": measured[part]}}
                    messages += [value] * draw.choice((1, 2))
            draw.shuffle(messages)
            _by_two(site, told, messages, draw)
            if n % 20 == 7:
                site.kill()
                site.start()
        outcome = closed(site, told, reference, [], times)
        wrong += _joined(records(site.data), measured)
    finally:
        site.kill()
    outcome.faults += wrong
    return outcome


def _by_two(site: Site, told: Told, messages: list[dict[str, Any]], draw: random.Random) -> None:
    half = len(messages) // 2
    lock = threading.Lock()

    def send(some: list[dict[str, Any]]) -> None:
        for message in some:
            status, found = site.post(**message)
            if status != 200:
                told.wrong.append(f"{message}: {status} {found}")
            elif found["kind"] == "verdict":
                with lock:
                    told.heard(found)

    threads = [
        threading.Thread(target=send, args=(some,)) for some in (messages[:half], messages[half:])
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def _joined(kept: list[dict[str, Any]], measured: dict[str, float]) -> list[str]:
    """Measured values that no record holds beside a prediction."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in kept:
        if one["kind"] != "event" and "width" in one.get("measured", {}):
            found.setdefault(one["part"], []).append(one["measured"]["width"])
    wrong = list[str]()
    for part, value in measured.items():
        entries = found.get(part, [])
        if not any(e.get("value") == value and "predicted" in e for e in entries):
            wrong.append(f"the width of {part}, {value}, is beside no prediction: {entries}")
    return wrong
