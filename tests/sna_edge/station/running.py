"""A station in a process of its own, as systemd runs it, and clients that count what was
acknowledged."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

STARTED = 120.0
"""Seconds that a start may take on a busy machine."""


class Running:
    """`sna-edge station CONFIG`; `kill` as a power cut of the process, `end` as systemd ends it."""

    def __init__(self, config: Path, port: int, **env: str) -> None:
        self.port, self.log = port, config.with_suffix(".log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sna_edge", "station", str(config)],
                stdout=log, stderr=log, env=os.environ | env,
            )  # fmt: skip

    def ready(self) -> Running:
        end = time.monotonic() + STARTED
        while True:
            try:
                with urllib.request.urlopen(self.url("/health"), timeout=5) as found:
                    assert found.status == 200
                return self
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < end, self.log.read_text()
                time.sleep(0.02)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self, seconds: float = 120.0) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


class Clients:
    """Threads that send parts as curl does, each part until it is acknowledged; `acknowledged`
    {part: number of its record}."""

    def __init__(self, url: str, seed: int, threads: int = 3) -> None:
        self.url, self.acknowledged = url, dict[str, int]()
        self.twice, self._end = list[str](), threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=[seed * 100 + i]) for i in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _run(self, seed: int) -> None:
        draw, n, waiting = random.Random(seed), 0, list[dict]()
        while not self._end.is_set():
            if not waiting:
                for _ in range(draw.choice((1, 1, 1, 7))):
                    n += 1
                    waiting.append({"part": f"{seed}-{n}", "power": draw.uniform(100, 300)})
            body = json.dumps(waiting if len(waiting) > 1 else waiting[0]).encode()
            try:
                with urllib.request.urlopen(self.url, body, timeout=60) as found:
                    told = json.loads(found.read())
            except (OSError, ValueError, urllib.error.URLError):
                time.sleep(0.02)
                continue
            for one in told if isinstance(told, list) else [told]:
                if self.acknowledged.setdefault(one["part"], one["record"]) != one["record"]:
                    self.twice.append(one["part"])
            if draw.random() < 0.9:  # else the client has not heard it, and sends it again
                waiting.clear()
