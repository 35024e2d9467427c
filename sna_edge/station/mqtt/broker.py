"""Where a broker is and how it is spoken to; one connection to it.

MQTT 3.1.1, which every broker takes. A connection that is lost is not mended: a fresh client is
made, so that no acknowledgement of an old connection reaches a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock
from typing import Any

from ...errors import InputError
from ..config.table import Table, address_of
from ..out.destination import Away
from ..out.secrets import NONE, Secret, secret_of
from ..out.tls import PLAIN, Tls, tls_of

PORTS = {"mqtt": 1883, "mqtts": 8883}
INFLIGHT = 100
"""Messages that are sent before the first of them is acknowledged."""


@dataclass(frozen=True)
class Broker:
    """`secure`: TLS; `client`: the client's id at the broker, which keeps messages for it;
    `timeout`: seconds for an answer; `keepalive`: seconds after which silence is a lost link."""

    host: str
    port: int
    client: str
    secure: bool = False
    tls: Tls = PLAIN
    user: str = ""
    password: Secret = NONE
    keepalive: int = 30
    timeout: float = 10.0

    @property
    def words(self) -> str:
        """How sentences call it."""
        return f"the broker {self.host}:{self.port}"


def broker_of(table: Table, name: str) -> Broker:
    """Of the entries broker ("mqtts://host:port"), client_id, user, password_file or password_env,
    ca, certificate, key, keepalive, timeout. Raises InputError."""
    given = table.text("broker")
    parts = address_of(given if "://" in given else f"mqtt://{given}")
    try:
        port = parts.port or PORTS[parts.scheme]
    except (KeyError, ValueError):
        port = 0
    if not parts.hostname or not port or parts.path.strip("/"):
        raise InputError(f"{table.name} has the broker {given!r}; write mqtts://host:8883")
    if parts.username or parts.password:
        raise InputError(f"{table.name} holds a password in its broker; give user, password_file")
    found = Broker(
        host=parts.hostname,
        port=port,
        client=table.text("client_id", f"sna-edge-{name}"),
        secure=parts.scheme == "mqtts",
        tls=tls_of(table),
        user=table.text("user", ""),
        password=secret_of(table, "password"),
        keepalive=table.whole("keepalive", 30, least=5, most=3600),
        timeout=table.number("timeout", 10.0, least=0.5, most=300.0),
    )
    if found.tls != PLAIN and not found.secure:
        raise InputError(f"{table.name} has certificates and a broker without TLS; write mqtts://")
    if found.password and not found.user:
        raise InputError(f"{table.name} has a password and no user; give user")
    return found


def topic_of(table: Table, key: str, text: str, *, wildcards: bool = False) -> str:
    """A topic; `wildcards`: with + and #. Raises InputError."""
    levels = text.split("/")
    wild = [i for i, level in enumerate(levels) if set(level) & {"+", "#"}]
    alone = all(levels[i] == "+" or (levels[i] == "#" and i == len(levels) - 1) for i in wild)
    if "\0" in text or len(text.encode()) > 65535 or (wild and not (wildcards and alone)):
        raise InputError(f"{table.name} has the topic {text!r} in {key}; write one like line/parts")
    return text


Heard = Callable[["Connection", Any], None]


class Connection:
    """One connection: `heard(self, message)` from the thread of the network; `gone` is set when it
    has ended, `reason` says why."""

    def __init__(
        self,
        broker: Broker,
        *,
        suffix: str = "",
        clean: bool = True,
        heard: Heard | None = None,
        will: tuple[str, bytes, int, bool] | None = None,
    ) -> None:
        self.broker, self.gone, self.reason = broker, Event(), ""
        self._up, self._heard, self._lock = Event(), heard, Lock()
        self._granted: dict[int, Event] = {}
        self._refused: set[int] = set()
        self._client = self._made(broker.client + suffix, clean)
        if will is not None:
            topic, payload, qos, retain = will
            self._client.will_set(topic, payload, qos, retain)

    def _made(self, client_id: str, clean: bool) -> Any:
        import paho.mqtt.client as paho
        from paho.mqtt.enums import CallbackAPIVersion

        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=clean,
            protocol=paho.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.max_inflight_messages_set(INFLIGHT)
        client.connect_timeout = self.broker.timeout
        if self.broker.user:
            client.username_pw_set(self.broker.user, self.broker.password.read() or None)
        if self.broker.secure:
            client.tls_set_context(self.broker.tls.context())
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_subscribe = self._subscribed
        client.on_message = self._message
        return client

    def open(self) -> None:
        """Connect. Raises Away where that does not work in time."""
        words, timeout = self.broker.words, self.broker.timeout
        try:
            self._client.connect(self.broker.host, self.broker.port, self.broker.keepalive)
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise Away(f"{words} cannot be reached: {said}") from None
        self._client.loop_start()
        if not self._up.wait(timeout) or self.gone.is_set():
            self.close()
            raise Away(f"{words} {self.reason or 'does not answer'}")

    def subscribe(self, filters: list[tuple[str, int]]) -> None:
        """Subscribe, and wait until the broker has granted it: it has read all that was published
        before. Raises Away."""
        granted = Event()
        with self._lock:
            code, number = self._client.subscribe(filters)
            self._granted[number] = granted
        if code or not self._waited(granted) or number in self._refused:
            raise Away(f"{self.broker.words} does not grant {filters[0][0]}")

    def check(self) -> None:
        """Raises Away where the connection has ended."""
        if self.gone.is_set():
            raise Away(f"{self.broker.words} {self.reason or 'is gone'}")

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool = False) -> Any:
        """Hand a message over; `wait` waits until the broker has it. Raises Away."""
        info = self._client.publish(topic, payload, qos, retain)
        self.check()
        if info.rc:
            raise Away(f"{self.broker.words} takes nothing (code {int(info.rc)})")
        return info

    def wait(self, info: Any) -> None:
        """Until the broker has acknowledged a message. Raises Away."""
        for _ in range(int(self.broker.timeout / 0.05)):
            info.wait_for_publish(0.05)
            if info.is_published():
                return
            self.check()
        raise Away(f"{self.broker.words} does not acknowledge what is sent")

    def acknowledge(self, message: Any) -> None:
        """Tell the broker that a message needs not come again."""
        self._client.ack(message.mid, message.qos)

    def close(self, *, farewell: bool = True) -> None:
        """Disconnect; without `farewell` the broker publishes the will."""
        if farewell:
            self._client.disconnect()
        elif self._client.socket() is not None:
            self._client.socket().close()
        self._client.loop_stop()
        self.gone.set()

    def _waited(self, event: Event) -> bool:
        """Whether it was set in time, and the connection is there."""
        for _ in range(int(self.broker.timeout / 0.05)):
            if event.wait(0.05) or self.gone.is_set():
                break
        return event.is_set() and not self.gone.is_set()

    def _connected(self, client: Any, data: Any, flags: Any, code: Any, properties: Any) -> None:
        if code.is_failure:
            self.reason = f"refuses the connection: {code}"
            self.gone.set()
        self._up.set()

    def _disconnected(self, client: Any, data: Any, flags: Any, code: Any, properties: Any) -> None:
        self.reason = self.reason or f"has ended the connection: {code}"
        self.gone.set()
        self._up.set()

    def _subscribed(self, client: Any, data: Any, number: int, codes: Any, properties: Any) -> None:
        if any(code.is_failure for code in codes):
            self._refused.add(number)
        with self._lock:
            waiting = self._granted.pop(number, None)
        if waiting is not None:
            waiting.set()

    def _message(self, client: Any, data: Any, message: Any) -> None:
        if self._heard is not None:
            self._heard(self, message)
