"""A station under load: how soon verdicts come, how many parts a second get a record that lasts,
how much memory it takes.

python tools/station/station_bench.py [--seconds 20] [--parts 200000] [--write]

A station on a model of seven inputs and 32 modes, called over HTTP on loopback. First 500 parts a
second, one a message, 32 connections, for `--seconds`: from the reading to its verdict, handed to
the writer, as the station counts it (bins of 9 %), and to the answer, which comes after the commit,
as a client counts it. Then messages of 500 parts as fast as they are answered, `--parts` in all.
Yardsticks of the same run: the same pace, one bare `Line.readings` for each part in a process of
its own; `sna-edge watch` on the same lines. Run it alone (`chrt -r 1`). --write:
docs/tables/station.md.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

import sna_edge
from sna_edge.quality import Line, read_limits
from sna_edge.station.judging.latency import Latency

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "station.md"
RATE, CONNECTIONS, TOGETHER, INPUTS, MODES = 500, 32, 500, 7, 32
NAMES = [f"x{i}" for i in range(INPUTS)]
HELD = (0.5, 0.99, 0.999)


def model() -> sna_edge.Model:
    """Seven inputs, 32 modes of cubic splines; 90 % of residuals within 0.1."""
    draw = np.random.default_rng(1)
    axes = [sna_edge.spline_axis(name, "mm", 0.0, 1.0, spans=8) for name in NAMES]
    tables = [0.5 + draw.random((a.basis.n_rows, MODES)) for a in axes]
    cp = sna_edge.CP.full(tables, draw.standard_normal((MODES, 1)) / MODES)
    output = sna_edge.Output("width", "mm", interval=sna_edge.Interval(0.9, 0.1, 0.1))
    return sna_edge.Model(axes, cp, [output])


def lines(count: int, seed: int = 1) -> list[str]:
    """Parts as lines of JSON."""
    draw = random.Random(seed)
    return [
        json.dumps({"part": f"{seed}-{i}", **{n: round(draw.random(), 6) for n in NAMES}})
        for i in range(count)
    ]


class Station:
    """`sna-edge station` in a process of its own."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as plug:
            plug.bind(("127.0.0.1", 0))
            self.port = plug.getsockname()[1]
        (folder / "station.toml").write_text(
            'data = "data"\n[stations.press.recipes.default]\nmodel = "line.sna"\n'
            f'limits = "limits.toml"\n[http]\nlisten = "127.0.0.1:{self.port}"\n'
        )
        words = [sys.executable, "-m", "sna_edge", "station", str(folder / "station.toml")]
        self.process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        while True:
            try:
                self.get("/health")
                return
            except OSError:
                if self.process.poll() is not None:
                    sys.exit("the station has not started")
                time.sleep(0.1)

    def get(self, path: str) -> str:
        """The body of an answer."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        client.request("GET", path)
        return client.getresponse().read().decode()

    def metric(self, name: str) -> float:
        """A number of /metrics."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.get("/metrics"), re.MULTILINE)
        return float(found[1]) if found else float("nan")

    def memory(self) -> float:
        """Resident MB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024.0

    def stop(self) -> None:
        """As systemd ends it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def posted(port: int, texts: list[str], every: float, latency: Latency, kind: str) -> None:
    """Send these over one connection, one each `every` seconds; time to each answer."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    start = time.perf_counter()
    for i, text in enumerate(texts):
        wait = start + i * every - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        at = time.perf_counter_ns()
        client.request("POST", "/stations/press/parts", text, {"Content-Type": kind})
        answer = client.getresponse()
        data = answer.read()
        if answer.status != 200:
            sys.exit(f"the station answers {answer.status}: {data[:200]!r}")
        latency.add(time.perf_counter_ns() - at)


def spread(port: int, texts: list[str], every: float, kind: str) -> tuple[Latency, float]:
    """The same over all connections, in a process of its own; seconds that it took."""
    latencies = [Latency() for _ in range(CONNECTIONS)]
    threads = [
        threading.Thread(
            target=posted,
            args=[port, texts[i::CONNECTIONS], every * CONNECTIONS, latencies[i], kind],
        )
        for i in range(CONNECTIONS)
    ]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = Latency()
    for one in latencies:
        whole.counts = [a + b for a, b in zip(whole.counts, one.counts, strict=True)]
    return whole, time.perf_counter() - start


def bare(folder: Path, texts: list[str], every: float) -> Latency:
    """One `Line.lines` for each part at the same pace: what a verdict costs by itself."""
    found = sna_edge.load(folder / "line.sna")
    line, latency = (
        Line(found, read_limits(folder / "limits.toml", found), advice_ms=0.0),
        Latency(),
    )
    line.lines(texts[:2])
    start = time.perf_counter()
    for i, text in enumerate(texts):
        wait = start + i * every - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        at = time.perf_counter_ns()
        line.lines([text])
        latency.add(time.perf_counter_ns() - at)
    return latency


def synced(folder: Path, times: int = 50) -> Latency:
    """4 KB written and synced, as a commit is: what the disk lets anybody do now."""
    latency = Latency()
    with open(folder / "synced", "wb", buffering=0) as file:
        for _ in range(times):
            at = time.perf_counter_ns()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            latency.add(time.perf_counter_ns() - at)
    return latency


def watched(folder: Path, texts: list[str]) -> float:
    """Parts a second of `sna-edge watch` on the same lines."""
    words = [sys.executable, "-m", "sna_edge", "watch", str(folder / "line.sna"), "--limits",
             str(folder / "limits.toml")]  # fmt: skip

    def run(some: list[str]) -> float:
        start = time.perf_counter()
        subprocess.run(words, input="\n".join(some).encode(), stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start

    return len(texts) / max(run(texts) - run(texts[:1]), 1e-9)


def milliseconds(latency: Latency) -> list[str]:
    """p50, p99, p99.9."""
    return [f"{1000 * latency.quantile(share):.2f}" for share in HELD]


def main() -> None:
    """Measure, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--parts", type=int, default=200_000)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        table = measured(Path(name), args)
    print(table)
    if args.write:
        TABLE.write_text(table, encoding="utf-8")


def measured(folder: Path, args: argparse.Namespace) -> str:
    """The table."""
    model().save(folder / "line.sna")
    (folder / "limits.toml").write_text("[outputs.width]\nLSL = -10\nUSL = 10\n")
    station = Station(folder)
    paced = lines(int(RATE * args.seconds))
    spread(station.port, lines(200, 9), 1.0 / RATE, "application/json")
    memory = [station.memory()]
    answers, _ = spread(station.port, paced, 1.0 / RATE, "application/json")
    named = 'sna_station_verdict_seconds{{quantile="{:g}"}}'
    verdict = [f"{1000 * station.metric(named.format(share)):.2f}" for share in HELD]
    disk = synced(folder)
    alone = bare(folder, paced, 1.0 / RATE)
    rates, sent = [], 0
    while sent < args.parts:
        some = min(args.parts - sent, 50_000)
        many = lines(some, 1000 + sent)
        messages = ["\n".join(many[i : i + TOGETHER]) for i in range(0, some, TOGETHER)]
        before, start = station.metric("sna_station_records"), time.perf_counter()
        spread(station.port, messages, 0.0, "application/x-ndjson")
        seconds = time.perf_counter() - start
        rates.append((station.metric("sna_station_records") - before) / seconds)
        sent += some
        memory.append(station.memory())
    piped = watched(folder, lines(50_000, 7))
    station.stop()
    rate, last = float(np.median(rates)), f"{sent + len(paced):,}"
    ratio = milliseconds(alone)
    rows = [
        (
            "reading to verdict at 500 parts/s, ms: p50, p99, p99.9",
            ", ".join(verdict),
            "1 and 5 ms",
        ),
        ("a bare `Line.lines` at the same pace, ms", ", ".join(ratio), ""),
        ("reading to answer, its record on the disk, ms", ", ".join(milliseconds(answers)), ""),
        ("4 KB written and synced on that disk meanwhile, ms", ", ".join(milliseconds(disk)), ""),
        ("parts a second with records on the disk", f"{rate:,.0f}", "5,000"),
        ("the same lines through `sna-edge watch`, no records", f"{piped:,.0f}", ""),
        ("resident memory at the start, MB", f"{memory[0]:.0f}", "120"),
        (f"after {last} parts, MB", f"{memory[-1]:.0f}", "120"),
    ]
    head = ["| what | measured | to reach |", "|---|---|---|"]
    cores = os.cpu_count()
    note = (
        f"{args.seconds:g} s at 500 parts/s over HTTP, then messages of {TOGETHER} parts; clients"
        f" on the same {cores} cores, load average {os.getloadavg()[0]:.0f}."
    )
    return "\n".join([*head, *(f"| {a} | {b} | {c} |" for a, b, c in rows), "", note, ""])


if __name__ == "__main__":
    main()
