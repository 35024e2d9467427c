"""A real mosquitto on loopback, and a foreign client of it (paho)."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .waiting import free_port, until

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


class Mosquitto:
    """`lines` of its configuration beside the listener; sessions are kept in `folder`."""

    def __init__(self, folder: Path, *lines: str, port: int = 0, anonymous: bool = True) -> None:
        if MOSQUITTO is None:
            pytest.skip("no mosquitto here (sudo apt install mosquitto)")
        self.port, self.folder = port or free_port(), folder
        self.log = folder / "mosquitto.log"
        config = [
            f"listener {self.port} 127.0.0.1", f"allow_anonymous {str(anonymous).lower()}",
            "persistence true", f"persistence_location {folder}/", "autosave_interval 1",
            "max_queued_messages 0", "user root", *lines,
        ]  # fmt: skip
        (folder / "mosquitto.conf").write_text("\n".join(config) + "\n")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Mosquitto:
        with self.log.open("ab") as log:
            command = [str(MOSQUITTO), "-c", str(self.folder / "mosquitto.conf")]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until(self._answers, what=self.log.read_text())
        return self

    def _answers(self) -> bool:
        import socket

        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)


class Client:
    """A client of another make: keeps what it hears as (topic, payload, retained)."""

    def __init__(self, port: int, *topics: str, name: str = "", **more: Any) -> None:
        import paho.mqtt.client as paho
        from paho.mqtt.enums import CallbackAPIVersion

        self.heard: list[tuple[str, bytes, bool]] = []
        self.client = paho.Client(CallbackAPIVersion.VERSION2, name, **more)
        self._granted = threading.Event()
        self.client.on_message = lambda c, d, m: self.heard.append((m.topic, m.payload, m.retain))
        self.client.on_subscribe = lambda *args: self._granted.set()
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        if topics:
            self.client.subscribe([(topic, 1) for topic in topics])
            assert self._granted.wait(60)

    def publish(self, topic: str, payload: bytes | str, qos: int = 1, retain: bool = False) -> None:
        self.client.publish(topic, payload, qos, retain).wait_for_publish(60)

    def on(self, topic: str) -> list[bytes]:
        return [payload for t, payload, _ in self.heard if t == topic]

    def until(self, true: Callable[[Client], object], seconds: float = 60.0) -> None:
        until(lambda: true(self), seconds, f"heard {len(self.heard)}: {self.heard[-3:]}")

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def vanish(self) -> None:
        """Without a word: the broker publishes the will."""
        self.client.socket().close()
        self.client.loop_stop()
        time.sleep(0.01)
