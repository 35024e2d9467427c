"""Receivers of webhooks that answer rubbish: what they have is counted once, what they lack comes
again, and none of them holds the sender for ever."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

import pytest

from sna_edge.station.out.destination import Away, Sent
from sna_edge.station.out.secrets import Secret
from sna_edge.station.out.webhook import Webhook, WebhookSettings


class Rubbish:
    """Reads whole requests and answers each with `answer`, in pieces with `pause` between."""

    def __init__(self, answer: bytes, pause: float = 0.0, piece: int = 1 << 20) -> None:
        self.answer, self.pause, self.piece, self.heard = answer, pause, piece, list[int]()
        self.said = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                link, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=[link], daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        file = link.makefile("rb")
        try:
            while line := file.readline():
                size = 0
                while line.strip():
                    name, _, value = line.partition(b":")
                    size = int(value) if name.lower() == b"content-length" else size
                    if name.lower() == b"webhook-id":
                        self.heard.append(int(value))
                    line = file.readline()
                file.read(size)
                for at in range(0, len(self.answer), self.piece):
                    link.sendall(self.answer[at : at + self.piece])
                    self.said = at + self.piece
                    time.sleep(self.pause)
                if b"length" not in self.answer.lower():
                    break
        except OSError:
            return
        finally:
            link.close()

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def secret(tmp_path: Path) -> Secret:
    (tmp_path / "secret").write_text("key")
    return Secret(str(tmp_path / "secret"))


def events(*numbers: int) -> list[Sent]:
    return [Sent(n, json.dumps({"record": n, "kind": "event", "event": "alarm"})) for n in numbers]


def webhook(port: int, secret: Secret, timeout: float = 60.0) -> Webhook:
    return Webhook("w", WebhookSettings(f"http://127.0.0.1:{port}/", secret, timeout=timeout))


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "answer", [HEAD + b"Content-Length: 300000\r\n\r\n" + b"x" * 300_000,
               HEAD + b"Content-Length: 0\r\n\r\n",
               HEAD + b"Content-Length: 5\r\n\r\nhello",
               HEAD + b"X: length\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"],
    ids=["long", "empty", "short", "chunked"],
)  # fmt: skip
def test_what_was_taken_is_sent_once_however_much_is_answered(
    answer: bytes, secret: Secret
) -> None:
    server = Rubbish(answer)
    one = webhook(server.port, secret)
    assert one.send(events(1, 2, 3)) == 3 and server.heard == [1, 2, 3]
    one.close()
    server.close()


@pytest.mark.parametrize(
    "answer", [b"", b"rubbish\r\n\r\n", b"\xff" * 70_000, HEAD + b"a: b\r\n" * 200 + b"\r\n",
               HEAD + b"x" * 70_000, b"HTTP/1.1 9999 OK\r\n\r\n", b"HTTP/1.1 -5 OK\r\n\r\n",
               b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
               HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 500 \r\n\r\n"],
    ids=range(10),
)  # fmt: skip
def test_rubbish_is_no_answer(answer: bytes, secret: Secret) -> None:
    server = Rubbish(answer)
    one = webhook(server.port, secret)
    with pytest.raises(Away) as found:
        one.send(events(1, 2))
    assert str(found.value).isprintable() and server.heard == [1]
    one.close()
    server.close()


@pytest.mark.parametrize(
    "answer", [HEAD + b"a: b\r\n" * 90, b"HTTP/1.1 100 Continue\r\n\r\n" * 999,
               HEAD + b"Content-Length: 999\r\n\r\n" + b"x" * 999],
    ids=range(3),
)  # fmt: skip
def test_an_answer_that_drips_is_cut(answer: bytes, secret: Secret) -> None:
    server = Rubbish(answer, pause=0.05, piece=1)
    one = webhook(server.port, secret, timeout=0.5)
    with pytest.raises(Away, match="in time"):
        one.send(events(1))
    assert server.said < len(answer)  # byte by byte each would take half a minute at least
    one.close()
    server.close()
