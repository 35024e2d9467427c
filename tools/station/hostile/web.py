"""The doors that speak HTTP: parts, lines and lists, raw requests, the page."""

from __future__ import annotations

import http.client
import json
import random
import socket
import time
from contextlib import suppress
from urllib.parse import quote

from .grammar import TRAPS, good, message
from .plant import ANSWER, Plant

PARTS = "/stations/press-1/parts"
TYPES = ["application/json", "", "text/plain", "application/x-ndjson; q=1", "a/b;",
         "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "x"]  # fmt: skip
ANSWERS = frozenset((200, 400, 403, 404, 405, 408, 413, 503))


def _link(plant: Plant) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", plant.ports["http"], timeout=ANSWER)


def _posted(plant: Plant, link: http.client.HTTPConnection, body: bytes, kind: str) -> object:
    """The answer as JSON lines or one JSON text; a fault where it is none."""
    for _ in range(100):
        try:
            link.request("POST", PARTS, body, {"content-type": kind} if kind else {})
            found = link.getresponse()
            data = found.read()
        except (OSError, http.client.HTTPException) as error:
            link.close()
            plant.fault(f"http: {type(error).__name__} at {body[:80]!r}")
            return None
        if found.status != 503:
            break
        time.sleep(0.05)
    if found.status not in ANSWERS:
        plant.fault(f"http: {found.status} to {body[:100]!r}: {data[:100]!r}")
    try:
        if found.headers["content-type"] == "application/x-ndjson":
            return [json.loads(line) for line in data.splitlines()]
        told = json.loads(data)
    except (ValueError, RecursionError):
        return plant.fault(f"http: no JSON answers {body[:100]!r}: {data[:100]!r}")
    if found.status != 200 and not (told["error"].isprintable() and len(told["error"]) > 10):
        plant.fault(f"http: {told['error']!r} is no sentence")
    return told


def _good(plant: Plant, link: http.client.HTTPConnection, draw: random.Random) -> None:
    part, power = plant.good(draw)
    began = time.perf_counter()
    told = _posted(plant, link, good(part, power), "application/json")
    plant.seconds.append(time.perf_counter() - began)
    if isinstance(told, dict) and told.get("part") == part:
        plant.acknowledged(part, power, told["verdict"])
    else:
        plant.fault(f"http: {part} was answered {str(told)[:200]}")


def alone(plant: Plant, draw: random.Random) -> float:
    """The 99th percentile of the answer to good parts that nothing disturbs, in ms."""
    link = _link(plant)
    for _ in range(300):
        _good(plant, link, draw)
    link.close()
    return 1000 * sorted(plant.seconds)[296]


def single(plant: Plant, draw: random.Random, count: int) -> None:
    """One message a request, wrong types of content, raw requests between them."""
    link = _link(plant)
    for n in range(count):
        if n % 100 == 50:
            raw(plant, draw, 1)
        if n % 20 == 0:
            _good(plant, link, draw)
        _posted(plant, link, message(draw, plant.name("X")), draw.choice(TYPES[:-1]))
    link.close()


def lines(plant: Plant, draw: random.Random, count: int) -> None:
    """Up to 500 messages a request, as lines, as a list, as a list that was cut."""
    link = _link(plant)
    while count > 0:
        size = draw.randrange(1, 501)
        texts = [message(draw, plant.name("X")) for _ in range(size)]
        part, power = plant.good(draw)
        texts.insert(draw.randrange(size), good(part, power))
        told = _posted(plant, link, b"\n".join(texts), "application/x-ndjson")
        if isinstance(told, list) and len(told) == len([t for t in texts if t.strip()]):
            plant.acknowledged(part, power)
        else:
            plant.fault(f"lines: {len(texts)} lines were answered {str(told)[:200]}")
        count -= size
        count -= _listed(plant, link, draw, size)
        _good(plant, link, draw)
    link.close()


def _listed(plant: Plant, link: http.client.HTTPConnection, draw: random.Random, size: int) -> int:
    """A list of what is JSON for itself; sometimes cut, and then it acknowledges nothing."""
    some = [message(draw, plant.name("X")) for _ in range(size)]
    texts = [text for text in some if _is_json(text)]
    part, power = plant.good(draw)
    texts.insert(draw.randrange(len(texts) + 1), good(part, power))
    body = b"[" + b",".join(texts) + b"]"
    if draw.random() < 0.3:
        cut = _posted(plant, link, body[: draw.randrange(1, len(body))], "application/json")
        if not (isinstance(cut, dict) and "error" in cut):
            plant.fault(f"list: one that was cut was answered {str(cut)[:200]}")
    told = _posted(plant, link, body, "application/json")
    if isinstance(told, list) and len(told) == len(texts):
        plant.acknowledged(part, power)
    else:
        plant.fault(f"list: {len(texts)} parts were answered {str(told)[:200]}")
    return size


def _is_json(text: bytes) -> bool:
    """Whether it can stand in a list: by a reader that is no reader of ours."""
    try:
        json.loads(text.decode(), parse_int=str)
    except (ValueError, RecursionError):
        return False
    return True


def raw(plant: Plant, draw: random.Random, count: int) -> None:
    """Requests that are none."""
    for _ in range(count):
        request, wait = _request(plant, draw), draw.choice((0.0, 0.0, 0.02, 0.2))
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", plant.ports["http"]), ANSWER) as link,
        ):
            for at in range(0, len(request), max(len(request) // 4, 1)):
                link.sendall(request[at : at + max(len(request) // 4, 1)])
            link.settimeout(wait or 0.01)
            data = b""
            with suppress(TimeoutError):
                while piece := link.recv(1 << 16):
                    data += piece
            if data[:5] == b"HTTP/" and b" 500 " in data.partition(b"\r\n")[0]:
                plant.fault(f"raw: 500 to {request[:200]!r}")
        plant.counts["raw requests"] += 1


def _request(plant: Plant, draw: random.Random) -> bytes:
    body = message(draw, plant.name("X"))
    host, post = b"Host: 127.0.0.1\r\n", b"POST " + PARTS.encode()
    plain = post + b" HTTP/1.1\r\n" + host
    size = b"Content-Length: %d\r\n\r\n" % len(body)
    junk = bytes(draw.randrange(256) for _ in range(draw.randrange(1, 300)))
    cookie = draw.choice((b'"' + b"\\" * 60_000 + b'"', b"\\" * 60_000, junk[:50], b";" * 9999))
    paths = (b"/%", b"/%zz", b"/%00", b"//", b"/..%2f..%2fetc%2fpasswd", b"*", b"/" + b"a" * 70_000,
             b"/stations/%ff/parts", b"/stations/press-1%00/parts", b"/page/%2e%2e/app.py",
             b"/stations/" + b"%2e%2e/" * 99 + b"parts", b"/page/day?start=nan&end=inf",
             b"/page/day?start=1e17&end=1.00000000000001e17", b"/page/part?part=%ed%a0%80",
             b"http://evil/health", b"/health?" + b"&" * 9999, b"/page/model/a/%00")  # fmt: skip
    return draw.choice([
        lambda: junk, lambda: b"", lambda: b"\r\n" * 99 + plain + size + body,
        lambda: post + b" HTTP/1.1\r\n" + size + body, lambda: post + b" HTTP/9.9\r\n" + size,
        lambda: plain + b"Content-Length: -1\r\n\r\n" + body,
        lambda: plain + b"Content-Length: 1e3\r\n\r\n" + body,
        lambda: plain + b"Content-Length: 99999999999999999999\r\n\r\n" + body,
        lambda: plain + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + body,
        lambda: plain + b"Transfer-Encoding: chunked\r\n" + size + body,
        lambda: plain + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + body,
        lambda: plain + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n[\r\n" * 200 + b"0\r\n\r\n",
        lambda: plain + b"Transfer-Encoding: chunked\r\n\r\n5;" + b"x" * 9999 + b"\r\n",
        lambda: plain + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        lambda: plain + b"Content-Encoding: gzip\r\n" + size + body,
        lambda: plain + b"Expect: 100-continue\r\n" + size, lambda: plain + size + body[:-1],
        lambda: (plain + size + body) * 5, lambda: plain + b"a: " + junk + b"\r\n\r\n",
        lambda: plain + b"a: b\r\n" * 5000 + size + body, lambda: plain + b"a" * 99_000,
        lambda: plain + b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        lambda: plain + b"Cookie: station-token=" + cookie + b"\r\n" + size + body,
        lambda: plain + b"Authorization: Bearer " + cookie + b"\r\n" + size + body,
        lambda: plain + b"Origin: " + junk[:9].hex().encode() + b"\r\n" + size + body,
        lambda: b"GET " + draw.choice(paths) + b" HTTP/1.1\r\n" + host + b"\r\n",
        lambda: draw.choice((b"PUT", b"DELETE", b"TRACE", b"CONNECT", b"PO\x00ST", b"x" * 999))
        + b" " + draw.choice(paths) + b" HTTP/1.1\r\n" + host + b"\r\n",
        lambda: b"POST " + draw.choice(paths) + b" HTTP/1.0\r\n" + host + size + body,
        lambda: b"\x16\x03\x01" + junk,
    ])()  # fmt: skip


def page(plant: Plant, draw: random.Random, count: int) -> None:
    """What a page says and asks: acknowledgements, advice, charts, tokens."""
    link = _link(plant)
    values = [
        *TRAPS,
        "",
        None,
        1e400,
        -1,
        [],
        {},
        True,
        "\ud800",
        "x" * 999,
        10**30,
        "\x00\n",
        "nan",
    ]
    for n in range(count):
        body, kind = message(draw, plant.name("X")), "application/json"
        if draw.random() < 0.7:
            keys = ("alarm", "who", "why", "record", "station", "part", "applied", "token")
            body = json.dumps({key: draw.choice(values) for key in keys}).encode()
        if draw.random() < 0.1:
            body = b"[" * 8000
        asked = [quote(str(draw.choice(values)), errors="surrogatepass") for _ in range(5)]
        query = "station={}&recipe={}&output={}&start={}&end={}".format(*asked)
        method, path = draw.choice((
            ("POST", "/page/acknowledge"), ("POST", "/page/advice"), ("POST", "/page/login"),
            ("GET", f"/page/day?{query}"), ("GET", f"/page/capability?{query}"),
            ("GET", f"/page/part?part={asked[0]}"), ("GET", f"/page/readings?{query}"),
            ("GET", f"/page/model/{asked[0]}/{asked[1]}"), ("GET", f"/page/{asked[2]}"),
        ))  # fmt: skip
        try:
            link.request(method, path, body if method == "POST" else None, {"content-type": kind})
            found = link.getresponse()
            data = found.read()
            if found.status >= 500:
                plant.fault(
                    f"page: {found.status} to {method} {path} {body[:200]!r}: {data[:99]!r}"
                )
        except (OSError, http.client.HTTPException) as error:
            plant.fault(f"page: {type(error).__name__} at {method} {path} {body[:100]!r}")
            link.close()
        if n % 20 == 0:
            _good(plant, link, draw)
    link.close()
