"""Webhooks against a real server, with and without TLS: signature, order, failures, secrets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from sna_edge.errors import InputError
from sna_edge.station.out.destination import Away, Sent
from sna_edge.station.out.secrets import Secret
from sna_edge.station.out.tls import Tls
from sna_edge.station.out.webhook import Webhook, WebhookSettings, read, signature

from ..certificates import made
from ..kept import record
from ..tables import settings


class Server:
    """Keeps what is posted; answers `status`."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.posted: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {key.lower(): value for key, value in self.headers.items()}
                outer.posted.append((headers | {"path": self.path}, body))
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.server.shutdown()


@pytest.fixture
def secret(tmp_path: Path) -> Secret:
    path = tmp_path / "secret"
    path.write_text("whsec_" + base64.b64encode(b"key of 24 bytes, at least").decode() + "\n")
    return Secret(str(path))


def webhook(port: int, secret: Secret, scheme: str = "http", **more: Any) -> Webhook:
    url = f"{scheme}://127.0.0.1:{port}/alarms?line=1"
    return Webhook("alarms", WebhookSettings(url, secret, **more), lambda: 1_764_000_000.9)


EVENT = Sent(7, json.dumps({"record": 7, "kind": "event", "event": "alarm", "why": "full"}))


def test_events_are_posted_and_signed(server: Server, secret: Secret) -> None:
    one = webhook(server.port, secret)
    assert one.send([Sent(6, record(6)), EVENT]) == 7
    ((headers, body),) = server.posted
    assert headers["path"] == "/alarms?line=1" and body == EVENT.text.encode()
    signed = b"7.1764000000." + body  # by the words of standardwebhooks.com, worked here again
    mac = hmac.new(b"key of 24 bytes, at least", signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("7", "1764000000")


def test_the_published_example_of_a_signature() -> None:
    """Standard Webhooks, specification, section "Signature scheme"."""
    body = b'{"event_type":"ping","data":{"success":true}}'
    found = signature("whsec_plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf", "1731705121", body)
    assert found == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


def test_what_is_wanted(server: Server, secret: Secret) -> None:
    one = webhook(server.port, secret, events=("stopped",), verdicts=("REJECT",))
    rejected = Sent(9, record(9, verdict="REJECT"))
    assert one.send([Sent(6, record(6)), EVENT, rejected]) == 9
    assert [headers["webhook-id"] for headers, _ in server.posted] == ["9"]


def test_an_answer_that_is_none_and_a_server_that_is_away(server: Server, secret: Secret) -> None:
    one = webhook(server.port, secret)
    server.status = 503
    with pytest.raises(Away, match="answers 503 to record 7"):
        one.send([EVENT])
    one.close()
    server.server.shutdown()
    server.server.server_close()
    with pytest.raises(Away, match="cannot be reached"):
        one.send([EVENT])


def test_tls_checks_the_name_and_who_vouches(tmp_path: Path, secret: Secret) -> None:
    ca, certificate, key = made(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = Server(context)
    with pytest.raises(Away, match="certificate verify failed"):
        webhook(server.port, secret, "https").send([EVENT])
    assert webhook(server.port, secret, "https", tls=Tls(str(ca))).send([EVENT]) == 7
    assert len(server.posted) == 1
    server.server.shutdown()


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ({"url": "http://plant/x", "secret_env": "S"}, "give one with https://"),
        ({"url": "https://a:b@plant/x", "secret_env": "S"}, "a password in its url"),
        ({"url": "https://plant/x"}, "no secret to sign with"),
        ({"url": "https://plant/x", "secret": "abc"}, "give secret_file"),
        ({"url": "https://plant/x", "secret_env": "S", "secret_file": "f"}, "give one of them"),
        ({"url": "https://plant/x", "secret_env": "S", "verdicts": ["OK"]}, "the verdict 'OK'"),
        ({"url": "https://plant/x", "secret_env": "S", "key": "k"}, "a key and no certificate"),
        (
            {"url": "https://plant/x", "secret_env": "S", "colour": 1},
            "'colour', which nothing reads",
        ),
    ],
)
def test_wrong_settings_are_named(entries: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says) as found:
        settings(read, entries, "alarms")
    assert "abc" not in str(found.value)


def test_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "s3cret")
    assert Secret(variable="HOOK").read() == "s3cret" and "s3cret" not in repr(Secret("", "HOOK"))
    monkeypatch.delenv("HOOK")
    with pytest.raises(InputError, match="HOOK is not set"):
        Secret(variable="HOOK").read()
    with pytest.raises(InputError, match="no secret can be read from"):
        Secret(str(tmp_path / "none")).read()
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(InputError, match="is empty"):
        Secret(str(tmp_path / "empty")).read()
    assert Secret().read() == "" and not Secret()
