"""A line of parts over HTTP, from one thread: it sends on time whether answers have come or not."""

from __future__ import annotations

import selectors
import socket
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator

from sna_edge.station.judging.latency import Latency

PATH = "/stations/press/parts"


class Caller:
    """One connection: a message out, its answer in."""

    def __init__(self, port: int) -> None:
        self.plug = socket.create_connection(("127.0.0.1", port))
        self.plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.at, self.got, self.whole, self.message = 0, bytearray(), 0, b""

    def send(self, message: bytes) -> None:
        """A whole request."""
        self.at, self.whole, self.message = time.perf_counter_ns(), 0, message
        self.got.clear()
        self.plug.sendall(message)

    def heard(self) -> bool:
        """Whether the answer is whole now; a message for which there was no room is sent again.
        Ends the program where it is refused."""
        piece = self.plug.recv(1 << 20)
        if not piece:
            sys.exit("the station has closed a connection")
        self.got += piece
        if not self.whole:
            head = self.got.find(b"\r\n\r\n")
            if head < 0:
                return False
            place = self.got.lower().index(b"content-length:") + 15
            self.whole = head + 4 + int(self.got[place : self.got.index(b"\r", place)])
        if len(self.got) < self.whole:
            return False
        if self.got.startswith(b"HTTP/1.1 503"):
            self.send(self.message)
            return False
        if not self.got.startswith(b"HTTP/1.1 200"):
            sys.exit(f"the station answers {bytes(self.got[:300])!r}")
        return True


class Line:
    """`connections` to one station; a part goes out over the one that has been free for longest.
    `late`: seconds by which the latest part was sent behind its time."""

    def __init__(self, port: int, connections: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._free = deque(Caller(port) for _ in range(connections))
        for caller in self._free:
            self._selector.register(caller.plug, selectors.EVENT_READ, caller)
        self._busy, self.late = 0, 0.0

    def send(self, messages: Iterable[bytes], every: float) -> Latency:
        """One message each `every` seconds, 0: as soon as a connection is free. Times from sending
        to the whole answer, once all have come."""
        latency, start = Latency(), time.perf_counter()
        for i, message in enumerate(messages):
            due = start + i * every
            while not self._free or time.perf_counter() < due:
                self._hear(due if self._free else None, latency)
            if every:
                self.late = max(self.late, time.perf_counter() - due)
            self._free.popleft().send(message)
            self._busy += 1
        while self._busy:
            self._hear(None, latency)
        return latency

    def close(self) -> None:
        """Hang up."""
        for caller in self._free:
            caller.plug.close()
        self._selector.close()

    def _hear(self, until: float | None, latency: Latency) -> None:
        left = None if until is None else until - time.perf_counter()
        if left is not None and left < 0.0:
            return
        for key, _ in self._selector.select(left):
            if key.data.heard():
                latency.add(time.perf_counter_ns() - key.data.at)
                self._free.append(key.data)
                self._busy -= 1


def requests(bodies: Iterable[str], kind: str) -> Iterator[bytes]:
    """A POST for each body."""
    for text in bodies:
        body = text.encode()
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body
